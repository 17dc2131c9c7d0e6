"""Messages of the Open Live platform and what they mean; fields that lie; and any JSON at all."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

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
from bot.sources.bilibili_open_events import PREFIX, OpenEvents
from bot.sources.bilibili_open_fragments import fragments
from bot.sources.bilibili_open_signing import signed_headers

TEXT, EMOTE, MENTION = FragmentKind.TEXT, FragmentKind.EMOTE, FragmentKind.MENTION

WHO = {"open_id": "o1", "uname": "猫裙少年", "uid": 0, "timestamp": 1_650_717_881, "room_id": 42}
DM = {**WHO, "msg": "你好", "msg_id": "m1", "dm_type": 0, "guard_level": 0}
GIFT = {**WHO, "gift_name": "辣条", "gift_num": 3, "price": 200, "r_price": 100, "paid": True, "msg_id": "g"}


def reader() -> OpenEvents:
    return OpenEvents(lambda: 7.5, room="42", owner="boss")


def read(name: str, data: object) -> list[ChatEvent]:
    events = reader()
    found = events.events(PREFIX + name, {"cmd": PREFIX + name, "data": data})
    assert not events.malformed
    return found


def one(name: str, data: object) -> Any:
    (event,) = read(name, data)
    return event


def test_a_message_with_everything() -> None:
    assert one(
        "DM",
        {
            **DM,
            "guard_level": 3,
            "is_admin": 1,
            "glory_level": 12,
            "fans_medal_name": "官方",
            "fans_medal_level": 21,
            "fans_medal_wearing_status": False,
            "reply_uname": "Bob",
            "msg": "@Bob 你好[doge]",
        },
    ) == ChatMessage(
        source="bilibili",
        channel="42",
        id="m1",
        sent_at=1_650_717_881.0,
        received_at=7.5,
        author=Author(
            id="o1",
            name="猫裙少年",
            roles=frozenset({Role.MODERATOR, Role.SUBSCRIBER}),
            guard=1,
            level=12,
            medal=Medal("官方", 21, own=True),
        ),
        fragments=(Fragment("@Bob", MENTION), Fragment(" 你好"), Fragment("[doge]", EMOTE)),
    )


@pytest.mark.parametrize(
    ("changes", "roles", "guard"),
    [
        ({}, set(), 0),
        ({"open_id": "boss"}, {Role.BROADCASTER}, 0),
        ({"is_admin": True}, {Role.MODERATOR}, 0),
        ({"guard_level": 1}, {Role.SUBSCRIBER}, 3),  # governor
        ({"guard_level": 2}, {Role.SUBSCRIBER}, 2),
        ({"guard_level": "3"}, {Role.SUBSCRIBER}, 1),  # captain
        ({"guard_level": 4}, set(), 0),
        ({"guard_level": -1}, set(), 0),
    ],
)
def test_roles(changes: dict[str, object], roles: set[Role], guard: int) -> None:
    author = one("DM", {**DM, **changes}).author
    assert (author.roles, author.guard) == (roles, guard)


def test_a_picture_is_an_emote() -> None:
    assert one("DM", {**DM, "dm_type": 1, "msg": "热"}).fragments == (Fragment("热", EMOTE),)


def test_a_message_of_a_linked_room() -> None:
    assert one("DM_MIRROR", {**DM, "room_id": 43}).origin == "43"
    assert one("DM_MIRROR", DM).origin == "mirror"
    assert one("DM", DM).origin == ""


def test_a_super_chat_and_its_retraction() -> None:
    data = {**WHO, "message": "进行一个鱼的摸", "message_id": 3_992_851, "rmb": 30, "msg_id": "x"}
    event = one("SUPER_CHAT", data)
    assert isinstance(event, SuperChat)
    assert (event.text, event.worth) == ("进行一个鱼的摸", Worth(30.0, "CNY"))
    gone = read("SUPER_CHAT_DEL", {"message_ids": [1, "3992851", None, {}, -5], "msg_id": "y"})
    assert [type(retraction) for retraction in gone] == [Retraction, Retraction]
    targets = [r for r in gone if isinstance(r, Retraction)]
    assert all(r.scope is RetractionScope.MESSAGE for r in targets)
    assert [retracts(r, event) for r in targets] == [False, True]
    assert len({r.id for r in gone}) == 2


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        ({}, Worth(0.3, "CNY")),  # what was paid, not what the list says
        ({"paid": False}, None),  # silver
        ({"r_price": 0}, None),
        ({"r_price": None}, None),
        ({"gift_num": 0}, Worth(0.1, "CNY")),
        ({"r_price": 10**30}, None),
        ({"r_price": float("nan")}, None),
        ({"r_price": 500.0}, Worth(1.5, "CNY")),
    ],
)
def test_gifts(changes: dict[str, object], worth: Worth | None) -> None:
    event = one("SEND_GIFT", {**GIFT, **changes})
    assert isinstance(event, Gift)
    assert (event.gift, event.worth) == ("辣条", worth)


def test_a_gift_of_an_older_platform() -> None:
    data = {key: value for key, value in GIFT.items() if key != "r_price"}
    assert one("SEND_GIFT", data).worth == Worth(0.6, "CNY")


@pytest.mark.parametrize(
    ("level", "count", "unit", "tier", "months", "amount"),
    [
        (3, 1, "月", "captain", 1, 198.0),
        (2, 3, "月", "admiral", 3, 594.0),
        (1, 1, "年", "governor", 12, 198.0),
        (3, 5, "*3天", "captain", 1, 198.0),
        (3, 1, "", "captain", 1, 198.0),
    ],
)
def test_guards(level: int, count: int, unit: str, tier: str, months: int, amount: float) -> None:
    who = {"open_id": "o1", "uname": "你的魔法"}
    data = {"user_info": who, "guard_level": level, "guard_num": count, "guard_unit": unit, "price": 198_000}
    event = one("GUARD", {**data, "timestamp": 1, "msg_id": "b"})
    assert isinstance(event, Subscription)
    assert (event.tier, event.months, event.worth) == (tier, months, Worth(amount, "CNY"))
    assert (event.author.name, event.author.guard) == ("你的魔法", 4 - level)


def test_what_is_done_without_words() -> None:
    like = one("LIKE", {**WHO, "like_count": 12, "like_text": "点赞了"})
    assert isinstance(like, Interaction)
    assert (like.kind, like.count) == (InteractionKind.LIKE, 12)
    assert one("LIVE_ROOM_ENTER", WHO).kind is InteractionKind.ENTRY


def test_the_stream_begins_and_ends() -> None:
    data = {"open_id": "boss", "title": "唱歌", "timestamp": 99, "msg_id": "a"}
    live = one("LIVE_START", data)
    assert live == Notice(
        source="bilibili",
        channel="42",
        id="live-99",
        sent_at=99.0,
        received_at=7.5,
        text="唱歌",
        kind=NoticeKind.LIVE,
    )
    assert one("LIVE_START", {**data, "msg_id": "b"}).id == live.id  # told twice
    assert one("LIVE_END", data).kind is NoticeKind.ENDED


def test_messages_without_an_id_differ() -> None:
    events = reader()
    data = {key: value for key, value in DM.items() if key != "msg_id"}
    ids = {events.events(PREFIX + "DM", {"data": data})[0].id for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    "name", ["{0.__class__}", "%s", "<img src=x onerror=alert(1)>", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢" * 15, "' OR 1=1", "../../etc"]
)
def test_a_name_is_just_a_name(name: str) -> None:
    assert one("DM", {**DM, "uname": name}).author.name == name


def test_half_an_emoji_cannot_break_a_log() -> None:
    event = one("DM", {**DM, "uname": "a\ud83d", "msg": "\ude00b"})
    assert (event.author.name + event.text).encode().decode() == "a\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("DM", None, "no data"),
        ("DM", [], "no data"),
        ("DM", {**DM, "msg": "  "}, "no text"),
        ("DM", {**DM, "msg": 5.5}, "no text"),
        ("DM", {**DM, "msg": "x" * 100_000}, "too long"),
        ("DM", {**DM, "open_id": "", "uid": 0}, "no author"),
        ("DM", {**DM, "uname": {"a": 1}}, "no author"),
        ("SUPER_CHAT", {"message_id": 1}, "no author"),
        ("SUPER_CHAT_DEL", {}, "no target"),
        ("SUPER_CHAT_DEL", {"message_ids": "12"}, "no target"),
        ("SEND_GIFT", {**GIFT, "gift_name": " "}, "no gift"),
        ("GUARD", {**WHO, "guard_level": 3}, "guard"),
        ("GUARD", {**WHO, "guard_level": 0, "user_info": WHO}, "guard"),
        ("LIKE", {}, "no author"),
    ],
)
def test_what_contradicts_itself_is_counted(name: str, data: object, kind: str) -> None:
    events = reader()
    assert events.events(PREFIX + name, {"data": data}) == []
    assert events.malformed == {kind: 1}


def test_an_unknown_message_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events = reader()
    for _ in range(3):
        assert events.events("NEW_THING\n\x1b[31m" + "x" * 500, {}) == []
    (record,) = caplog.records
    assert "NEW_THING\\n\\x1b" in record.getMessage()
    assert len(record.getMessage()) < 200
    assert not events.malformed


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [*GIFT, *DM, "user_info", "message_ids", "message", "rmb", "guard_num", "guard_unit", "like_count"]
NAMES = ["DM", "DM_MIRROR", "SEND_GIFT", "GUARD", "SUPER_CHAT", "SUPER_CHAT_DEL", "LIKE", "LIVE_ROOM_ENTER"]


@given(
    st.sampled_from([*NAMES, "LIVE_START", "LIVE_END", "?"]),
    st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6),
    st.booleans(),
)
def test_any_fields_are_events_or_counted(name: str, data: dict[str, object], sane: bool) -> None:
    events = reader()
    known = {**GIFT, **DM, "user_info": WHO, "message_id": 1, "message_ids": [1], "guard_level": 3}
    found = events.events(PREFIX + name, {"data": {**known, **data} if sane else data})
    assert found or events.malformed or name == "?"
    for event in found:
        assert event.id
        json.dumps(repr(event)).encode()


@given(st.text(max_size=60), st.text(max_size=10))
def test_fragments_joined_are_the_text(text: str, mentioned: str) -> None:
    assert "".join(f.text for f in fragments(text, mentioned)) == text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("[doge][比心]", [EMOTE, EMOTE]),
        ("[重要]看这里", [TEXT]),
        ("哈[doge]哈", [TEXT, EMOTE, TEXT]),
        ("[[doge]]", [TEXT, EMOTE, TEXT]),
        ("[" * 1000, [TEXT]),
    ],
)
def test_emotes(text: str, kinds: list[FragmentKind]) -> None:
    assert [f.kind for f in fragments(text)] == kinds


def test_the_signature_is_openssls() -> None:
    headers = signed_headers(
        b'{"a":1}', key_id="id", key_secret=SecretStr("key"), nonce="n", timestamp=1_700_000_000
    )
    # md5sum of the body; the six lines through `openssl dgst -sha256 -hmac key`.
    assert headers["x-bili-content-md5"] == "bb6cb5c68df4652941caf652a366f2d8"
    assert headers["Authorization"] == "6b3ec65bb249e131f0fbfb412c188cc58b80a556391861f468253a02db580d85"
