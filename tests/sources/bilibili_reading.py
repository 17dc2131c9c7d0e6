"""Commands of Bilibili's chat read by the bot: what they become, and that a recording holds it."""

from __future__ import annotations

from typing import Any

from bot.messages import ChatEvent, ChatMessage
from bot.sources.bilibili_authors import Place
from bot.sources.bilibili_events import BilibiliEvents
from bot.sources.event_json import from_json, to_json
from tests.fakes.bilibili import OWNER, ROOM
from tests.fakes.bilibili_commands import danmu_command, uid_of
from tests.people import Clock

ALICE = str(uid_of("Alice"))


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
