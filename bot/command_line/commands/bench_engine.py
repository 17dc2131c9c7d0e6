"""Arguments and progress of `bench engine`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable

from bot.bench.engine.case import Case
from bot.bench.engine.entrants import entrants
from bot.bench.engine.measure import Plan
from bot.bench.engine.measure import measure as measured
from bot.bench.engine.remote import WorkerFault
from bot.bench.engine.sweep import AXES
from bot.bench.report import Report
from bot.command_line.dispatch import CommandError, UsageError
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    # fmt: off
    add = parser.add_argument
    add("--quick", action="store_true", help="one round of the main contestants: about 2 minutes")
    add("--only", type=_words, default=(), metavar="NAMES",
        help='contestants with one of these in their name, such as "stock fp32;int8"')
    add("--sweep", type=_axes, default=None, metavar="AXES",
        help=f"all, none, or some of {','.join(AXES)} (all; with --quick none)")
    add("--rounds", type=_whole(1, 99), default=None, metavar="N",
        help="runs of each contestant, in turns (3; with --quick 1)")
    add("--steps", type=_whole(1, 128), default=7, metavar="N", help="of this engine and of stock (7)")
    add("--reference", type=_within(0.5, 12), default=3.0, metavar="S", help="seconds of reference (3)")
    add("--seconds", type=_within(0.5, 20), default=2.0, metavar="S", help="seconds of speech (2)")
    add("--random", action="store_true", help="random weights even where the real ones are here")
    # fmt: on


def measure(settings: Settings, args: argparse.Namespace) -> Report:
    """Raises CommandError or UsageError."""
    from bot.engine.engine import EngineFault
    from bot.engine.f5.settings import F5Settings

    plan = Plan(
        Case(args.reference, args.seconds, args.steps),
        quick=args.quick,
        only=args.only,
        sweep=args.sweep if args.sweep is not None else () if args.quick else AXES,
        rounds=args.rounds or (1 if args.quick else 3),
        random=args.random,
    )
    known = {one.name for device in ("cpu", "cuda") for one in entrants(device, args.steps)}
    for word in args.only:
        if not any(word.lower() in name.lower() for name in known):
            raise UsageError(f'no contestant has "{word}" in its name; there are {"; ".join(sorted(known))}')
    progress = _Line()
    try:
        return measured(F5Settings(**settings.engine.f5.model_dump()), plan, progress)
    except (EngineFault, WorkerFault) as fault:
        raise CommandError(str(fault)) from None
    except ImportError as fault:
        raise CommandError(f"{fault.name} is not installed: scripts/run --with-f5 does it") from None
    except KeyboardInterrupt:
        raise CommandError("stopped; nothing is kept") from None
    finally:
        progress.end()


class _Line:
    """What goes on, on one line of a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._wide = 0

    def __call__(self, words: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{words[:100]:<{self._wide}}")
            sys.stderr.flush()
            self._wide = max(len(words[:100]), self._wide)

    def end(self) -> None:
        if self._wide:
            sys.stderr.write("\r" + " " * self._wide + "\r")
            self._wide = 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";" if ";" in text else ",") if word.strip())


def _axes(text: str) -> tuple[str, ...]:
    if text in ("all", "none"):
        return AXES if text == "all" else ()
    chosen = tuple(word.strip() for word in text.split(","))
    if not set(chosen) <= set(AXES):
        raise argparse.ArgumentTypeError(f"{text!r} is not all, none, or some of {','.join(AXES)}")
    return chosen


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")

    return read


def _within(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        with contextlib.suppress(ValueError):
            if least <= (value := float(text)) <= most:
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")

    return read
