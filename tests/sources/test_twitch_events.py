"""Lines as Twitch sends them and what they mean; lines that lie; and any tags at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Gift,
    Notice,
    Raid,
    Retraction,
    RetractionScope,
    Role,
    Subscription,
    Worth,
    retracts,
)
from bot.sources.irc import IrcLine, parse
from bot.sources.twitch_events import GIFT_NAME, TwitchEvents
from bot.sources.twitch_fragments import emote_spans, fragments

TEXT, EMOTE = FragmentKind.TEXT, FragmentKind.EMOTE
MENTION, CHEER = FragmentKind.MENTION, FragmentKind.CHEER


def reader() -> TwitchEvents:
    return TwitchEvents("dallas", lambda: 7.5)


def read(line: str) -> ChatEvent | None:
    return reader().event(parse(line))


def say(text: str, **tags: str) -> ChatMessage:
    every = {"id": "1", "user-id": "9", **{key.replace("_", "-"): value for key, value in tags.items()}}
    event = reader().event(IrcLine("PRIVMSG", ("#dallas", text), "ronni!ronni@ronni.tmi.twitch.tv", every))
    assert isinstance(event, ChatMessage)
    return event


def test_a_message_with_everything() -> None:
    # As in Twitch's own reference.
    assert read(
        "@badge-info=subscriber/8;badges=staff/1,subscriber/6,bits/1000;bits=100;color=;display-name=Ronni;"
        "emotes=25:9-13;id=b34ccfc7-4977-403a-8a94-33c6bac34fb8;mod=0;room-id=12345678;subscriber=1;"
        "tmi-sent-ts=1507246572675;turbo=1;user-id=12345678;user-type=staff "
        ":ronni!ronni@ronni.tmi.twitch.tv PRIVMSG #dallas :cheer100 Kappa @Bob hi"
    ) == ChatMessage(
        source="twitch",
        channel="dallas",
        id="b34ccfc7-4977-403a-8a94-33c6bac34fb8",
        sent_at=1507246572.675,
        received_at=7.5,
        author=Author(id="12345678", name="Ronni", login="ronni", roles=frozenset({Role.SUBSCRIBER})),
        fragments=(
            Fragment("cheer100", CHEER),
            Fragment(" "),
            Fragment("Kappa", EMOTE),
            Fragment(" "),
            Fragment("@Bob", MENTION),
            Fragment(" hi"),
        ),
        worth=Worth(100, "bits"),
    )


@pytest.mark.parametrize(
    ("tags", "roles"),
    [
        ({}, set()),
        ({"badges": "broadcaster/1,subscriber/3012"}, {Role.BROADCASTER, Role.SUBSCRIBER}),
        ({"badges": "founder/0"}, {Role.SUBSCRIBER}),
        ({"badges": "moderator/1", "mod": "1"}, {Role.MODERATOR}),
        ({"mod": "1", "vip": "1", "subscriber": "1"}, {Role.MODERATOR, Role.VIP, Role.SUBSCRIBER}),
        ({"badges": "glhf-pledge/1,premium/1"}, set()),
        ({"badges": ",,/,vip,=;", "mod": "yes", "subscriber": "-1"}, {Role.VIP}),
    ],
)
def test_roles(tags: dict[str, str], roles: set[Role]) -> None:
    assert say("x", **tags).author.roles == roles


@pytest.mark.parametrize(
    ("text", "emotes", "expected"),
    [
        ("Kappa", "25:0-4", [("Kappa", EMOTE)]),
        (
            "a Kappa Kappa b",
            "25:2-6,8-12",
            [("a ", TEXT), ("Kappa", EMOTE), (" ", TEXT), ("Kappa", EMOTE), (" b", TEXT)],
        ),
        # Offsets are code points: not bytes, not UTF-16 units.
        ("你好🎉 Kappa", "25:4-8", [("你好🎉 ", TEXT), ("Kappa", EMOTE)]),
        ("LUL Kappa", "25:4-8/425618:0-2", [("LUL", EMOTE), (" ", TEXT), ("Kappa", EMOTE)]),
        ("HypeLUL_BW", "emotesv2_ab_BW:0-9", [("HypeLUL_BW", EMOTE)]),
    ],
)
def test_emotes(text: str, emotes: str, expected: list[tuple[str, FragmentKind]]) -> None:
    assert [(f.text, f.kind) for f in say(text, emotes=emotes).fragments] == expected


@pytest.mark.parametrize(
    "emotes",
    [
        "25:0-50",
        "25:9-12",
        "25:3-1",
        "25:-1-4",
        "25",
        "25:",
        "x:y-z",
        "25:0-4-9",
        "25:1",
        "25:²-4",
        "25:0-" + "9" * 50,
    ],
)
def test_lying_emotes_cost_only_themselves(emotes: str) -> None:
    events = reader()
    line = IrcLine("PRIVMSG", ("#dallas", "Kappa 你"), "a!a@a", {"emotes": emotes, "id": "1"})
    event = events.event(line)
    assert isinstance(event, ChatMessage)
    assert event.fragments == (Fragment("Kappa 你"),)
    assert events.malformed == {"emotes": 1}


def test_overlapping_emotes() -> None:
    assert emote_spans("1:0-4/2:3-6/3:8-9", "abcdefg hi") == ([(0, 5), (8, 10)], 1)
    assert emote_spans("1:0-6", "ab cdef") == ([], 1)  # no emote holds a space


def test_me_is_unwrapped_and_offsets_exclude_the_wrapper() -> None:
    message = say("\x01ACTION waves Kappa\x01", emotes="25:6-10")
    assert message.action
    assert message.fragments == (Fragment("waves "), Fragment("Kappa", EMOTE))
    assert say("\x01ACTION no end").text == "no end"


def test_reply_loses_the_mention_that_twitch_put_before_it() -> None:
    tags = {
        "reply_parent_msg_id": "5",
        "reply_parent_user_login": "bob",
        "reply_parent_display_name": "Bob",
    }
    message = say("@Bob yes Kappa", emotes="25:9-13", **tags)
    assert message.fragments == (Fragment("yes "), Fragment("Kappa", EMOTE))
    assert say("@Carol yes", **tags).text == "@Carol yes"
    assert say("@Bob yes").text == "@Bob yes"
    tags["reply_parent_display_name"] = "小明"
    assert say("@小明 是的", **tags).text == "是的"


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("@alice hi @Bob_2!", ["@alice", "@Bob_2"]),
        ("你好@alice你好", ["@alice"]),
        ("mail me@example.com, me.too@example.com", []),
        ("@ @x @@alice", ["@alice"]),
    ],
)
def test_mentions(text: str, mentions: list[str]) -> None:
    message = say(text)
    assert [f.text for f in message.fragments if f.kind is MENTION] == mentions
    assert message.text == text


@pytest.mark.parametrize(
    ("text", "bits", "cheers"),
    [
        ("Cheer100 nice", "100", ["Cheer100"]),
        ("nice Cheer1 4Head50", "51", ["Cheer1", "4Head50"]),
        ("linxiHype500 GG2", "502", ["linxiHype500", "GG2"]),
        ("Cheer100 see you at gate7", "100", ["Cheer100"]),
        ("Cheer100", "", []),
        ("Cheer100", "0", []),
        ("Cheer100", "many", []),
    ],
)
def test_cheers(text: str, bits: str, cheers: list[str]) -> None:
    message = say(text, bits=bits)
    assert [f.text for f in message.fragments if f.kind is CHEER] == cheers
    assert message.worth == (Worth(int(bits), "bits") if cheers else None)


def test_shared_chat() -> None:
    assert say("x", room_id="1", source_room_id="2").origin == "2"
    assert say("x", room_id="1", source_room_id="1").origin == ""
    assert say("x", room_id="1").origin == ""


def test_names_fall_back_to_the_login() -> None:
    assert say("x", display_name="").author == Author(id="9", name="ronni", login="ronni")
    assert say("x", display_name=" 小明 ").author.name == "小明"
    assert say("x", user_id="").author.id == "ronni"


@pytest.mark.parametrize("sent", ["", "soon", "-5", "1e9", "9" * 400, "١٢٣"])
def test_a_garbage_time_is_no_time(sent: str) -> None:
    assert say("x", tmi_sent_ts=sent).sent_at == 0


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("@id=1 :tmi.twitch.tv PRIVMSG #dallas :who says this", "no author"),
        (":a!a@a PRIVMSG #dallas", "no text"),
        (":a!a@a PRIVMSG #dallas :  ", "no text"),
        (":a!a@a PRIVMSG #dallas :\x01ACTION \x01", "no text"),
        (":tmi.twitch.tv CLEARMSG #dallas :x", "no target"),
        ("@msg-id=raid :tmi.twitch.tv USERNOTICE #dallas", "no author"),
    ],
)
def test_lines_that_say_too_little_are_counted(line: str, kind: str) -> None:
    events = reader()
    assert events.event(parse(line)) is None
    assert events.malformed == {kind: 1}


def notice(kind: str, text: str = "", **params: str) -> IrcLine:
    tags = {
        "id": f"{kind}-{params}",
        "login": "ronni",
        "display-name": "Ronni",
        "user-id": "9",
        "msg-id": kind,
        "room-id": "1",
        **{key.replace("_", "-"): value for key, value in params.items()},
    }
    return IrcLine("USERNOTICE", ("#dallas", text) if text else ("#dallas",), "tmi.twitch.tv", tags)


def test_resubscription() -> None:
    event = reader().event(notice("resub", "Great stream", **{"msg-param-cumulative-months": "6"}))
    assert isinstance(event, Subscription)
    assert (event.months, event.text, event.author.name) == (6, "Great stream", "Ronni")
    first = reader().event(notice("sub", **{"msg-param-cumulative-months": "lots"}))
    assert isinstance(first, Subscription)
    assert (first.months, first.text) == (1, "")


def test_a_gift_to_the_community_is_told_once() -> None:
    events = reader()
    ids = {"msg-param-community-gift-id": "77", "msg-param-origin-id": "aa bb"}
    gift = events.event(notice("submysterygift", **ids, **{"msg-param-mass-gift-count": "5"}))
    assert isinstance(gift, Gift)
    assert (gift.gift, gift.count) == (GIFT_NAME, 5)
    for number in range(5):
        assert events.event(notice("subgift", **ids, recipient=str(number))) is None
    only_origin = {"msg-param-origin-id": "aa bb"}
    assert events.event(notice("subgift", **only_origin)) is None
    # The next gift is another one.
    ids["msg-param-community-gift-id"], ids["msg-param-origin-id"] = "78", "cc"
    again = events.event(notice("submysterygift", **ids, **{"msg-param-mass-gift-count": "2"}))
    assert isinstance(again, Gift)
    assert again.count == 2


def test_single_gifts_are_each_told() -> None:
    events = reader()
    nothing = {"msg-param-origin-id": "da 39 a3 ee 5e 6b 4b 0d 32 55 bf ef 95 60 18 90 af d8 07 09"}
    for number in range(3):
        gift = events.event(notice("subgift", **nothing, recipient=str(number)))
        assert isinstance(gift, Gift)
        assert gift.count == 1


def test_gifts_whose_announcement_was_lost_are_told_once() -> None:
    events = reader()
    told = [
        events.event(notice("subgift", **{"msg-param-community-gift-id": "5"}, recipient=str(n)))
        for n in range(4)
    ]
    assert [event is not None for event in told] == [True, False, False, False]


def test_raid_announcement_and_the_rest() -> None:
    raid = reader().event(notice("raid", **{"msg-param-viewerCount": "15"}))
    assert isinstance(raid, Raid)
    assert raid.viewers == 15
    announced = reader().event(notice("announcement", "game night on Friday"))
    assert isinstance(announced, Notice)
    assert announced.author is not None
    assert (announced.text, announced.author.name) == ("game night on Friday", "Ronni")
    other = reader().event(notice("viewermilestone", **{"system-msg": "Ronni watched 5 streams in a row"}))
    assert isinstance(other, Notice)
    assert reader().event(notice("unknown-thing")) is None
    assert reader().event(notice("announcement")) is None
    assert reader().event(notice("sharedchatnotice", **{"source-msg-id": "sub"})) is None
    assert reader().event(notice("raid", **{"source-room-id": "2"})) is None


def test_retractions() -> None:
    deleted = read(
        "@login=ronni;room-id=;target-msg-id=abc-123-def;tmi-sent-ts=1642720582342 "
        ":tmi.twitch.tv CLEARMSG #dallas :HeyGuys"
    )
    assert isinstance(deleted, Retraction)
    assert (deleted.scope, deleted.target) == (RetractionScope.MESSAGE, "abc-123-def")
    banned = read(
        "@ban-duration=350;room-id=12345678;target-user-id=87654321;tmi-sent-ts=1642719320727 "
        ":tmi.twitch.tv CLEARCHAT #dallas :ronni"
    )
    assert isinstance(banned, Retraction)
    assert (banned.scope, banned.target) == (RetractionScope.USER, "87654321")
    everything = read("@room-id=12345678;tmi-sent-ts=1642715695392 :tmi.twitch.tv CLEARCHAT #dallas")
    assert isinstance(everything, Retraction)
    assert everything.scope is RetractionScope.ALL


def test_a_timeout_without_tags_never_clears_the_whole_chat() -> None:
    ban = read(":tmi.twitch.tv CLEARCHAT #dallas :ronni")
    message = read(":ronni!ronni@ronni PRIVMSG #dallas :x")
    assert isinstance(ban, Retraction)
    assert message is not None
    assert ban.scope is RetractionScope.USER
    assert retracts(ban, message)


def test_events_without_an_id_have_different_ones() -> None:
    events = reader()
    line = parse(":a!a@a PRIVMSG #dallas :x")
    first, second = events.event(line), events.event(line)
    assert first is not None
    assert second is not None
    assert first.id != second.id


@pytest.mark.parametrize(
    "line", ["PING", "JOIN #dallas", ":x 353 a = #dallas :a", "@msg-id=slow_on :t NOTICE #d :x"]
)
def test_other_lines_mean_nothing(line: str) -> None:
    assert read(line) is None


_KEYS = [
    "id", "user-id", "display-name", "badges", "mod", "subscriber", "vip", "bits", "emotes", "room-id",
    "source-room-id", "tmi-sent-ts", "msg-id", "system-msg", "login", "target-msg-id", "target-user-id",
    "reply-parent-msg-id", "reply-parent-user-login", "msg-param-mass-gift-count", "msg-param-viewerCount",
    "msg-param-community-gift-id", "msg-param-origin-id", "msg-param-cumulative-months",
]  # fmt: skip
_VALUES = st.text(max_size=20) | st.sampled_from(
    [
        "1",
        "99999999999999999",
        "-1",
        "raid",
        "subgift",
        "submysterygift",
        "resub",
        "announcement",
        "25:0-4,2-9/x:-",
    ]
)


@settings(max_examples=300)
@given(
    st.sampled_from(["PRIVMSG", "USERNOTICE", "CLEARMSG", "CLEARCHAT", "NOTICE", "ROOMSTATE"]),
    st.lists(st.text(max_size=40), max_size=3),
    st.dictionaries(st.sampled_from(_KEYS), _VALUES),
    st.sampled_from(["", "a!a@a", "!", "tmi.twitch.tv"]),
)
def test_no_tags_raise(command: str, params: list[str], tags: dict[str, str], prefix: str) -> None:
    reader().event(IrcLine(command, tuple(params), prefix, tags))


@given(
    st.text(max_size=40),
    st.text(alphabet="0123456789-,:/", max_size=30),
    st.integers(0, 500),
    st.integers(0, 5),
)
def test_fragments_are_the_text_again(text: str, emotes: str, bits: int, start: int) -> None:
    spans, _ = emote_spans(emotes, text)
    assert "".join(f.text for f in fragments(text, spans, bits=bits, start=start)) == text[start:]
