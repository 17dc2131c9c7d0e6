"""Outputs without a sound device: a clock pulls in real time, and what it gets is dropped or handed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import numpy as np

from bot.playback.output import Pull, Samples

RATE = 48_000
TICK = 480  # frames: 10 ms, as of a sound device
MOST_LATE = 0.5  # seconds; a machine that slept longer goes on from now rather than catching up


class ClockOutput:
    """Pulls 10 ms every 10 ms by a monotonic clock. A subclass keeps what it likes of it in `take`."""

    rate = RATE
    latency = 0.0

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep

    async def run(self, pull: Pull) -> None:
        block = np.zeros(TICK, np.float32)
        period = TICK / self.rate
        due = self._clock()
        self.open()
        try:
            while True:
                speech = pull(block)
                self.take(block, speech)
                due += period
                late = self._clock() - due
                if late > MOST_LATE:
                    due += late
                await self._sleep(max(0.0, -late))
        finally:
            self.close()

    def open(self) -> None:
        """Before the first pull. OutputError: it cannot be."""

    def take(self, block: Samples, speech: int) -> None:
        """The first `speech` frames of a pulled block are speech or the pause after it. Must not keep it."""

    def close(self) -> None:
        """After the last pull."""
