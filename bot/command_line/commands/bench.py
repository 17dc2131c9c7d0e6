"""Measures this machine; each bench prints a table and writes JSON with --json."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from bot.bench import compare, history
from bot.bench.report import Report
from bot.command_line.commands import bench_engine
from bot.command_line.dispatch import CommandError
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    pipeline = benches.add_parser("pipeline", help="start-up, chat line to first sample, memory")
    pipeline.add_argument("--output", choices=["null", "device"], default="null", help="where the sound goes")
    pipeline.add_argument("--messages", type=_count, default=200, metavar="N", help="chat lines to send")
    pipeline.add_argument("--starts", type=_count, default=5, metavar="N", help="how often to start the bot")
    sources = benches.add_parser("sources", help="parsing, a flood held, recovery after a drop")
    sources.add_argument(
        "--seconds", type=_seconds, default=60, metavar="S", help="how long the flood is held"
    )
    chat = benches.add_parser("chat", help="rules, wording and queue; an evening on a virtual clock")
    chat.add_argument("--messages", type=_count, default=20_000, metavar="N", help="chat lines to judge")
    web = benches.add_parser("web", help="what the API and open pages cost")
    web.add_argument("--seconds", type=_seconds, default=20, metavar="S", help="how long the chat is busy")
    web.add_argument("--pages", type=_count, default=20, metavar="N", help="pages that are open")
    web.add_argument("--rate", type=_seconds, default=50, metavar="N", help="chat lines in a second")
    engine = benches.add_parser("engine", help="the voice-cloning engine beside stock f5-tts, in minutes")
    bench_engine.arguments(engine)
    for bench in (pipeline, sources, chat, web, engine):
        bench.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
        bench.add_argument("--history", type=Path, metavar="FOLDER", help="keep them as a new file of FOLDER")
    versus = benches.add_parser("compare", help="two JSON files of one bench; exit code 1 if NEW is worse")
    versus.add_argument("old", type=Path, metavar="OLD")
    versus.add_argument("new", type=Path, metavar="NEW")
    versus.add_argument("--share", type=_share, default=0.1, help="how much worse is too much (0.1: a tenth)")


def main(settings: Settings, args: argparse.Namespace) -> int:
    if args.bench == "compare":
        return _compare(args)
    report, more = _measure(settings, args)
    print(report.table())
    if more:
        print(more)
    try:
        if args.json:
            report.write(args.json)
        if args.history:
            print(f"kept as {history.keep(report, args.history)}")
    except OSError as error:
        raise CommandError(
            f"{error.filename or args.json or args.history} cannot be written: {error.strerror}"
        ) from None
    return 0


def _compare(args: argparse.Namespace) -> int:
    try:
        found = compare.compare(compare.read(args.old), compare.read(args.new))
    except compare.CompareError as error:
        raise CommandError(str(error)) from None
    print(found.text(args.share))
    return 1 if found.regressions(args.share) else 0


def _measure(settings: Settings, args: argparse.Namespace) -> tuple[Report, str]:
    """The numbers, and what else there is to print."""
    match args.bench:
        case "engine":
            return bench_engine.measure(settings, args), ""
        case "pipeline":
            from bot.bench import pipeline

            return asyncio.run(pipeline.measure(args.output, args.messages, args.starts)), ""
        case "sources":
            from bot.bench import sources

            return asyncio.run(sources.measure(args.seconds)), ""
        case "web":
            from bot.bench import web, web_pages

            report = asyncio.run(web.measure(args.seconds, args.pages, args.rate))
            if absent := web_pages.missing():
                return report, absent
            seen = asyncio.run(web_pages.measure(max(args.seconds, 60.0)))
            return replace(report, rows=[*report.rows, *seen]), ""
        case _:
            from bot.bench import chat

            return chat.measure(args.messages)


def _count(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (value := int(text)) >= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number, 1 or more")


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (value := float(text)) <= 86_400:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0 and up to 86400")


def _share(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (value := float(text)) <= 100:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a share, such as 0.1")
