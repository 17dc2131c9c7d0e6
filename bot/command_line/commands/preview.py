"""Shows what would be said of each line of chat, or why it would not be."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from bot.chat.judgement import Judgement
from bot.chat.rules.reasons import Rejected
from bot.command_line.dispatch import CommandError
from bot.command_line.places import open_store
from bot.config import Settings
from bot.messages import Author, ChatMessage, Fragment
from bot.speech.estimate import seconds
from bot.store import Store, StoreError

_LONGEST = 1_000_000  # characters of a line that are looked at


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lines", nargs="*", help="lines of chat; without any, standard input's")
    parser.add_argument("--name", default="somebody", help="who wrote them")
    parser.add_argument(
        "--platform",
        choices=["twitch", "bilibili"],
        default="",
        help="where; digits alone are read as most do there",
    )


def main(settings: Settings, args: argparse.Namespace) -> int:
    # Each line stands for itself: rules that remember what was said before are off.
    rules = settings.rules.model_copy(update={"same_viewer": 0, "same_words": 0, "share": 0, "cooldown": 0})
    settings = settings.model_copy(update={"rules": rules})
    judgement = _judgement(settings)
    only_bilibili = bool(settings.bilibili.room) and not settings.twitch.channel
    platform = args.platform or ("bilibili" if only_bilibili else "preview")
    for fault in judgement.blocklist.faults:
        print(fault, file=sys.stderr)
    reader = judgement.reader
    for number, line in enumerate(args.lines or _standard_input(), 1):
        message = ChatMessage(
            source=platform,
            channel="preview",
            id=str(number),
            author=Author(id="preview", name=args.name),
            fragments=(Fragment(line),),
        )
        said = reader.read(message)
        print(f"refused: {said.reason}" if isinstance(said, Rejected) else said[0], flush=True)
    return 0


def _judgement(settings: Settings) -> Judgement:
    """With what viewers have taught, if that can be had."""
    store: Store | None = None
    try:
        # A store that is not there is not to be made for this.
        store = open_store(settings) if settings.store.exists() else None
        return Judgement(settings, store, time.monotonic, seconds)
    except (CommandError, StoreError, OSError) as error:
        print(f"{error}; previewed without what viewers have taught", file=sys.stderr)
        return Judgement(settings, None, time.monotonic, seconds)
    finally:
        if store:
            store.close()


def _standard_input() -> Iterator[str]:
    while line := sys.stdin.buffer.readline(_LONGEST):
        yield line.decode("utf-8", "replace").rstrip("\r\n")
