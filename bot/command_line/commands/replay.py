"""Speaks a recording of a chat, in its rhythm; `demo` is the same with the recording that comes along."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from bot import platforms
from bot.command_line.dispatch import UsageError
from bot.command_line.session import run_session
from bot.command_line.sound import missing_sound
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the recording (JSON lines)")
    pace(parser)


def pace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="2: twice as fast as it was")
    parser.add_argument("--limit", type=_count, default=None, metavar="N", help="end after N events")


def main(settings: Settings, args: argparse.Namespace) -> int:
    return replay(settings, args.file, args.speed, args.limit)


def replay(settings: Settings, recording: Path, speed: float, limit: int | None) -> int:
    if settings.record and Path(settings.record).exists() and recording.samefile(settings.record):
        raise UsageError(f"{recording} cannot be recorded into while it is replayed: name another file")
    # Without a sound device a recording can still be watched.
    if fault := missing_sound(settings):
        print(f"{fault} Going on without sound.", file=sys.stderr)
        audio = settings.audio.model_copy(update={"output": "null"})
        settings = settings.model_copy(update={"audio": audio})
    return run_session(settings, [platforms.replay(recording, speed, limit)])


def _speed(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (value := float(text)) <= 1000:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a speed above 0 and up to 1000")


def _count(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (value := int(text)) >= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of events, 1 or more")
