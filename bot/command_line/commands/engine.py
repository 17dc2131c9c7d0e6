"""Serves the engine alone, where settings stand before the subcommand; they say which one it is."""

from __future__ import annotations

import argparse

from bot.command_line.places import voices_folder
from bot.config import Settings
from bot.speech.engine_arguments import engine_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="as of python -m bot engine --help")


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.engine.__main__ import main as engine

    voices = [] if "--voices" in args.rest else ["--voices", str(voices_folder(settings))]
    # Of two that are the same the last one wins: what stands behind the subcommand.
    return engine([*engine_arguments(settings.engine), *voices, *args.rest], program="python -m bot engine")
