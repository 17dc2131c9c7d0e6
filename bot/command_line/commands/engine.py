"""Serves the engine alone, where settings stand before the subcommand; they say where its voices are."""

from __future__ import annotations

import argparse

from bot.command_line.places import voices_folder
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="as of python -m bot engine --help")


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.engine.__main__ import main as engine

    voices = [] if "--voices" in args.rest else ["--voices", str(voices_folder(settings))]
    return engine([*args.rest, *voices], program="python -m bot engine")
