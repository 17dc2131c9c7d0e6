"""Danmaku as the real ones look: text, emoticons, roles, medals, and who is who behind a mask."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot.messages import Author, ChatMessage, Fragment, FragmentKind, Medal, Role
from bot.sources.bilibili_events import MIRROR, BilibiliEvents
from bot.sources.event_json import to_json
from tests.fakes.bilibili import OWNER, ROOM
from tests.fakes.bilibili_commands import danmu_command, uid_of
from tests.people import Clock
from tests.sources.bilibili_reading import ALICE, all_of, one, reader, said

TEXT, EMOTE = FragmentKind.TEXT, FragmentKind.EMOTE


def test_danmaku() -> None:
    message = said("你好", name="小明", id_="6fa9959ab8feabcd", sent=1700000000.5)
    assert (message.source, message.channel, message.id) == ("bilibili", "7", "6fa9959ab8feabcd")
    assert (message.sent_at, message.received_at, message.origin) == (1700000000.5, 1000.0, "")
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
