"""Speaks a recorded evening of chat that comes with the bot."""

from __future__ import annotations

import argparse

from bot.command_line.commands.replay import pace, replay
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    pace(parser)


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.sources.replay import DEMO

    return replay(settings, DEMO, args.speed, args.limit)
