"""What settings there are: their kinds, bounds, words and origins, and which count at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.config import keys
from bot.config.document import at, comments
from bot.config.fields import fields
from bot.config.writing import packaged_file
from bot.settings_live import SettingsLive
from tests.config.settings_file import ODD, PACKAGED, ROOT, SECRET, config_file


def test_every_setting_has_a_kind_a_default_and_words() -> None:
    assert list(fields()) == list(keys())
    found = comments(PACKAGED)
    for key, spec in fields().items():
        assert spec.check(spec.default) == spec.default, key
        assert at(tomllib.loads(PACKAGED.decode()), key) is not None, key
        assert not (spec.kind == "secret" and spec.default), key
    assert found["audio.volume"] == "0.0 to 1.0"
    assert found["rules"].startswith("who and what is read")
    assert found["engine.f5.steps"].startswith("more sound better")
    assert "engine" not in comments(ODD)
    assert packaged_file() == ROOT / "config.toml"


def test_bounds_and_choices_are_the_models() -> None:
    volume, view = fields()["audio.volume"], fields()["view"]
    assert (volume.kind, volume.least, volume.most) == ("float", 0, 1)
    assert (view.kind, view.choices) == ("choice", ("auto", "live", "plain", "json"))
    assert fields()["commands.roles"].choices == (
        *("everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"),
    )
    assert {key for key, spec in fields().items() if spec.kind == "secret"} == {
        *("bilibili.cookies", "bilibili_open.code", "bilibili_open.key_secret", "engine.token"),
        *("web.token", "web.moderator_token", "web.overlay_token"),
    }


def test_what_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f'[engine]\ntoken = "{SECRET}"\n[audio]\nvolume = 0.5 # quiet\nlatency = 0.07\n')
    monkeypatch.setenv("BOT_SPEECH__SPEED", "1.5")
    view = config_file(path, audio__output="null").view()
    states = {state.spec.key: state for state in view.fields}
    assert (view.name, view.problem) == ("config.toml", "")
    assert SECRET not in repr(view)
    assert (states["engine.token"].value, states["engine.token"].origin) == ("set", "file")
    assert (states["web.token"].value, states["web.token"].origin) == ("", "default")
    assert (states["audio.volume"].value, states["audio.volume"].comment) == (0.5, "quiet")
    assert states["audio.latency"].origin == "default"  # it stands there, and is the default
    assert (states["audio.output"].value, states["audio.output"].origin) == ("null", "flag")
    assert (states["speech.speed"].value, states["speech.speed"].origin) == (1.5, "environment")
    assert states["voices"].value == "voices"  # as it is written, not where that is
    assert states["queue.length"].comment == "messages that may wait"  # the packaged file's words


def test_which_settings_count_at_once() -> None:
    is_live = SettingsLive.is_live
    live = {key for key in fields() if is_live(None, key)}  # type: ignore[arg-type]
    assert {"audio.volume", "queue.hold", "chat.lexicon", "rules.blocked", "commands.roles"} <= live
    assert not {"rules.blocklist", "web.port", "engine.name", "twitch.channel", "store", "log_level"} & live
