"""Where the voices and the store are, or a sentence."""

from __future__ import annotations

from pathlib import Path

from bot.command_line.dispatch import CommandError
from bot.config import Settings
from bot.engine.voices import find_folder
from bot.store import Store, StoreError, StoreInUse, is_in_use

ANOTHER_STORE = "name another one with --store FILE"


def voices_folder(settings: Settings) -> Path:
    """The folder of voices. CommandError if there is none."""
    folder = find_folder(settings.voices)
    if not folder.is_dir():
        raise CommandError(f"there is no folder of voices at {folder}: set `voices` to where they are")
    return folder


def open_store(settings: Settings, *, alone: bool = False) -> Store:
    """The store; `alone`: while no other bot has it. CommandError if it cannot be had."""
    from bot.sources.event_json import from_json, to_json

    try:
        return Store(settings.store, to_json, from_json, alone=alone)
    except StoreInUse as error:
        raise CommandError(f"{error}: stop it, or give this one its own with --store FILE") from None
    except StoreError as error:
        raise CommandError(f"{error}; {ANOTHER_STORE}") from None


def a_running_bot(settings: Settings, does: str) -> str:
    """ "; the bot that runs now …", where one has the store that was changed; else ""."""
    return f"; the bot that runs now {does}" if is_in_use(settings.store) else ""
