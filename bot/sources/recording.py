r"""Keeps chat events in a file, one JSON object a line, and reads them again.

The first line is a header, `{"recording": 1, "started": "2026-01-31T20:00:00+00:00"}`; every other is an
event with `t`, seconds since `started`. A run of the bot appends to what is there, with a header of its own;
a reader goes on where the run before ended. Lone surrogates are kept as they are ("surrogatepass"): JSON's
own escapes would melt two of them into one character.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from bot.messages import ChatEvent
from bot.sources.event_json import from_json, to_json

VERSION = 1
LONGEST = 1024 * 1024  # bytes a line


class RecordingError(Exception):
    """A recording cannot be read or begun; the message is one sentence for the streamer."""


def encode_line(data: dict[str, Any]) -> bytes:
    return (
        json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


class Recorder:
    """Appends events to the file at `path`, each line at once (a few microseconds into the system's cache).

    A disk that takes no more is told once to `on_trouble`, and the recording ends there: the bot goes on.
    Raises RecordingError if the file cannot be begun.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_trouble: Callable[[str], None] = lambda sentence: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = Path(path)
        self._clock = clock
        self._on_trouble = on_trouble
        self._started = clock()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: nothing is left in memory for a crash to lose or for close() to fail on.
            # What people wrote and paid is nobody else's to read.
            self._file: BinaryIO | None = open(  # noqa: SIM115 - kept open, and given its mode
                self._path, "ab", buffering=0, opener=lambda path, flags: os.open(path, flags, 0o600)
            )
        except OSError as error:
            raise RecordingError(
                f"cannot record to {path}: {_reason(error)}; change the setting record"
            ) from error
        header = encode_line({"recording": VERSION, "started": now().isoformat(timespec="seconds")})
        # A run that was killed may have left half a line; the reader skips an empty one.
        self._put(b"\n" + header if self._path.stat().st_size else header)

    def write(self, event: ChatEvent) -> None:
        """Never raises for the disk's sake. `received_at` is left out: it is a time of this run's clock."""
        if self._file is None:
            return
        t = round(self._clock() - self._started, 3)
        self._put(encode_line({"t": t, **to_json(replace(event, received_at=0.0))}))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put(self, line: bytes) -> None:
        assert self._file is not None
        try:
            while line:  # a disk that is nearly full takes a part
                line = line[self._file.write(line) :]
        except OSError as error:
            self.close()
            why = "the disk is full" if error.errno == errno.ENOSPC else _reason(error)
            self._on_trouble(f"recording to {self._path} has stopped: {why}")


def read_recording(
    recording: Path | str | Iterable[bytes], *, on_malformed: Callable[[int], None] = lambda number: None
) -> Iterator[tuple[float, ChatEvent]]:
    """Yields (seconds since the start, event) lazily from a file or from its lines.

    A line that cannot be read is skipped and its number given to `on_malformed`. Raises RecordingError if the
    file cannot be opened or is no recording.
    """
    name = str(recording) if isinstance(recording, Path | str) else "this"
    base = last = 0.0
    begun = False
    for number, line in enumerate(_lines(recording), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line.decode("utf-8", "surrogatepass"), parse_constant=_no_constant)
            if not isinstance(data, dict):
                raise ValueError("no object")
            if "recording" in data:
                if data["recording"] != VERSION:
                    raise RecordingError(f"{name} was recorded by a newer version of this bot: update it")
                begun, base = True, last
                continue
            if not begun:
                break
            entry = base + _seconds(data.get("t")), from_json(data)
        except (ValueError, RecursionError):
            if not begun:
                break
            on_malformed(number)
            continue
        last = max(last, entry[0])
        yield entry
    if not begun:
        raise RecordingError(f"{name} is no recording of a chat: its first line is no header")


def _lines(recording: Path | str | Iterable[bytes]) -> Iterator[bytes]:
    if not isinstance(recording, Path | str):
        yield from recording
        return
    try:
        mode = Path(recording).stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            # Whoever opens a pipe waits for its other end, and the chats with them.
            raise RecordingError(f"{recording} is no file but a pipe or the like: save the recording first")
        with Path(recording).open("rb") as file:
            while line := file.readline(LONGEST):
                yield line
    except OSError as error:
        raise RecordingError(f"cannot read the recording {recording}: {_reason(error)}") from error


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError("t must be seconds")
    assert math.isfinite(value)
    return float(value)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
