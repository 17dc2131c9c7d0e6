"""One line a happening, for logs and pipes: in words, or as JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, TextIO

from bot.messages import (
    Answered,
    Dropped,
    EngineState,
    FeedEntry,
    Heard,
    OutputState,
    PagesState,
    Queued,
    Refused,
    SourceState,
    Speaking,
    Spoken,
    State,
    Trouble,
)
from bot.terminal.wording import STATES, printable, what, who


class PlainLines:
    """Writes the feed as lines of text. Subscribe `show` to a feed."""

    def __init__(
        self, out: TextIO | None = None, now: Callable[[], time.struct_time] = time.localtime
    ) -> None:
        self._out = out or sys.stdout
        self._now = now

    def show(self, entry: FeedEntry) -> None:
        if line := _words(entry):
            _write(self._out, f"{time.strftime('%H:%M:%S', self._now())} {line}")


class Troubles:
    """Writes to standard error what the streamer has to know, and nothing else."""

    def show(self, entry: FeedEntry) -> None:
        match entry:
            case Trouble(detail=detail) | OutputState(state=State.WAITING | State.FAILED, detail=detail):
                _write(sys.stderr, printable(detail, 400))


class JsonLines:
    """Writes the feed as JSON lines, for programs: {"kind": "Speaking", "at": seconds, …}."""

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stdout
        self._clock = clock

    def show(self, entry: FeedEntry) -> None:
        fields = {"kind": type(entry).__name__, "at": round(self._clock(), 6), **_plain(entry)}
        _write(self._out, json.dumps(fields))


def _write(out: TextIO, line: str) -> None:
    try:
        out.write(line.encode(out.encoding or "utf-8", "replace").decode(out.encoding or "utf-8") + "\n")
        out.flush()
    except (BrokenPipeError, OSError, ValueError):
        pass  # nobody reads any more, or the disk is full: speech goes on


def _words(entry: FeedEntry) -> str:
    match entry:
        case SourceState(source=source, channel=channel, state=state, detail=detail):
            return _state(printable(f"{source} {channel}", 60), state, detail)
        case EngineState(state=state, detail=detail):
            return _state("engine", state, detail)
        case OutputState(state=state, detail=detail):
            return _state("sound", state, detail)
        case PagesState(state=state, detail=detail):
            return _state("pages", state, detail)
        case Heard(event=event):
            return f"  {printable(event.source, 20)} {who(event)}: {what(event)}"
        case Refused(reason=reason):
            return f"    not read: {reason}"
        case Dropped(utterance=utterance, reason=reason):
            return f"    dropped ({reason}): {printable(utterance.text)}"
        case Speaking(utterance=utterance, latency=latency):
            return (
                f"    speaks as {utterance.voice} after {latency * 1000:.0f} ms: {printable(utterance.text)}"
            )
        case Trouble(detail=detail):
            return f"trouble: {printable(detail, 400)}"
        case Answered(text=text):
            return f"    answers: {printable(text, 400)}"
        case Queued() | Spoken():
            return ""


def _state(part: str, state: State, detail: str) -> str:
    return f"{part}: {STATES[state]}" + (f": {printable(detail, 400)}" if detail else "")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)
    return value
