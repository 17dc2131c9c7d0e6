"""Writes what is spoken to a WAV file that can be played at any moment, even after the bot was killed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bot.messages import OutputState, State
from bot.playback.clock import RATE, ClockOutput
from bot.playback.output import OutputError, Report, Samples

HEADER = 44  # bytes
MOST = 0xFFFFFFFF - HEADER  # bytes of sound that the format's 32-bit sizes can tell: 12 hours
SETTLE = 1.0  # seconds between two checks of the header and of the file's place


class WavFile:
    """A growing mono 16-bit PCM file. Every method may raise OSError, after which it can be tried again."""

    def __init__(self, path: Path, rate: int) -> None:
        self.path = path
        self._rate = rate
        self._file: BinaryIO | None = None
        self._bytes = 0

    def write(self, samples: Samples) -> None:
        """Appends float32 [n]; the file is opened, and replaced, at the first call."""
        pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        if self._file is None:
            # Unbuffered: what was written survives the process, and a full disk shows here.
            self._file = self.path.open("wb", buffering=0)
            self._bytes = 0
            self._write(0, self._header())
        if self._bytes + len(pcm) > MOST:
            raise OSError("a WAV file cannot be longer")
        self._write(HEADER + self._bytes, pcm)
        self._bytes += len(pcm)

    def settle(self) -> None:
        """Makes the header tell the present length. A file that was moved away is left as it is."""
        if self._file is None:
            return
        self._write(0, self._header())
        try:
            there = os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            there = False
        if not there:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.closing(file):
                file.seek(0)
                file.write(self._header())

    def _write(self, at: int, data: bytes) -> None:
        assert self._file is not None
        self._file.seek(at)
        if self._file.write(data) != len(data):
            raise OSError("no space left on the disk")

    def _header(self) -> bytes:
        return b"RIFF" + struct.pack("<I", HEADER - 8 + self._bytes) + b"WAVEfmt " + struct.pack(
            "<IHHIIHH", 16, 1, 1, self._rate, self._rate * 2, 2, 16
        ) + b"data" + struct.pack("<I", self._bytes)  # fmt: skip


class WavOutput(ClockOutput):
    """Keeps speech and the pauses after it, without the silence between, in the file named; replaces it.

    Speech goes on if the file cannot be written, and is kept again as soon as it can. Writes are small
    ones to the system's cache, quick enough for the event loop's thread.
    """

    def __init__(
        self,
        path: Path,
        report: Report,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(clock=clock, sleep=sleep)
        if path.is_dir():
            raise OutputError(f"{path} is a folder: name a file, such as {path / 'speech.wav'}.")
        if not path.absolute().parent.is_dir():
            raise OutputError(
                f"There is no folder {path.absolute().parent} to write {path.name} in: make it first."
            )
        self._path = path
        self._file = WavFile(path, RATE)
        self._report = report
        self._failed = False
        self._settled = 0.0
        self._retry = 0.0

    def open(self) -> None:
        self._settled = self._clock()
        try:
            self._file.write(np.zeros(0, np.float32))
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()
            if error.errno != errno.ENOSPC:
                raise OutputError(f"{self._path} cannot be written: {_reason(error)}.") from error
            self._fail(error)  # room can be made while the bot speaks
            return
        self._report(OutputState(State.READY, f"Writing what is spoken to {self._path}."))

    def take(self, block: Samples, speech: int) -> None:
        now = self._clock()
        try:
            if speech and now >= self._retry:
                self._file.write(block[:speech])
                if self._failed:
                    self._failed = False
                    self._report(OutputState(State.READY, f"Writing what is spoken to {self._path} again."))
            if now - self._settled >= SETTLE:
                self._settled = now
                self._file.settle()
        except OSError as error:
            self._retry = now + SETTLE
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if not self._failed:
            self._failed = True
            detail = f"{self._path} cannot be written ({_reason(error)}): speech goes on, and is not kept."
            self._report(OutputState(State.WAITING, detail))

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            detail = f"{self._path} could not be finished: {_reason(error)}."
            self._report(OutputState(State.FAILED, detail))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
