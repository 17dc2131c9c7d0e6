"""A line of chat to the desk and its answer, and a speaker that is at work meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.messages import Author, Utterance, Viewer
from tests.people import ALICE, message
from tests.stage import Stage, settle


def ask(stage: Stage, line: str, by: Author = ALICE, **fields: Any) -> str:
    """The answer to a line of chat; "" if there is none."""
    before = len(stage.answers)
    stage.take(message(line, by=by, **fields))
    return stage.answers[before] if len(stage.answers) > before else ""


def alice(stage: Stage) -> Viewer:
    return stage.viewers.of(message("x"))


@asynccontextmanager
async def speaking(stage: Stage) -> AsyncIterator[None]:
    running = asyncio.create_task(stage.speaker.run())
    await settle()
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait((running,))


def hear(stage: Stage) -> Utterance:
    """Has what is being made begin to sound."""
    utterance = stage.speaker.under_way[0]
    stage.speaker.started(utterance, stage.clock.now)
    return utterance
