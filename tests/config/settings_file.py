"""A config.toml, and how the panel changes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bot.config.sections import Origin
from bot.config.writing import ConfigFile

ROOT = Path(__file__).parents[2]
PACKAGED = (ROOT / "config.toml").read_bytes()
SECRET = "hunter2-hunter2-hunter2"

SMALL = b"[audio]\nvolume = 1.0  # loud\n\n[queue]\nlength = 3\n"
ODD = b"""\
# mine
audio.volume = 1.0
queue = {length = 3, seconds = 20.0}
'record' = 'C:\\evenings' # mine too
"view"="plain"

[rules] # who
ignore = [
  "a",  # the first
  # and then
  "b"
]
[engine.f5]   # fast
steps=5# five
[commands]
cooldown = 1.0
[commands.aliases] # words
stimme = "voice"
[chat]
# nothing yet
"""


def config_file(path: Path | None, **flags: str) -> ConfigFile:
    given = {key.replace("__", "."): value for key, value in flags.items()}
    return ConfigFile(Origin(given, path), wall=lambda: 1000.0)


def change(file: ConfigFile, changes: dict[str, Any]) -> tuple[str, ...]:
    plan = file.plan(changes)
    file.write(plan)
    return plan.changed


def undo(file: ConfigFile) -> None:
    file.write(file.plan_undo())


def words(content: bytes) -> list[str]:
    """Every comment, in order; no test has a # in a text."""
    return re.findall(r"#[^\r\n]*", content.decode("utf-8-sig"))
