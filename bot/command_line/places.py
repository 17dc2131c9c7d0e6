"""Where the voices are, or a sentence."""

from __future__ import annotations

from pathlib import Path

from bot.command_line.dispatch import CommandError
from bot.config import Settings
from bot.engine.voices import find_folder


def voices_folder(settings: Settings) -> Path:
    """The folder of voices. CommandError if there is none."""
    folder = find_folder(settings.voices)
    if not folder.is_dir():
        raise CommandError(f"there is no folder of voices at {folder}: set `voices` to where they are")
    return folder
