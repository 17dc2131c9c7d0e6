"""A source that gives the events of a recording again, in their rhythm."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from pathlib import Path

from bot.messages import ChatEvent, SourceState, State
from bot.sources.connection import Clock, Sleep
from bot.sources.errors import SourceFailed
from bot.sources.recording import RecordingError, read_recording

DEMO = Path(__file__).parent.parent / "data" / "demo.jsonl"


class Replay:
    """A source (see `connection.Source`) that ends with its recording, or after `limit` events.

    `speed` 2 takes half the time; math.inf takes none. Events keep the source and channel they had;
    `received_at` is the time of `clock` at which they are given. The file is read as far as it is needed.
    """

    name = "replay"

    def __init__(
        self,
        recording: Path | str | Iterable[bytes],
        *,
        speed: float = 1.0,
        limit: int | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.channel = Path(recording).name if isinstance(recording, Path | str) else "recording"
        self.malformed = 0
        self._recording = recording
        self._speed = speed
        self._limit = limit
        self._clock = clock
        self._sleep = sleep

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        """READY, then the events. Raises SourceFailed if the recording cannot be read."""
        entries = read_recording(self._recording, on_malformed=self._skip)
        start = self._clock()
        ready = False
        given = 0
        while self._limit is None or given < self._limit:
            try:
                entry = next(entries, None)
            except RecordingError as error:
                raise SourceFailed(str(error)) from error
            if not ready:
                ready = True
                yield SourceState(self.name, self.channel, State.READY)
            if entry is None:
                return
            t, event = entry
            # Also for 0 seconds: without a pause, whoever listens would never get its turn.
            await self._sleep(max(0.0, start + t / self._speed - self._clock()))
            yield replace(event, received_at=self._clock())
            given += 1

    def _skip(self, number: int) -> None:
        self.malformed += 1
