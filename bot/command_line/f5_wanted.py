"""Says to scripts/run, by exit code 0, that a command line may speak with the voice-cloning engine."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bot.command_line.dispatch import UsageError, parse, split
from bot.config import SettingsError

_SPEAKING = ("run", "demo", "replay", "say", "engine", "bench")


def f5_wanted(arguments: Sequence[str]) -> bool:
    """False too where the command line or the settings are at fault: whoever runs them says so."""
    try:
        _, rest = split(arguments)
        name = rest[0] if rest and not rest[0].startswith("-") else "run"
        _, settings, _ = parse(arguments)
    except (UsageError, SettingsError, SystemExit):  # the last one: a subcommand's help has been shown
        return False
    return name in _SPEAKING and not settings.engine.url and settings.engine.name != "espeak"


if __name__ == "__main__":
    sys.exit(0 if f5_wanted(sys.argv[1:]) else 1)
