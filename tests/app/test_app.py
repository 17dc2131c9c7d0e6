"""The stages as `app` puts them together, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

from bot.app import Bot
from bot.config import load_settings
from bot.feed import Feed
from bot.messages import ChatEvent, ChatMessage, FeedEntry, Heard, SourceState, Spoken, Trouble
from bot.platforms import Platform
from tests.fakes.speech_server import SpeechServer
from tests.people import ALICE, BOB, message


async def test_an_event_at_which_the_intake_raises_costs_itself_alone(tmp_path: Path) -> None:
    broken = ChatMessage(source="twitch", channel="c", id="x", author=BOB, fragments=cast("Any", (None,)))

    async def events() -> AsyncGenerator[ChatEvent | SourceState]:
        for event in (message("before it", by=ALICE, id="1"), broken, broken, message("after it", id="2")):
            yield event

    entries: list[FeedEntry] = []
    feed = Feed()
    feed.subscribe(entries.append)
    async with SpeechServer() as server:
        flags = {"audio.output": "null", "engine.url": server.url, "web.enabled": "false"}
        await Bot(load_settings(flags, None), [Platform(events)], feed, voices=tmp_path).run()
    assert [entry.utterance.text for entry in entries if isinstance(entry, Spoken)] == [
        "before it",
        "after it",
    ]
    told = [entry.detail for entry in entries if isinstance(entry, Trouble)]
    assert told == ["an event could not be read: the log has the details"]


async def test_a_burst_of_chat_leaves_the_sound_its_turns(tmp_path: Path) -> None:
    many = 200

    async def burst() -> AsyncGenerator[ChatEvent | SourceState]:
        for number in range(many):
            yield message("6", id=str(number))

    turns = 0
    heard: list[int] = []  # the turn in which each was

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    feed = Feed()
    feed.subscribe(lambda entry: heard.append(turns) if isinstance(entry, Heard) else None)
    beside = asyncio.create_task(others())
    async with SpeechServer() as server:
        flags = {"audio.output": "null", "engine.url": server.url, "web.enabled": "false"}
        await Bot(load_settings(flags, None), [Platform(burst)], feed, voices=tmp_path).run()
    beside.cancel()
    assert len(set(heard)) == many
