"""Which command lines call for the voice-cloning engine, as scripts/run asks."""

from __future__ import annotations

import pytest

from bot.command_line.f5_wanted import f5_wanted


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    monkeypatch.delenv("BOT_CONFIG", raising=False)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--twitch.channel", "somebody"),
        ("demo", "--limit", "3"),
        ("say", "hello"),
        ("engine", "--port", "8000"),
    ],
)
def test_what_speaks_wants_it(arguments: tuple[str, ...]) -> None:
    assert f5_wanted(["--engine.name", "auto", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--engine.name", "espeak"),
        ("demo", "--engine.url", "http://another.machine:8000"),
        ("devices",),
        ("voices",),
        ("doctor",),
        ("preview", "hello"),
        ("--help",),
        ("--version",),
        ("demo", "--help"),
        ("demo", "--no-such-flag"),
        ("demo", "--audio.latency", "soon"),
    ],
)
def test_what_does_not_speak_or_is_told_otherwise_does_not(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert not f5_wanted(arguments)
