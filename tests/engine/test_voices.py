"""The voices' folder: those that come with it, and broken ones, which cost only themselves."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

import pytest

from bot.engine.espeak import read_settings
from bot.engine.voices import VoiceError, load_voices
from tests.engine.running import end, start

ROOT = Path(__file__).parents[2]
GOOD = """
name = "A"
languages = ["zh", "en"]
engine = "espeak"
[espeak]
voices = { zh = "cmn+f2", en = "en-us+f2" }
"""


def write(folder: Path, name: str, text: str | bytes) -> None:
    (folder / name).mkdir()
    (folder / name / "voice.toml").write_bytes(text if isinstance(text, bytes) else text.encode())


def test_the_packaged_voices_are_whole() -> None:
    voices, problems = load_voices(ROOT / "voices")
    assert problems == []
    assert {"mei", "leo", "pixel", "bruno"} <= set(voices)
    for voice in voices.values():
        assert voice.description
        assert voice.credits
        assert voice.licence
        if voice.engine == "espeak":
            read_settings(voice)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (GOOD.replace('name = "A"', ""), "name is missing"),
        (GOOD.replace('"A"', "3"), "name must be a text"),
        (GOOD.replace('["zh", "en"]', "[]"), "languages is missing"),
        (GOOD.replace('"zh", "en"', '"Chinese"'), "'Chinese'"),
        (GOOD.replace('engine = "espeak"', ""), "engine is missing"),
        (GOOD.replace('name = "A"', 'name = "A"\ncolour = 1'), "'colour'"),
        (GOOD.replace("[espeak]", "espeak = 1\n[x]"), "espeak must be a table"),
    ],
)
def test_a_broken_voice_costs_only_itself(tmp_path: Path, text: str | bytes, fault: str) -> None:
    write(tmp_path, "good", GOOD)
    write(tmp_path, "broken", text)
    voices, problems = load_voices(tmp_path)
    assert list(voices) == ["good"]
    assert len(problems) == 1
    assert fault in problems[0]
    assert str(Path("broken") / "voice.toml") in problems[0]


def test_folders_that_are_no_voices(tmp_path: Path) -> None:
    for name in ("good", "Bad Name", "x" * 41):
        write(tmp_path, name, GOOD)
    (tmp_path / "empty").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "README.md").write_text("")
    voices, problems = load_voices(tmp_path)
    assert list(voices) == ["good"]
    assert len(problems) == 3
    assert any("no such file" in problem for problem in problems)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("", "names no voice for 'zh'"),
        ('voices = { zh = "cmn" }', "names no voice for 'en'"),
        ("voices = { zh = 1 }", "espeak.voices must be"),
        ("voices = 1", "espeak.voices must be"),
        ('voices = { zh = "cmn", en = "en" }\nrate = { zh = 20 }', "espeak.rate must be"),
        ('voices = { zh = "cmn", en = "en" }\ngain = { zh = true }', "espeak.gain must be"),
        ('voices = { zh = "cmn", en = "en" }\npitch = 100', "espeak.pitch must be"),
        ('voices = { zh = "cmn", en = "en" }\nrange = "wide"', "espeak.range must be"),
        ('voices = { zh = "cmn", en = "en" }\nspeed = 1', "'speed'"),
    ],
)
def test_a_wrong_espeak_table(tmp_path: Path, table: str, fault: str) -> None:
    write(tmp_path, "a", GOOD.partition("[espeak]")[0] + "[espeak]\n" + table)
    voices, problems = load_voices(tmp_path)
    assert problems == []
    with pytest.raises(VoiceError, match=fault):
        read_settings(voices["a"])


def test_a_voice_added_while_it_runs_can_be_used_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    shutil.copytree(ROOT / "voices" / "mei", folder / "mei")
    engine = start("--voices", str(folder))

    def voices() -> list[str]:
        with urllib.request.urlopen(f"{engine.url}/v1/voices") as answer:
            return [voice["id"] for voice in json.load(answer)["voices"]]

    try:
        assert voices() == ["mei"]
        shutil.copytree(ROOT / "voices" / "leo", folder / "leo")
        assert voices() == ["leo", "mei"]
        (folder / "leo" / "voice.toml").write_text("broken [")
        assert voices() == ["mei"]
    finally:
        end(engine.process)
