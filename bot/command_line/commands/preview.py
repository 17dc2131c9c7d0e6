"""Shows what would be said of each line of chat, or why it would not be."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from bot.chat.reader import Reader, Rejected
from bot.config import Settings
from bot.messages import Author, ChatMessage, Fragment

_LONGEST = 1_000_000  # characters of a line that are looked at


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lines", nargs="*", help="lines of chat; without any, standard input's")
    parser.add_argument("--name", default="somebody", help="who wrote them")


def main(settings: Settings, args: argparse.Namespace) -> int:
    reader = Reader(settings.chat, settings.templates)
    for number, line in enumerate(args.lines or _standard_input(), 1):
        message = ChatMessage(
            source="preview",
            channel="preview",
            id=str(number),
            author=Author(id="preview", name=args.name),
            fragments=(Fragment(line),),
        )
        said = reader.read(message)
        print(f"refused: {said.reason}" if isinstance(said, Rejected) else said[0], flush=True)
    return 0


def _standard_input() -> Iterator[str]:
    while line := sys.stdin.buffer.readline(_LONGEST):
        yield line.decode("utf-8", "replace").rstrip("\r\n")
