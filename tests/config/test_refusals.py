"""What is wrong is one sentence, nothing of it is written, and no secret is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config import SettingsError
from bot.config.writing import ConfigFile
from tests.config.settings_file import PACKAGED, SECRET, config_file


def refused(file: ConfigFile, changes: dict[str, Any]) -> tuple[str, str]:
    """(the key, the sentence), and that nothing has been written."""
    with pytest.raises(SettingsError) as error:
        file.plan(changes)
    assert "\n" not in str(error.value)
    return error.value.key, str(error.value)


WRONG: list[tuple[str, Any, str]] = [
    ("audio.volume", 7, "audio.volume cannot be 7.0: input should be less than or equal to 1"),
    ("audio.volume", "0.5", "audio.volume must be a number"),
    ("audio.volume", True, "audio.volume must be a number"),
    ("audio.volume", float("nan"), "audio.volume must be a number"),
    ("audio.volume", 10**400, "audio.volume must be a number"),
    ("queue.length", 10**30, "queue.length must be a whole number"),
    ("queue.length", 1.5, "queue.length must be a whole number"),
    ("queue.length", False, "queue.length must be a whole number"),
    ("viewers.inline", 1, "viewers.inline must be true or false"),
    ("view", "tv", "view cannot be 'tv': input should be 'auto', 'live', 'plain' or 'json'"),
    ("view", None, ""),
    ("audio", {"volume": 0.1}, "'audio' is not a setting: config.toml lists them all"),
    ("audio.volume.x", 1, "'audio.volume.x' is not a setting: config.toml lists them all"),
    ("__class__", 1, "'__class__' is not a setting: config.toml lists them all"),
    ("rules.ignore", "a, b", "rules.ignore must be a list of at most 1000 texts"),
    ("rules.ignore", ["a", ["b"]], "rules.ignore must be a list of at most 1000 texts"),
    ("rules.ignore", ["a"] * 1001, "rules.ignore must be a list of at most 1000 texts"),
    ("rules.roles", ["king"], "rules.roles cannot be 'king': input should be 'broadcaster', 'moderator', "
     "'vip', 'subscriber' or 'follower'"),
    ("commands.aliases", {"a": {"b": "c"}}, "commands.aliases must be a table of at most 1000 texts"),
    ("chat.link", "a\nb", "chat.link cannot hold line breaks or control characters"),
    ("chat.link", "x" * 4001, "chat.link is too long: 4000 characters are the most"),
    ("templates.raid", "{nam}", "templates.raid cannot be '{nam}': there is no {nam} here, only {name}, "
     "{viewers}"),
    ("web.host", "0.0.0.0", "web.host 0.0.0.0 lets others in: set web.token too (best as BOT_WEB__TOKEN, "
     "12 characters or more), or use 127.0.0.1"),
    ("web.token", "hunter2", "web.token is too short: it needs 12 characters or more"),
    ("engine.token", True, "engine.token must be a text"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "said"), [one for one in WRONG if one[2]])
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(
    path: Path, key: str, value: Any, said: str
) -> None:
    assert refused(config_file(path), {"audio.latency": 0.2, key: value}) == (key, said)
    assert path.read_bytes() == PACKAGED


def test_what_flags_and_the_environment_say_is_not_changed_here(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("bot_speech__speed", "1.5")
    file = config_file(path, audio__volume="0.3")
    said = "audio.volume is set by --audio.volume in this run: change it there"
    assert refused(file, {"audio.volume": 0.5}) == ("audio.volume", said)
    said = "speech.speed is set by bot_speech__speed in this run: change it there"
    assert refused(file, {"speech.speed": None}) == ("speech.speed", said)


def test_a_secret_is_in_no_sentence(path: Path) -> None:
    for key, value in (
        ("web.token", "short-tok"),
        ("web.token", "with space " + SECRET),
        ("engine.token", [SECRET]),
    ):
        _, said = refused(config_file(path), {key: value})
        assert str(value) not in said
        assert SECRET not in said
