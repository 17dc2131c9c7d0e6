"""Takes utterances from the queue, one at a time, and has each one made and played; any can be taken back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from bot.feed import Feed
from bot.messages import AudioChunk, Dropped, Speaking, Spoken, Trouble, Utterance
from bot.speech.engine_link import EngineError
from bot.speech.queue import SpeechQueue

log = logging.getLogger(__name__)


class Voice(Protocol):
    def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]: ...


class Ear(Protocol):
    """Where sound goes: it takes chunks only as fast as they are heard, but for a short buffer."""

    async def play(self, chunk: AudioChunk) -> bool: ...  # False: it was cut, say no more of it
    async def end(self, utterance: Utterance) -> None: ...
    def cut(self, utterance_id: str) -> None: ...


class Speaker:
    """Speaks what the queue holds, in the queue's order.

    The next utterance is made while the last one's end is still being heard, so several may be under way.
    """

    def __init__(
        self,
        queue: SpeechQueue,
        voice: Voice,
        ear: Ear,
        feed: Feed,
        *,
        learn: Callable[[Utterance, float], None] = lambda utterance, seconds: None,
    ) -> None:
        """`learn` is told how many seconds an utterance lasts, once all of it has been made."""
        self._queue = queue
        self._voice = voice
        self._ear = ear
        self._feed = feed
        self._learn = learn
        self._under_way: dict[str, Utterance] = {}  # taken from the queue, not yet heard to the end
        self._making: tuple[Utterance, asyncio.Task[None]] | None = None
        self._sounding: set[str] = set()  # ids of those under way whose first sample has gone out
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        while True:
            utterance = await self._queue.get()
            self._under_way[utterance.id] = utterance
            self._idle.clear()
            task = asyncio.create_task(self._speak(utterance))
            self._making = utterance, task
            try:
                await asyncio.wait((task,))
            finally:
                self._making = None
                task.cancel()
            if not task.cancelled() and (error := task.exception()):
                raise error

    def retract(self, match: Callable[[Utterance], bool], reason: str) -> None:
        """Whatever `match` is true of is not spoken, or not spoken on: queued, being made, or being heard."""
        self._queue.remove(match, reason)
        for utterance in [utterance for utterance in self._under_way.values() if match(utterance)]:
            if self._making and self._making[0] is utterance:
                self._making[1].cancel()
            self._ear.cut(utterance.id)
            self._leave(utterance)
            self._feed.publish(Dropped(utterance, reason))

    def give_way(self) -> None:
        """Puts back what is being made and cannot be heard yet, for something that was paid for has come in.

        What was itself paid for stays: else, as long as others pay, it would never be made to its end.
        """
        if self._making and not self._making[0].paid and self._making[0].id in self._under_way:
            self._put_back(self._making[0])

    def put_back(self) -> None:
        """Returns to the queue all of which nothing can be heard yet."""
        for utterance in reversed(self.under_way):
            self._put_back(utterance)

    def _put_back(self, utterance: Utterance) -> None:
        if utterance.id in self._sounding:
            return
        if self._making and self._making[0] is utterance:
            self._making[1].cancel()
        self._ear.cut(utterance.id)
        self._leave(utterance)
        # Under an id of its own: the player knows the old one as cut.
        self._queue.put_back(utterance, f"{utterance.id}+")

    @property
    def heard(self) -> Utterance | None:
        """What is being heard now."""
        return next((utterance for utterance in self.under_way if utterance.id in self._sounding), None)

    def started(self, utterance: Utterance, at: float) -> None:
        """The player's word that an utterance's first sample went out, at monotonic second `at`."""
        self._sounding.add(utterance.id)
        self._feed.publish(Speaking(utterance, at - utterance.received_at))

    def finished(self, utterance: Utterance, at: float, whole: bool) -> None:
        """The player's word that nothing more of an utterance will be heard."""
        if self._under_way.get(utterance.id) and whole:
            self._leave(utterance)
            self._feed.publish(Spoken(utterance))

    async def until_idle(self) -> None:
        """Returns once nothing waits and the last utterance has been heard."""
        while len(self._queue) or self._under_way:
            # Both, for what waits may be given up (stale, deleted) without ever being under way.
            await self._queue.until_empty()
            await self._idle.wait()

    @property
    def under_way(self) -> list[Utterance]:
        return list(self._under_way.values())

    async def _speak(self, utterance: Utterance) -> None:
        try:
            async with contextlib.aclosing(self._voice.speak(utterance)) as chunks:
                heard = 0.0
                async for chunk in chunks:
                    if not await self._ear.play(chunk):
                        return
                    heard += len(chunk.samples) / chunk.rate
            await self._ear.end(utterance)
            self._learn(utterance, heard)
        except EngineError as error:
            log.warning("utterance %s was given up: %s", utterance.id, error)
            self._ear.cut(utterance.id)
            self._leave(utterance)
            self._feed.publish(Dropped(utterance, "engine"))
            self._feed.publish(Trouble(f"engine: {error}", f"the engine did not speak a message: {error}"))

    def _leave(self, utterance: Utterance) -> None:
        self._under_way.pop(utterance.id, None)
        self._sounding.discard(utterance.id)
        if not self._under_way:
            self._idle.set()
