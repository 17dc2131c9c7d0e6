"""`python -m bot voices …`: a voice is added, shown, heard, removed, and comes back."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.command_line.dispatch import dispatch
from tests.engine.references.recordings import (
    TEXT,
    VOICES,
    long_recording,
    noise,
    recorded,
    silence,
    speech,
    write,
)
from tests.fakes.bot_process import ROOT

Voices = Callable[..., tuple[int, str, str]]


@pytest.fixture
def voices(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Voices:
    """Runs the subcommand on the folder: exit code, standard output, standard error."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("BOT_ENGINE__NAME", "espeak")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = dispatch(["voices", *arguments, "--voices", str(folder)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(VOICES / "mei", tmp_path / "voices" / "mei")
    return tmp_path / "voices"


@pytest.fixture
def recording(tmp_path: Path) -> str:
    return str(write(tmp_path / "me and you.flac", recorded(silence(0.6), speech(), silence(0.6))))


def test_a_voice_and_its_way(voices: Voices, folder: Path, recording: str) -> None:
    code, text, errors = voices("add", "anna", recording, "--text", TEXT, "--describe", "Clear.")
    assert (code, errors) == (0, "")
    lines = text.splitlines()
    assert [line[:5].strip() for line in lines[:7]] == ["good"] * 7
    assert "voices/anna is written" in text
    assert "espeak stands in for it" in text

    code, text, _ = voices()
    row = next(line for line in text.splitlines() if "anna" in line)
    assert re.match(r"  anna +f5 +en, zh +4\.\d s  Clear\.", row)
    assert "* mei" in text

    code, text, _ = voices("show", "anna")
    assert code == 0
    assert TEXT in text
    assert "then 0.50 s of silence" in text

    code, _, errors = voices("add", "anna", recording, "--text", TEXT)
    assert (code, errors) == (1, "there is a voice anna already: --replace takes its place\n")
    assert voices("add", "anna", recording, "--text", TEXT, "--replace")[0] == 0
    assert voices("remove", "anna")[0] == 0
    assert "anna" not in voices()[1]
    assert voices("restore", "anna")[1] == f"{folder / 'anna'} is back.\n"
    assert "anna" in voices()[1]


def test_checking_keeps_nothing(voices: Voices, folder: Path, recording: str) -> None:
    code, text, _ = voices("add", "anna", recording, "--text", TEXT, "--check")
    assert code == 0
    assert text.endswith("Nothing was kept: --check.\n")
    assert [path.name for path in folder.iterdir()] == ["mei"]


def test_of_a_long_one_commands_that_would_do_are_shown(voices: Voices, folder: Path, tmp_path: Path) -> None:
    samples, words = long_recording()
    file = write(tmp_path / "it's long.wav", samples)
    code, text, errors = voices("add", "anna", str(file), "--text", words)
    assert code == 1
    assert "Too long" in errors
    assert errors.count("\n") == 1
    commands = [line for line in text.splitlines() if line.startswith("  python -m bot voices add anna")]
    assert len(commands) == 3
    assert voices(*shlex.split(commands[1])[4:])[0] == 0
    assert "prepared = true" in (folder / "anna" / "voice.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add",), 2, "the following arguments are required: name, file"),
        (("ad",), 2, "invalid choice"),
        (("add", "Anna", "{file}", "--text", "x"), 2, "at most 40"),
        (("add", "../anna", "{file}", "--text", "x"), 2, "at most 40"),
        (("add", "anna", "/nowhere.wav", "--text", "x"), 2, "there is no file /nowhere.wav"),
        (("add", "anna", "{file}", "--text", "x", "--language", "English"), 2, "no language code"),
        (("add", "anna", "{file}", "--text", TEXT, "--from", "9"), 1, "no sound after 9 s"),
        (("add", "anna", "{file}"), 1, "No transcript"),
        (("add", "anna", "{noise}", "--text", TEXT), 1, "No clear speech"),
        (("add", "anna", "{folder}/mei/voice.toml", "--text", TEXT), 1, "no audio file that is known"),
        (("show", "nobody"), 1, "there is no voice 'nobody'"),
        (("try", "mei", " "), 2, "nothing to say"),
        (("remove", "nobody"), 1, "There is no voice nobody"),
        (("remove", "mei"), 1, "mei is the voice in use"),
        (("restore", "mei"), 1, "No voice mei was removed"),
        (("remove", "../mei"), 1, "at most 40"),
        (("add", "anna", "{file}", "--engine.url", "http://127.0.0.1:9"), 1, "do this where it runs"),
    ],
    ids=range(17),
)
def test_what_goes_wrong_is_one_sentence(
    voices: Voices,
    folder: Path,
    recording: str,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    hiss = write(tmp_path / "hiss.wav", noise(24_000 * 4, -20))
    filled = [each.format(file=recording, noise=hiss, folder=folder) for each in arguments]
    found, _, errors = voices(*filled)
    assert sentence in errors
    assert found == code
    assert errors.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["mei"]


def test_a_voice_is_tried(voices: Voices, tmp_path: Path) -> None:
    code, text, errors = voices("try", "mei", "hello", "--out", str(tmp_path / "a.wav"))
    assert code == 0, errors
    assert "a.wav" in text
