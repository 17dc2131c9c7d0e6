"""Every command of Bilibili's chat, as the real ones look, and what they must never do."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

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
    Interaction,
    InteractionKind,
    Medal,
    Notice,
    NoticeKind,
    Retraction,
    RetractionScope,
    Role,
    Subscription,
    SuperChat,
    Worth,
    retracts,
)
from bot.sources.bilibili_authors import Place, hashed
from bot.sources.bilibili_events import MIRROR, BilibiliEvents
from bot.sources.event_json import from_json, to_json
from tests.fakes.bilibili import OWNER, ROOM
from tests.fakes.bilibili_commands import (
    danmu_command,
    encode,
    gift_command,
    gift_v2_command,
    packed,
    pb,
    super_chat_command,
    uid_of,
)

TEXT, EMOTE = FragmentKind.TEXT, FragmentKind.EMOTE
ALICE = str(uid_of("Alice"))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def reader(clock: Clock | None = None, window: float = 0.0) -> BilibiliEvents:
    events = BilibiliEvents("7", clock or Clock(), gift_window=window)
    events.place = Place(ROOM, OWNER)
    return events


def all_of(*commands: object, events: BilibiliEvents | None = None) -> list[ChatEvent]:
    events = events or reader()
    found = [event for command in commands for event in events.events(command)]
    assert not events.malformed
    assert [from_json(to_json(event)) for event in found] == found  # a recording holds them
    return found


def one(command: object) -> ChatEvent:
    (event,) = all_of(command)
    return event


def said(text: str = "你好", **more: Any) -> ChatMessage:
    event = one(danmu_command(text, **more))
    assert isinstance(event, ChatMessage)
    return event


def bad(command: object) -> dict[str, int]:
    events = reader()
    assert list(events.events(command)) == []
    return events.malformed


# ------------------------------------------------------------------ danmaku


def test_danmaku() -> None:
    message = said("你好", name="小明", id_="6fa9959ab8feabcd", sent=1700000000.5)
    assert (message.source, message.channel, message.id) == ("bilibili", "7", "6fa9959ab8feabcd")
    assert (message.sent_at, message.received_at, message.origin) == (1700000000.5, 100.0, "")
    assert message.fragments == (Fragment("你好"),)
    assert message.author == Author(id=str(uid_of("小明")), name="小明", level=12)


def test_a_command_may_carry_more_after_a_colon() -> None:
    assert said(cmd="DANMU_MSG:4:0:2:2:2:0").text == "你好"


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("[热]", [("[热]", EMOTE)]),
        ("好[热][热]!", [("好", TEXT), ("[热]", EMOTE), ("[热]", EMOTE), ("!", TEXT)]),
        ("a[b][热", [("a[b][热", TEXT)]),
        ("[[热]]", [("[", TEXT), ("[热]", EMOTE), ("]", TEXT)]),
    ],
)
def test_emoticons_in_the_text(text: str, fragments: list[tuple[str, FragmentKind]]) -> None:
    message = said(text, emots={"[热]": {"emoji": "[热]", "url": "http://i0.hdslb.com/x.png"}})
    assert [(f.text, f.kind) for f in message.fragments] == fragments
    assert message.text == text


def test_an_emoticon_that_is_the_whole_message() -> None:
    assert said("赞", kind=1).fragments == (Fragment("赞", EMOTE),)


def test_a_voice_message_is_its_text() -> None:
    command = danmu_command("", kind=2)
    command["info"][0][14] = {"voice_url": "https://x", "text": "汤，下午好。"}
    event = one(command)
    assert isinstance(event, ChatMessage)
    assert event.text == "汤，下午好。"


@pytest.mark.parametrize("more", [{"cmd": "DANMU_MSG_MIRROR"}, {"mirror": True}])
def test_mirrored_rooms(more: dict[str, Any]) -> None:
    assert said(**more).origin == MIRROR


def test_a_gift_storm_is_nobodys_words() -> None:
    assert all_of(danmu_command("storm", msg_type=1)) == []


@pytest.mark.parametrize(
    ("more", "roles", "guard"),
    [
        ({}, set(), 0),
        ({"admin": 1}, {Role.MODERATOR}, 0),
        ({"uid": OWNER}, {Role.BROADCASTER}, 0),
        ({"guard": 3}, {Role.SUBSCRIBER}, 1),
        ({"guard": 2}, {Role.SUBSCRIBER}, 2),
        ({"guard": 1, "admin": 1}, {Role.SUBSCRIBER, Role.MODERATOR}, 3),
        ({"guard": 9}, set(), 0),
    ],
)
def test_roles_and_guards(more: dict[str, Any], roles: set[Role], guard: int) -> None:
    author = said(**more).author
    assert (set(author.roles), author.guard) == (roles, guard)


@pytest.mark.parametrize(
    ("room", "owner", "own"),
    [(ROOM, OWNER, True), (ROOM, 0, True), (0, OWNER, True), (1, 2, False), (0, 0, False)],
)
def test_medals(room: int, owner: int, own: bool) -> None:
    worn = [21, "小粉丝", "主播", room, 1725515, "", 0, 6809855, 1725515, 5414290, 3, 1, owner]
    assert said(medal=worn).author.medal == Medal("小粉丝", 21, own)
    assert said(medal=worn[:5]).author.medal == Medal("小粉丝", 21, room == ROOM)
    assert said(medal=[]).author.medal is None


def test_masked_viewers_stay_apart() -> None:
    """To the anonymous every uid is 0 and the names look alike; the hash still tells who is who."""
    one_, other = danmu_command("x", "张***", uid=0), danmu_command("x", "张***", uid=0)
    one_["info"][0][7], other["info"][0][7] = "0abc1234", "def"
    authors = [event.author for event in all_of(one_, other) if isinstance(event, ChatMessage)]
    assert [author.id for author in authors] == ["crc-abc1234", "crc-def"]
    assert not authors[0].roles
    other["info"][0][7] = ""
    event = one(other)
    assert isinstance(event, ChatMessage)
    assert event.author.id == "name-张***"


def test_a_name_that_only_the_old_field_masks() -> None:
    command = danmu_command("x", "小明同学")
    command["info"][2][1] = "小***"
    event = one(command)
    assert isinstance(event, ChatMessage)
    assert event.author.name == "小明同学"


ZALGO = "Z̷̢a̸͜l̶g̵o̷" * 30


@pytest.mark.parametrize(
    "name",
    ["{0.__class__}", "%s%n", "<img src=x onerror=alert(1)>", ZALGO[:300], "a\x00b", "‮moc", "' OR 1=1"],
)
def test_any_name_is_just_a_name(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert said(name=name).author.name == name
    assert said(name).text == name
    assert not caplog.records


def test_half_a_surrogate_pair_becomes_writable() -> None:
    message = said("a\ud83d", name="\udc00b")
    assert (message.text, message.author.name) == ("a�", "�b")
    json.dumps(to_json(message), ensure_ascii=False).encode()


def test_danmaku_without_an_id_have_one_that_stays() -> None:
    command = danmu_command("x")
    command["info"][0][15] = {}
    assert one(command).id == one(command).id != ""
    command["info"][0][5] = 0
    first, second = all_of(command, command)
    assert first.id != second.id


def test_the_bots_own_replies_are_not_read() -> None:
    events = BilibiliEvents("7", Clock(), own=lambda uid, text: (uid, text) == (ALICE, "reply"))
    assert list(events.events(danmu_command("reply"))) == []
    assert len(events.events(danmu_command("hello"))) == 1


def test_short_and_strange_arrays() -> None:
    (event,) = reader().events({"cmd": "DANMU_MSG", "info": [[], "text", [5, "N"]]})
    assert isinstance(event, ChatMessage)
    assert (event.text, event.author, event.sent_at) == ("text", Author(id="5", name="N"), 0)


# ------------------------------------------------------------------ what is paid


def test_super_chat_is_told_once_and_can_be_deleted() -> None:
    both = super_chat_command("加油", 30, id_=77), super_chat_command("加油", 30, id_=77, jpn=True)
    for pair in (both, both[::-1]):
        (event,) = all_of(*pair)
        assert isinstance(event, SuperChat)
        assert (event.text, event.worth, event.author.id) == ("加油", Worth(30.0, "CNY"), ALICE)
        deletion = one({"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": [77]}})
        assert isinstance(deletion, Retraction)
        assert retracts(deletion, event)
    assert len(all_of({"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": [1, 2]}})) == 2


def test_super_chats_author() -> None:
    info = {"uname": "舰长", "guard_level": 3, "user_level": 20, "manager": 1}
    medal = {"medal_name": "粉", "medal_level": 5, "anchor_roomid": ROOM, "target_id": OWNER}
    event = one(super_chat_command("x", user_info=info, medal_info=medal))
    assert isinstance(event, SuperChat)
    assert event.author.roles == {Role.MODERATOR, Role.SUBSCRIBER}
    assert (event.author.guard, event.author.level, event.author.medal) == (1, 20, Medal("粉", 5, True))


@pytest.mark.parametrize(
    ("command", "count", "yuan"),
    [
        (gift_command("小花花", 3, price=100), 3, 0.3),
        (gift_command("辣条", 5, price=100, coin="silver"), 5, None),
        (gift_command("爱心抱枕", 1, price=160000, total_coin=150000), 1, 150.0),
        (gift_command("白给", 1, price=0), 1, None),
        (gift_v2_command("小花花", 2, price=100), 2, 0.2),
        (gift_v2_command("爱心抱枕", 2, price=160000, box=("心动盲盒", 15000)), 2, 30.0),
    ],
)
def test_gifts(command: dict[str, Any], count: int, yuan: float | None) -> None:
    event = one(command)
    assert isinstance(event, Gift)
    assert (event.count, event.author.id) == (count, ALICE)
    assert event.worth == (None if yuan is None else Worth(yuan, "CNY"))


def test_both_forms_of_a_gift_are_one() -> None:
    both = gift_command(tid="t1"), gift_v2_command(tid="t1")
    assert len(all_of(*both)) == len(all_of(*both[::-1])) == 1


def test_several_gifts_share_a_message() -> None:
    given = [(10, pb((2, name), (3, 1), (8, "gold"), (9, name))) for name in ("花", "辣条")]
    command = packed("SEND_GIFT_V2", pb((1, 5), (2, "小明"), *given))
    assert [event.gift for event in all_of(command) if isinstance(event, Gift)] == ["花", "辣条"]


def test_a_combo_is_merged_and_anothers_is_not() -> None:
    clock = Clock()
    events = reader(clock, window=3.0)
    for name, combo in (("A", "1"), ("A", "1"), ("B", "2"), ("A", "3")):
        assert all_of(gift_command(name=name, combo=combo), {"cmd": "COMBO_SEND"}, events=events) == []
    clock.now += 3.0
    merged = events.gifts.due(clock.now)
    assert [(gift.author.name, gift.count) for gift in merged] == [("A", 2), ("B", 1), ("A", 1)]


GUARD_BUY = {
    "cmd": "GUARD_BUY",
    "data": {
        "uid": 5, "username": "新舰长", "guard_level": 3, "num": 1, "price": 198000, "gift_id": 10003,
        "gift_name": "舰长", "start_time": 1700000000, "end_time": 1700000000,
    },
}  # fmt: skip
TOAST = {
    "cmd": "USER_TOAST_MSG",
    "data": {
        "uid": 5, "username": "新舰长", "guard_level": 3, "num": 1, "price": 138000, "unit": "月",
        "role_name": "舰长", "start_time": 1700000001, "payflow_id": "1", "op_type": 1,
        "toast_msg": "<%新舰长%> 开通了舰长",
    },
}  # fmt: skip
TOAST_V2: dict[str, Any] = {
    "cmd": "USER_TOAST_MSG_V2",
    "data": {
        "sender_uinfo": {"uid": 5, "base": {"name": "新舰长", "face": ""}},
        "guard_info": {"guard_level": 3, "role_name": "舰长", "start_time": 1700000001},
        "pay_info": {"payflow_id": "1", "price": 138000, "num": 1, "unit": "月"},
        "gift_info": {"gift_id": 10003},
        "option": {"source": 0, "is_group": 0},
        "toast_msg": "<%新舰长%> 开通了舰长",
    },
}  # fmt: skip
DECORATION = {"cmd": "USER_TOAST_MSG_V2", "data": {**TOAST_V2["data"], "option": {"source": 2}}}


@pytest.mark.parametrize(
    ("commands", "yuan"),
    [
        ([GUARD_BUY, TOAST, TOAST_V2, DECORATION], 198),
        ([TOAST_V2, DECORATION, GUARD_BUY], 138),
        ([TOAST, GUARD_BUY], 138),
        ([DECORATION, TOAST_V2], 138),
    ],
)
def test_a_guard_is_told_once(commands: list[object], yuan: float) -> None:
    (event,) = all_of(*commands)
    assert isinstance(event, Subscription)
    assert (event.tier, event.months, event.worth) == ("captain", 1, Worth(yuan, "CNY"))
    assert (event.author.id, event.author.name, event.author.guard) == ("5", "新舰长", 1)
    assert event.author.roles == {Role.SUBSCRIBER}


def test_the_next_purchase_is_another_one() -> None:
    clock = Clock()
    events = reader(clock)
    for level, later in ((3, 0.0), (3, 60.0), (2, 0.0), (2, -1e6)):
        clock.now += later
        data = {**GUARD_BUY["data"], "guard_level": level, "start_time": 0, "num": 3}  # type: ignore[dict-item]  # a JSON object
        (event,) = all_of({"cmd": "GUARD_BUY", "data": data}, events=events)
        assert isinstance(event, Subscription)
        assert (event.months, event.worth) == (3, Worth(594, "CNY"))


# ------------------------------------------------------------------ what viewers and the platform do


def interact(kind: int) -> dict[str, Any]:
    data = {
        "uid": uid_of("Alice"),
        "uname": "Alice",
        "msg_type": kind,
        "timestamp": 1700000000,
        "roomid": ROOM,
    }
    return {"cmd": "INTERACT_WORD", "data": data}


def interact_v2(kind: int) -> dict[str, Any]:
    return packed(
        "INTERACT_WORD_V2", pb((1, uid_of("Alice")), (2, "Alice"), (5, kind), (6, ROOM), (7, 1700000000))
    )


@pytest.mark.parametrize("form", [interact, interact_v2])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1, InteractionKind.ENTRY),
        (2, InteractionKind.FOLLOW),
        (3, InteractionKind.SHARE),
        (4, InteractionKind.FOLLOW),
    ],
)
def test_interactions(form: Any, number: int, kind: InteractionKind) -> None:
    event = one(form(number))
    assert isinstance(event, Interaction)
    assert (event.kind, event.author.id, event.sent_at) == (kind, ALICE, 1700000000)
    assert (Role.FOLLOWER in event.author.roles) == (kind is InteractionKind.FOLLOW)
    assert len(all_of(interact(number), interact_v2(number))) == 1
    assert all_of(form(99)) == []


def test_likes() -> None:
    data = {"uid": 5, "uname": "小明", "like_text": "为主播点赞了", "msg_type": 6}
    first, second = all_of(*[{"cmd": "LIKE_INFO_V3_CLICK", "data": data}] * 2)
    assert isinstance(first, Interaction)
    assert first.kind is InteractionKind.LIKE
    assert first.id != second.id


def test_a_blocked_viewers_words_are_taken_back() -> None:
    message = said(name="Troll")
    masked = said(name="Troll", uid=0)
    command = {"cmd": "ROOM_BLOCK_MSG", "data": {"operator": 2, "uid": uid_of("Troll"), "uname": "Troll"}}
    retractions = [event for event in all_of(command) if isinstance(event, Retraction)]
    assert any(retracts(retraction, message) for retraction in retractions)
    assert any(retracts(retraction, masked) for retraction in retractions)
    assert masked.author.id == hashed(uid_of("Troll"))
    assert not any(retracts(retraction, said(name="Other")) for retraction in retractions)
    outside = one_user({"cmd": "ROOM_BLOCK_MSG", "uid": "5", "uname": "x"})
    assert outside == "5"


def one_user(command: object) -> str:
    retraction = all_of(command)[0]
    assert isinstance(retraction, Retraction)
    assert retraction.scope is RetractionScope.USER
    return retraction.target


def test_a_recalled_danmaku() -> None:
    message = said(id_="6fa9959ab8feabcd1b337aa5066768334027")
    retraction = one({"cmd": "RECALL_DANMU_MSG", "data": {"recall_type": 1, "target_id": message.id}})
    assert isinstance(retraction, Retraction)
    assert retracts(retraction, message)
    by_number = all_of({"cmd": "RECALL_DANMU_MSG", "data": {"recall_type": 2, "target_id": uid_of("Alice")}})
    assert any(isinstance(event, Retraction) and retracts(event, message) for event in by_number)


LIVE = {"cmd": "LIVE", "live_key": "1", "roomid": ROOM, "live_time": 1700000000}


def test_live_is_told_once_and_again_after_the_end() -> None:
    clock = Clock()
    events = reader(clock)
    found = all_of(LIVE, {**LIVE, "live_time": None}, events=events)
    clock.now += 3600
    found += all_of(
        LIVE, {"cmd": "PREPARING", "roomid": str(ROOM)}, {"cmd": "LIVE"}, {"cmd": "LIVE"}, events=events
    )
    kinds = [event.kind for event in found if isinstance(event, Notice)]
    assert kinds == [NoticeKind.LIVE, NoticeKind.ENDED, NoticeKind.LIVE]


@pytest.mark.parametrize(
    ("command", "kind", "text"),
    [
        ({"cmd": "WARNING", "msg": "图片内容不适宜", "roomid": ROOM}, NoticeKind.WARNING, "图片内容不适宜"),
        ({"cmd": "CUT_OFF", "msg": "违反直播规范", "roomid": ROOM}, NoticeKind.CUT_OFF, "违反直播规范"),
        ({"cmd": "CUT_OFF", "data": {"msg": "cut"}}, NoticeKind.CUT_OFF, "cut"),
        ({"cmd": "WARNING"}, NoticeKind.WARNING, "Bilibili warns this room"),
    ],
)
def test_what_the_platform_says(command: dict[str, Any], kind: NoticeKind, text: str) -> None:
    event = one(command)
    assert isinstance(event, Notice)
    assert (event.kind, event.text) == (kind, text)


# ------------------------------------------------------------------ bad input


def test_unknown_commands_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events = reader()
    for _ in range(3):
        assert all_of({"cmd": "WIDGET_BANNER"}, {"cmd": "%s{0}\n" * 99}, events=events) == []
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert all(
        len(record.getMessage()) < 120 and "\n" not in record.getMessage() for record in caplog.records
    )


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (None, "no cmd"),
        ([], "no cmd"),
        ({"cmd": 5}, "no cmd"),
        ({"cmd": "DANMU_MSG"}, "no text"),
        ({"cmd": "DANMU_MSG", "info": {}}, "no text"),
        ({"cmd": "DANMU_MSG", "info": [[], "x"]}, "no author"),
        (danmu_command("  "), "no text"),
        (danmu_command("x", name=" "), "no author"),
        (danmu_command("x" * 2001), "too long"),
        (danmu_command("x", name="x" * 2001), "too long"),
        (super_chat_command("x", id_=-1), "no id"),
        (super_chat_command("x", price=-5), "no price"),
        (super_chat_command("x", price=float("nan")), "no price"),
        ({"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": ["x", None]}}, "no target"),
        (gift_command(num=0), "count"),
        (gift_command(num=10**12), "count"),
        (gift_command(""), "no gift"),
        (packed("SEND_GIFT_V2", b"\xff"), "protobuf"),
        (packed("SEND_GIFT_V2", pb((1, 5), (2, "x"))), "no gift"),
        (packed("SEND_GIFT_V2", pb((1, 5), (2, "x"), (10, 5))), "protobuf"),
        ({"cmd": "SEND_GIFT_V2", "data": {}}, "protobuf"),
        ({"cmd": "GUARD_BUY", "data": {"uid": 5, "username": "x"}}, "no guard"),
        ({"cmd": "ROOM_BLOCK_MSG", "data": []}, "no target"),
        ({"cmd": "RECALL_DANMU_MSG", "data": {"target_id": 0}}, "no target"),
        (interact(1) | {"data": {"msg_type": 1}}, "no author"),
    ],
)
def test_a_bad_command_is_counted(command: object, kind: str) -> None:
    assert bad(command) == {kind: 1}


@pytest.mark.parametrize("extra", ["{", "[" * 5000 + "]" * 5000, "\\"])
def test_a_broken_extra_costs_its_danmaku(extra: str) -> None:
    command = danmu_command("x")
    command["info"][0][15]["extra"] = extra + "   "
    assert bad(command) == {"extra": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"cmd": ' + b"9" * 5000 + b"}"])
def test_a_body_that_is_no_json(body: bytes) -> None:
    events = reader()
    assert list(events.read(body)) == []
    assert events.malformed == {"not JSON": 1}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_PACKED = st.builds(lambda data: {"pb": base64.b64encode(data).decode()}, st.binary(max_size=60))
_EXAMPLES: list[dict[str, Any]] = [
    danmu_command("a[热]", emots={"[热]": {}}, medal=[1, "m", "a", 1]),
    super_chat_command("x"),
    gift_command(),
    gift_v2_command(),
    interact(1),
    interact_v2(2),
    GUARD_BUY,
    TOAST_V2,
    {"cmd": "RECALL_DANMU_MSG", "data": {"target_id": "1"}},
    {"cmd": "ROOM_BLOCK_MSG", "data": {"uid": 1}},
    {"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": [1]}},
    {"cmd": "LIKE_INFO_V3_CLICK", "data": {"uname": "x"}},
    *({"cmd": cmd} for cmd in ("LIVE", "PREPARING", "WARNING", "CUT_OFF")),
]


def _survives(command: object) -> None:
    events = reader()
    for event in events.events(command):
        json.dumps(to_json(event), ensure_ascii=False, allow_nan=False).encode()


@settings(max_examples=200)
@given(st.sampled_from([example["cmd"] for example in _EXAMPLES]), _JSON | _PACKED, _JSON)
def test_any_data(cmd: str, data: object, info: object) -> None:
    _survives({"cmd": cmd, "data": data, "info": info, "msg": info, "uid": info, "live_key": info})


def _damaged(value: Any, path: list[int], junk: object) -> Any:
    if not path or not value or not isinstance(value, (list, dict)):
        return junk
    key = path[0] % len(value)
    if isinstance(value, list):
        return [*value[:key], _damaged(value[key], path[1:], junk), *value[key + 1 :]]
    name = list(value)[key]
    return {**value, name: _damaged(value[name], path[1:], junk)}


@settings(max_examples=300)
@given(st.sampled_from(_EXAMPLES), st.lists(st.integers(0, 40), min_size=1, max_size=4), _JSON)
def test_any_damage(command: dict[str, Any], path: list[int], junk: object) -> None:
    _survives(_damaged(command, path, junk))


@given(st.binary(max_size=100) | st.sampled_from([encode(example) for example in _EXAMPLES]))
def test_any_body(body: bytes) -> None:
    reader().read(body)
    reader().read(body[:-3])
