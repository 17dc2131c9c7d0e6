"""A speaker between a voice and an ear that do each step when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from bot.feed import Feed
from bot.messages import AudioChunk, Dropped, FeedEntry, Utterance
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker

SAMPLES = np.zeros(10, np.float32)


class Voice:
    """Makes one chunk for each `step`, and ends or fails by `end`."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.closed: list[str] = []
        self._steps: asyncio.Queue[BaseException | bool] = asyncio.Queue()

    def step(self) -> None:
        self._steps.put_nowait(True)

    def end(self, failure: BaseException | None = None) -> None:
        self._steps.put_nowait(failure or False)

    async def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]:
        self.begun.append(utterance.id)
        try:
            while step := await self._steps.get():
                if isinstance(step, BaseException):
                    raise step
                yield AudioChunk(utterance, SAMPLES, 24_000)
        finally:
            self.closed.append(utterance.id)


class Ear:
    """Notes what it is given; `full` makes `play` wait, as a player does whose buffer is full."""

    def __init__(self) -> None:
        self.played: list[str] = []
        self.ended: list[str] = []
        self.cuts: list[str] = []
        self.room = asyncio.Event()
        self.room.set()

    async def play(self, chunk: AudioChunk) -> bool:
        await self.room.wait()
        self.played.append(chunk.utterance.id)
        return True

    async def end(self, utterance: Utterance) -> None:
        await self.room.wait()
        self.ended.append(utterance.id)

    def cut(self, utterance_id: str) -> None:
        self.cuts.append(utterance_id)


class Stage:
    """A speaker, what is around it, and what the feed said."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.entries: list[FeedEntry] = []
        feed = Feed()
        feed.subscribe(self.entries.append)
        self.queue = SpeechQueue(Limits(max_age=60), clock=lambda: self.now, dropped=feed.publish)
        self.voice = Voice()
        self.ear = Ear()
        self.speaker = Speaker(self.queue, self.voice, self.ear, feed)

    def put(self, *names: str, at: float | None = None) -> list[Utterance]:
        new = [
            Utterance(id=name, text=name, voice="mei", received_at=self.now if at is None else at)
            for name in names
        ]
        for utterance in new:
            self.queue.put(utterance)
        return new

    def retract(self, *names: str) -> None:
        self.speaker.retract(lambda utterance: utterance.id in names, "deleted")

    @property
    def dropped(self) -> list[tuple[str, str]]:
        return [(entry.utterance.id, entry.reason) for entry in self.entries if isinstance(entry, Dropped)]

    @property
    def under_way(self) -> list[str]:
        return [utterance.id for utterance in self.speaker.under_way]


async def settle() -> None:
    """Lets everything that can go on without the test go on: there are no other waits than events."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def running() -> AsyncIterator[Stage]:
    stage = Stage()
    task = asyncio.create_task(stage.speaker.run())
    await settle()
    try:
        yield stage
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()
