"""Reads live chat aloud."""

from __future__ import annotations

import argparse
from collections.abc import AsyncGenerator

from bot.command_line.dispatch import UsageError
from bot.command_line.session import run_session
from bot.config import Settings
from bot.messages import ChatEvent, SourceState


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(settings: Settings, args: argparse.Namespace) -> int:
    if not settings.twitch.channel:
        raise UsageError(
            "there is no chat to read yet: name a channel, python -m bot --twitch.channel NAME, "
            "or hear a recorded one first, python -m bot demo"
        )

    def twitch() -> AsyncGenerator[ChatEvent | SourceState]:
        from bot.sources.connection import keep
        from bot.sources.twitch_irc import TwitchIrc

        return keep(TwitchIrc(settings.twitch.channel, url=settings.twitch.url))

    return run_session(settings, [twitch], keep_paid=True)
