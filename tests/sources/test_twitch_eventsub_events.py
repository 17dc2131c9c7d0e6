"""What each notification of Twitch's EventSub means, and that nothing in one can raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    ChatEvent,
    Fragment,
    FragmentKind,
    Gift,
    Interaction,
    InteractionKind,
    Notice,
    NoticeKind,
    Raid,
    Retraction,
    RetractionScope,
    Role,
    Subscription,
    Worth,
)
from bot.sources.twitch_own import OwnMessages
from tests.fakes import twitch_payloads as p
from tests.fakes.twitch_irc import user_id
from tests.sources.twitch_reading import CHAT, NOTICE, REDEEMED, chat, read, reader, rewards

# ------------------------------------------------------------------ chat messages


def test_a_message_is_who_wrote_it_what_and_when() -> None:
    message = chat(p.message("hello", "Alice", message_id="m1"))
    assert (message.source, message.channel, message.id) == ("twitch", "streamer", "m1")
    assert (message.author.id, message.author.login, message.author.name) == (
        user_id("alice"),
        "alice",
        "Alice",
    )
    assert (message.text, message.action, message.worth, message.origin) == ("hello", False, None, "")
    assert message.received_at == 7.0
    assert message.sent_at == pytest.approx(1792240496.789, abs=0.01)


T, E, M, C = FragmentKind.TEXT, FragmentKind.EMOTE, FragmentKind.MENTION, FragmentKind.CHEER

FRAGMENTS: list[tuple[str, list[p.Table], list[tuple[str, FragmentKind]]]] = [
    (
        "every kind",
        [
            p.fragment("text", "hi "),
            p.fragment("emote", "Kappa"),
            p.fragment("mention", "@Bob"),
            p.fragment("cheermote", "cheer100"),
            p.fragment("gif", "dance"),
        ],
        [("hi ", T), ("Kappa", E), ("@Bob", M), ("cheer100", C), ("dance", E)],
    ),
    ("a kind to come", [p.fragment("hologram", "hi")], [("hi", T)]),
    ("an empty one", [p.fragment("text", ""), p.fragment("text", "hi")], [("hi", T)]),
    ("none: the text", [], [("the text", T)]),
]


@pytest.mark.parametrize(
    ("rows", "expected"), [row[1:] for row in FRAGMENTS], ids=[row[0] for row in FRAGMENTS]
)
def test_fragments(rows: list[p.Table], expected: list[tuple[str, FragmentKind]]) -> None:
    message = chat(p.message("the text", fragments=rows))
    assert [(fragment.text, fragment.kind) for fragment in message.fragments] == expected


BADGES: list[tuple[list[p.Table], set[Role], int]] = [
    ([], set(), 0),
    ([p.badge("broadcaster")], {Role.BROADCASTER}, 0),
    ([p.badge("moderator"), p.badge("subscriber", "12", "14")], {Role.MODERATOR, Role.SUBSCRIBER}, 14),
    ([p.badge("founder", "0", "3")], {Role.SUBSCRIBER}, 3),
    ([p.badge("vip"), p.badge("bits", "1000")], {Role.VIP}, 0),
    ([p.badge("x,moderator"), p.badge("moderator/1")], set(), 0),
    ([p.badge("subscriber", "0", "²")], {Role.SUBSCRIBER}, 0),
]


@pytest.mark.parametrize(("badges", "roles", "months"), BADGES)
def test_badges_are_roles(badges: list[p.Table], roles: set[Role], months: int) -> None:
    author = chat(p.message("hi", badges=badges)).author
    assert (set(author.roles), author.months) == (roles, months)


def test_me_is_an_action_without_its_wrapper() -> None:
    whole = "\x01ACTION waves Kappa\x01"
    rows = [p.fragment("text", "\x01ACTION waves "), p.fragment("emote", "Kappa"), p.fragment("text", "\x01")]
    message = chat(p.message(whole, fragments=rows))
    assert (message.text, message.action) == ("waves Kappa", True)
    assert chat(p.message(whole, fragments=[p.fragment("text", "waves")])).action


@pytest.mark.parametrize(
    "rows",
    [
        [p.fragment("mention", "@Bob"), p.fragment("text", " hello @Bob")],
        [p.fragment("text", "@Bob hello @Bob")],
        [p.fragment("text", "@bob hello @Bob")],
    ],
)
def test_a_reply_does_not_say_whom_it_answers(rows: list[p.Table]) -> None:
    assert chat(p.message("@Bob hello @Bob", fragments=rows, reply=p.reply("Bob"))).text == "hello @Bob"
    assert chat(p.message("@Bob hello @Bob", fragments=rows)).text.casefold() == "@bob hello @bob"


def test_bits_are_worth() -> None:
    rows = [p.fragment("cheermote", "cheer100"), p.fragment("text", " hi")]
    assert chat(p.message("cheer100 hi", fragments=rows, bits=100)).worth == Worth(100.0, "bits")


def test_a_message_of_a_shared_chat_says_where_it_was_typed() -> None:
    assert chat(p.message("hi", source_broadcaster_user_id="999")).origin == "999"
    assert chat(p.message("hi", source_broadcaster_user_id=user_id("streamer"))).origin == ""


def test_own_messages_are_not_events_but_the_streamers_with_the_same_account_are() -> None:
    own = OwnMessages()
    events = reader(own=own)
    events.user = user_id("streamer")
    own.sending("pong")
    assert read(CHAT, p.message("pong", "Streamer", message_id="early"), events) is None
    own.sent("pong", "early")
    own.sending("again")
    own.sent("again", "late")
    assert read(CHAT, p.message("again", "Streamer", message_id="late"), events) is None
    assert read(CHAT, p.message("again", "Streamer", message_id="late"), events) is None  # delivered twice
    assert chat(p.message("pong", "Streamer"), events).text == "pong"
    assert chat(p.message("pong", "Alice"), events).text == "pong"


# ------------------------------------------------------------------ notices


def _subscription(event: ChatEvent | None) -> tuple[object, ...]:
    assert isinstance(event, Subscription)
    return event.months, event.tier, event.text, event.author.name


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (p.notification("sub", p.sub()), (1, "1", "", "Alice")),
        (p.notification("sub", p.sub(prime=True)), (1, "prime", "", "Alice")),
        (p.notification("resub", p.resub(14, "3000"), "Bob", "still here"), (14, "3", "still here", "Bob")),
        (p.notification("gift_paid_upgrade", {"gifter_is_anonymous": True}), (1, "", "", "Alice")),
        (p.notification("prime_paid_upgrade", {"sub_tier": "2000"}), (1, "2", "", "Alice")),
    ],
)
def test_subscriptions(event: p.Table, expected: tuple[object, ...]) -> None:
    read_event = read(NOTICE, event)
    assert _subscription(read_event) == expected
    assert read_event is not None
    assert read_event.id == event["message_id"]


def test_a_gift_of_five_is_told_once() -> None:
    events = reader()
    gift = read(NOTICE, p.notification("community_sub_gift", p.community_sub_gift(5, "g1"), "Bob"), events)
    assert isinstance(gift, Gift)
    assert (gift.count, gift.author.name, gift.gift) == (5, "Bob", "gifted subscription")
    for _ in range(5):
        assert read(NOTICE, p.notification("sub_gift", p.sub_gift(community="g1"), "Bob"), events) is None


def test_single_gifts_and_gifts_whose_announcement_was_lost() -> None:
    events = reader()
    for community, expected in ((None, 1), (None, 1), ("lost", 1), ("lost", None)):
        gift = read(NOTICE, p.notification("sub_gift", p.sub_gift(community=community)), events)
        assert (gift.count if isinstance(gift, Gift) else None) == expected


def test_an_anonymous_gift_has_a_giver() -> None:
    event = p.notification(
        "sub_gift", p.sub_gift(), anonymous=True, chatter_user_id=None, chatter_user_name=None
    )
    gift = read(NOTICE, event)
    assert isinstance(gift, Gift)
    assert gift.author.name == "AnAnonymousGifter"


def test_a_raid_is_told_once_whoever_tells_it_first() -> None:
    for order in ((0, 1), (1, 0)):
        told = [
            (NOTICE, p.notification("raid", p.raid("Bob", 42), "Bob")),
            ("channel.raid", p.channel_raid("Bob", 42)),
        ]
        events = reader()
        first, second = (read(*told[index], events) for index in order)
        assert isinstance(first, Raid)
        assert (first.viewers, first.author.name) == (42, "Bob")
        assert second is None


def test_two_raids_by_one_streamer_are_two() -> None:
    events = reader()
    assert read("channel.raid", p.channel_raid("Bob", 1), events)
    assert read("channel.raid", p.channel_raid("Bob", 2), events)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (p.notification("announcement", {"color": "BLUE"}, text="be kind"), "be kind"),
        (p.notification("announcement", {"color": "BLUE"}), None),
        (p.notification("watch_streak", {"streak_count": 3}, system="Alice watched 3"), "Alice watched 3"),
        (p.notification("something_new", None, system="Alice did something"), "Alice did something"),
        (p.notification("unraid", {}, system="the raid was cancelled"), None),
        (p.notification("shared_chat_announcement", {}, text="theirs"), None),
        (p.notification("announcement", {}, text="theirs", source_broadcaster_user_id="999"), None),
    ],
)
def test_announcements_and_the_rest(event: p.Table, text: str | None) -> None:
    notice = read(NOTICE, event)
    assert (notice.text if isinstance(notice, Notice) else None) == text


# ------------------------------------------------------------------ retractions, the stream, follows


@pytest.mark.parametrize(
    ("type_", "event", "scope", "target"),
    [
        ("channel.chat.message_delete", p.deleted("m1"), RetractionScope.MESSAGE, "m1"),
        ("channel.chat.clear_user_messages", p.cleared_user("bob"), RetractionScope.USER, user_id("bob")),
        ("channel.ban", p.ban("bob"), RetractionScope.USER, user_id("bob")),
        ("channel.ban", p.ban("bob", permanent=False), RetractionScope.USER, user_id("bob")),
        ("channel.chat.clear", p.cleared(), RetractionScope.ALL, ""),
    ],
)
def test_retractions(type_: str, event: p.Table, scope: RetractionScope, target: str) -> None:
    retraction = reader().event(p.notify(type_, event, message_id="n1"))
    assert isinstance(retraction, Retraction)
    assert (retraction.scope, retraction.target, retraction.id) == (scope, target, "n1")


def test_the_streams_begin_and_end_and_follows() -> None:
    live, ended = read("stream.online", p.online()), read("stream.offline", p.offline())
    assert isinstance(live, Notice)
    assert isinstance(ended, Notice)
    assert (live.kind, ended.kind) == (NoticeKind.LIVE, NoticeKind.ENDED)
    follow = read("channel.follow", p.follow("Bob"))
    assert isinstance(follow, Interaction)
    assert (follow.kind, follow.author.name) == (InteractionKind.FOLLOW, "Bob")


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("type_", "event", "kind"),
    [
        (CHAT, {}, "no author"),
        (CHAT, None, "no author"),
        (CHAT, p.message("hi", message_id=None), "no id"),
        (CHAT, p.message("hi", message="hi"), "no text"),
        (CHAT, p.message(" ", fragments=[]), "no text"),
        (CHAT, p.message("hi", chatter_user_id=7), "no author"),
        (NOTICE, p.notification("raid", None), "no author"),
        (REDEEMED, p.redemption("", text="hi"), "no reward"),
        (REDEEMED, p.redemption("x", reward="r") | {"reward": None}, "no reward"),
        ("channel.chat.message_delete", p.deleted(""), "no target"),
        ("channel.ban", {}, "no target"),
    ],
)
def test_what_contradicts_itself_is_counted(type_: str, event: object, kind: str) -> None:
    events = reader()
    assert read(type_, event, events) is None
    assert events.malformed == {kind: 1}


@pytest.mark.parametrize(
    "name",
    ["{0.__class__}", "%s%n", "<img src=x onerror=alert(1)>", "z\u0351" * 300, "‮evil", "主播", "\x00\x1b[2J"],
)
def test_a_hostile_name_is_just_a_name(name: str) -> None:
    event = p.message(name, "Alice", chatter_user_name=name)
    message = chat(event)
    assert (message.author.name, message.fragments) == (name.strip(), (Fragment(name),))


def test_what_is_not_known_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    events = reader()
    for _ in range(3):
        assert read("channel.hype_train.begin\nforged line", {}, events) is None
    assert len(caplog.records) == 1
    assert "\n" not in caplog.text.strip()
    assert not events.malformed


def test_a_number_that_is_none_does_no_harm() -> None:
    for bits in (-1, True, "100", 10**400, None, 1.5):
        assert chat(p.message("hi", cheer={"bits": bits})).worth is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

SAMPLES: list[tuple[str, p.Table]] = [
    (CHAT, p.message("@Bob hi", badges=[p.badge("vip")], bits=5, reply=p.reply("Bob"))),
    (NOTICE, p.notification("resub", p.resub(3), text="hi")),
    (NOTICE, p.notification("sub_gift", p.sub_gift(community="g"))),
    (NOTICE, p.notification("raid", p.raid("Bob", 3))),
    (REDEEMED, p.redemption("x", text="hi")),
    ("channel.bits.use", p.bits_use("power_up", power_up=p.power_up("celebration"))),
    ("channel.ban", p.ban("Bob")),
    ("channel.follow", p.follow()),
]


@given(st.sampled_from(SAMPLES), st.data())
def test_any_value_in_any_place_raises_nothing(sample: tuple[str, p.Table], data: st.DataObject) -> None:
    type_, event = sample
    changed = {**event, data.draw(st.sampled_from(sorted(event))): data.draw(JSON)}
    frame = p.notify(type_, changed)
    if data.draw(st.booleans()):
        frame["metadata"] = {
            **frame["metadata"],
            data.draw(st.sampled_from(["message_id", "message_timestamp"])): 1,
        }
    events = rewards()
    events.event(frame)
    assert sum(events.malformed.values()) <= 1


@given(JSON)
def test_any_json_raises_nothing(frame: object) -> None:
    reader().event(frame)
