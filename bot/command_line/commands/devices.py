"""Lists the places that sound can go, and marks the one in use."""

from __future__ import annotations

import argparse

from bot.command_line.dispatch import CommandError
from bot.config import Settings
from bot.terminal.wording import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(settings: Settings, args: argparse.Namespace) -> int:
    from bot.playback import OutputError
    from bot.playback.devices import choose, list_outputs

    try:
        devices = list_outputs()
        chosen = choose(settings.audio.device, devices)
    except OutputError as error:
        raise CommandError(str(error)) from None
    width = max(len(device.name) for device in devices)
    for device in devices:
        mark = "*" if device == chosen else " "
        known_as = f"  {printable(device.description)}" if device.description else ""
        shape = f"{device.channels} ch, {device.rate} Hz"
        print(f"{mark} {device.index:>3}  {device.name:<{width}}  {device.api}, {shape}{known_as}")
    print("* is in use; choose another one with --audio.device NAME-OR-NUMBER")
    return 0
