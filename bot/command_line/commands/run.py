"""Reads live chat aloud."""

from __future__ import annotations

import argparse

from bot.command_line.dispatch import CommandError, UsageError
from bot.command_line.session import run_session
from bot.config import Settings
from bot.credentials import CredentialsError
from bot.platforms import PlatformError, live


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(settings: Settings, args: argparse.Namespace) -> int:
    try:
        platforms = live(settings)
    except (CredentialsError, PlatformError) as error:
        raise CommandError(str(error)) from None
    if not platforms:
        raise UsageError(
            "there is no chat to read yet: name a channel, python -m bot --twitch.channel NAME "
            "(or --bilibili.room NUMBER), or hear a recorded one first, python -m bot demo"
        )
    return run_session(settings, platforms, keep_paid=True)
