"""The settings of F5 in the engine's process: the same as in the bot's, by way of a command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from bot.config import F5, Engine
from bot.engine.__main__ import main
from bot.engine.f5.architecture import NAMED
from bot.engine.f5.settings import ANSWER_TIMEOUT, F5Settings, SettingError
from bot.speech.engine_arguments import engine_arguments

ALL: dict[str, Any] = {
    "model": "owner/name/a b.pt",
    "architecture": "F5TTS_Base",
    "vocabulary": "--odd",
    "vocoder": "=x",
    "hub": "http://mirror.example",
    "cache": "~/cache",
    "device": "cuda:1",
    "precision": "int8",
    "compile": "off",
    "steps": 12,
    "cfg_strength": 1.5,
    "sway": 0.0,
    "seed": 3,
    "pinned_reference": True,
    "guided_steps": 4,
    "finished_megabytes": 0,
}


def test_both_processes_have_the_same_settings() -> None:
    assert F5().model_dump() == asdict(F5Settings())
    assert Engine().answer_timeout == ANSWER_TIMEOUT
    assert set(ALL) == set(F5.model_fields)
    assert F5.model_fields["architecture"].annotation.__args__ == ("", *NAMED)  # type: ignore[union-attr]


def test_they_cross_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, Any]] = []

    def serve(**given: Any) -> int:
        served.append(given)
        return 0

    monkeypatch.setattr("bot.engine.__main__.serve", serve)
    assert engine_arguments(Engine()) == ["--engine.name=auto"]
    for engine in (Engine(), Engine(name="f5", f5=F5(**ALL)), Engine(name="espeak", answer_timeout=7.5)):
        assert main(engine_arguments(engine)) == 0
        assert served[-1]["name"] == engine.name
        assert served[-1]["answer_timeout"] == engine.answer_timeout
        assert asdict(served[-1]["f5"]) == engine.f5.model_dump()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("steps", "x", "engine.f5.steps cannot be 'x': it is a whole number"),
        ("steps", "0", "engine.f5.steps cannot be 0: it is 1 to 128"),
        ("cfg_strength", "nan", "engine.f5.cfg_strength cannot be nan: it is 0 to 10"),
        ("sway", "-2", "engine.f5.sway cannot be -2.0: it is -1 to 1"),
        ("precision", "fp8", "engine.f5.precision cannot be 'fp8', only auto, fp32"),
        ("compile", "yes", "engine.f5.compile cannot be 'yes', only auto, on, off"),
        ("pinned_reference", "yes", "engine.f5.pinned_reference cannot be 'yes': it is true or false"),
        ("device", "gpu", "engine.f5.device cannot be 'gpu', only auto, cpu, cuda"),
        ("device", "cpu:1", "engine.f5.device cannot be 'cpu:1'"),
        ("hub", "mirror", "engine.f5.hub cannot be 'mirror': it begins with https://"),
        ("colour", "red", "engine.f5.colour is not a setting"),
    ],
)
def test_what_cannot_be(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        F5Settings.read({name: text})


@pytest.mark.parametrize(
    ("setting", "text", "words"),
    [
        ("engine.f5.steps", "many", "engine.f5.steps cannot be 'many': it is a whole number"),
        ("engine.answer_timeout", "0", "engine.answer_timeout: it is a number of seconds above 0"),
        ("engine.answer_timeout", "nan", "engine.answer_timeout: it is a number of seconds above 0"),
        ("engine.answer_timeout", "soon", "engine.answer_timeout: it is a number of seconds above 0"),
    ],
)
def test_the_command_line_says_so(
    setting: str, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--{setting}", text])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
