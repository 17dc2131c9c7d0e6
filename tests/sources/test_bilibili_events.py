"""What viewers and the platform do in Bilibili's chat, and what no command of it may ever do."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import (
    Interaction,
    InteractionKind,
    Notice,
    NoticeKind,
    Retraction,
    RetractionScope,
    Role,
    retracts,
)
from bot.sources.bilibili_authors import hashed
from bot.sources.event_json import to_json
from tests.fakes.bilibili import ROOM
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
from tests.people import Clock
from tests.sources.bilibili_reading import ALICE, all_of, bad, one, reader, said
from tests.sources.bilibili_samples import GUARD_BUY, TOAST_V2, interact, interact_v2


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
