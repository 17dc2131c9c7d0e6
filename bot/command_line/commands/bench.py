"""Measures this machine; each bench prints a table and writes JSON with --json."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.command_line.dispatch import CommandError
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    pipeline = benches.add_parser("pipeline", help="start-up, chat line to first sample, memory")
    pipeline.add_argument("--output", choices=["null", "device"], default="null", help="where the sound goes")
    pipeline.add_argument("--messages", type=int, default=200, metavar="N", help="chat lines to send")
    pipeline.add_argument("--starts", type=int, default=5, metavar="N", help="how often to start the bot")
    pipeline.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.bench import pipeline

    report = asyncio.run(pipeline.measure(args.output, args.messages, args.starts))
    print(report.table())
    if args.json:
        try:
            report.write(args.json)
        except OSError as error:
            raise CommandError(f"{args.json} cannot be written: {error.strerror}") from None
    return 0
