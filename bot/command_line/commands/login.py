"""Logs the bot in to a platform: shows where to go and what to type, as a QR code too, and waits."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from bot.command_line.dispatch import CommandError, UsageError
from bot.config import Settings
from bot.credentials import Credentials, CredentialsError
from bot.terminal.qr import qr_text

if TYPE_CHECKING:
    from bot.sources.twitch_account import TwitchUrls

_REGISTER = (
    "twitch.client_id is not set: register an app at dev.twitch.tv/console/apps (client type: Public), "
    "then: python -m bot login twitch --twitch.client_id ID"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", choices=["twitch", "bilibili"])
    parser.add_argument("--forget", action="store_true", help="delete the login instead")


def main(settings: Settings, args: argparse.Namespace) -> int:
    logins = Credentials(settings.logins)
    try:
        if args.forget:
            logins.forget(args.platform)
            print(
                f"the login to {args.platform} is deleted here; the platform's own settings can end it there"
            )
            return 0
        if args.platform == "twitch":
            if not settings.twitch.client_id:
                raise UsageError(_REGISTER)
            asyncio.run(_twitch(settings, logins))
        else:
            asyncio.run(_bilibili(settings, logins))
    except CredentialsError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        raise CommandError("\nnot logged in") from None
    return 0


async def _twitch(settings: Settings, logins: Credentials, urls: TwitchUrls | None = None) -> None:
    from bot.sources.twitch_account import TWITCH
    from bot.sources.twitch_login import (
        LoginCode,
        LoginDenied,
        LoginDone,
        LoginExpired,
        LoginWaiting,
        login,
    )

    async for state in login(settings.twitch.client_id, logins, urls=urls or TWITCH):
        match state:
            case LoginCode(url=url, code=code):
                print(qr_text(url))
                print(f"Open {url} (or scan the code above) and check that it shows {code}.")
            case LoginWaiting(left=left, trouble=trouble):
                _count_down(left, trouble)
            case LoginDone(login=name, missing=missing):
                print(f"\nLogged in as {name}. Run: python -m bot --twitch.channel {name}")
                if missing:
                    print(f"Not allowed, so not heard: {', '.join(missing)}")
            case LoginExpired(reason=reason) | LoginDenied(reason=reason):
                raise CommandError(f"\n{reason}")


async def _bilibili(settings: Settings, logins: Credentials) -> None:
    from bot.sources.bilibili_login import LoginState, log_in
    from bot.sources.errors import SourceDropped

    shown = False
    try:
        async for step in log_in():
            if step.url and not shown:
                shown = True
                print(qr_text(step.url))
                print("Scan the code with the Bilibili app and confirm.")
            if step.state is LoginState.DONE and step.login:
                logins.save("bilibili", step.login.values())
                print("\nLogged in. Run: python -m bot --bilibili.room ROOM")
                return
            if step.state is LoginState.EXPIRED:
                raise CommandError("\nthe code has run out: start again")
            confirm = "tap confirm on the phone" if step.state is LoginState.CONFIRM else ""
            _count_down(step.seconds_left, step.trouble or confirm)
    except SourceDropped as error:
        raise CommandError(str(error)) from None


def _count_down(left: float, note: str) -> None:
    """Rewrites the last line; where nobody watches, nothing is written."""
    if sys.stdout.isatty():
        said = f"waiting, {left // 60:.0f}:{left % 60:02.0f} left" + (f" ({note})" if note else "")
        print(f"\r{said:<100.100}", end="", flush=True)
