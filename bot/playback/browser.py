"""Plays to browser pages: frames of sound with the moment at which each is meant to be heard."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable

import numpy as np

from bot.messages import OutputState, State
from bot.playback.clock import ClockOutput
from bot.playback.output import Report, Samples

FRAME = 960  # samples: 20 ms
VERSION = 1
FIRST = 1  # flag: of a run of sound; pages aim anew at its `at`
HEADER = struct.Struct("<BBBBIIIQd")  # see `frame`
_MAGIC = 0xCA
_SILENT = 5  # frames without a sound, after which the next one begins a run of its own

Listener = Callable[[bytes], None]


class BrowserOutput(ClockOutput):
    """Cuts what it pulls into frames of 20 ms and hands each to every listener; silence is not sent.

    A page that has a frame hears it `jitter` seconds after the moment the frame names, on this process's
    monotonic clock: so pages are in step with each other, and one that falls behind holds up nobody.
    """

    def __init__(
        self,
        report: Report,
        *,
        jitter: float = 0.06,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(clock=clock, sleep=sleep)
        self.jitter = jitter
        self.latency = jitter + FRAME / self.rate
        self._report = report
        self._listeners: list[Listener] = []
        self._pending = np.zeros(FRAME, np.float32)
        self._filled = 0
        self._position = 0  # samples pulled since the output opened
        self._began = 0.0  # when position 0 would have been due, for the present run
        self._sequence = 0
        self._run = 0
        self._quiet = _SILENT

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Has every frame handed to `listener`, in the loop's thread; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def open(self) -> None:
        self._report(OutputState(State.READY, "plays in the overlay page (audio.output is browser)"))

    def take(self, block: Samples, speech: int) -> None:
        self._pending[self._filled : self._filled + len(block)] = block
        self._filled += len(block)
        self._position += len(block)
        if self._filled >= FRAME:
            self._filled = 0
            self._send()

    def _send(self) -> None:
        if not self._pending.any():
            self._quiet += 1
            return
        start = self._position - FRAME
        flags = 0
        if self._quiet >= _SILENT:
            self._run += 1
            flags = FIRST
            # Within a run samples count the time: a pull that comes late is no reason to hear it later.
            self._began = self._clock() - self._position / self.rate
        self._quiet = 0
        at = self._began + start / self.rate
        data = frame(self._pending, self._run, self._sequence, self.rate, start, at, flags)
        self._sequence += 1
        for listener in self._listeners:
            listener(data)


def frame(
    samples: Samples, run: int, sequence: int, rate: int, position: int, at: float, flags: int = 0
) -> bytes:
    """A header of 32 bytes and mono PCM, both little-endian: 16-bit `samples` at `rate`.

    Bytes 0..3 are 0xCA, the version, 0 and `flags`; 4 the number of the `run` (u32), 8 the `sequence` of
    frames (u32), 12 the `rate` (u32), 16 the `position` of the first sample in the stream (u64), 24 the
    monotonic second `at` which it was due to be heard (f64).
    """
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    head = HEADER.pack(_MAGIC, VERSION, 0, flags, run & 0xFFFFFFFF, sequence & 0xFFFFFFFF, rate, position, at)
    return head + pcm
