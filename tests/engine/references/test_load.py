"""References as voice.toml names them: packaged ones, files of a voice's own, and what cannot be used."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.references import RATE, load_reference
from bot.engine.voices import VoiceError, load_voices, packaged_file
from tests.engine.references.recordings import TEXT, VOICES, recorded, silence, speech, write

needs_f5_tts = pytest.mark.skipif(
    importlib.util.find_spec("f5_tts") is None, reason="the package f5-tts is not installed"
)
HEAD = 'name = "A"\nlanguages = ["en"]\nengine = "f5"\n'


def voice(folder: Path, table: str) -> None:
    (folder / "anna").mkdir(exist_ok=True)
    (folder / "anna" / "voice.toml").write_text(f"{HEAD}[f5]\n{table}\n", encoding="utf-8")


@needs_f5_tts
@pytest.mark.parametrize(("name", "seconds", "end"), [("gaia", 4.7, ". "), ("zhen", 6.3, "。")])
def test_the_packaged_references_are_good(name: str, seconds: float, end: str) -> None:
    reference = load_reference(load_voices(VOICES)[0][name])
    assert reference.report.verdict == "good"
    assert reference.speech_seconds == pytest.approx(seconds, abs=0.1)
    assert reference.text.endswith(end)
    assert reference.samples.size == reference.speech + RATE // 2


def test_without_f5_tts_its_voices_are_not_there_and_nothing_is_said() -> None:
    """In a process that cannot find the package. That it is found without being imported is seen too."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from bot.engine.voices import load_voices\n"
        "if sys.argv[1] == 'without': sys.modules['f5_tts'] = None\n"
        "voices, problems = load_voices(Path('voices'))\n"
        "print(*sorted(voices), problems, any(name.startswith('f5_tts.') for name in sys.modules))"
    )
    for how in ("without", "with"):
        done = subprocess.run(
            [sys.executable, "-c", program, how],
            cwd=VOICES.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        there = importlib.util.find_spec("f5_tts") is not None and how == "with"
        assert done.stdout.split() == (
            ["bruno", "gaia", "leo", "mei", "pixel", "zhen"] if there else ["bruno", "leo", "mei", "pixel"]
        ) + ["[]", "False"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../../pip/__init__.py", "a\\b", "\0", "", "nothing.wav"])
def test_packaged_paths_stay_in_the_package(path: str) -> None:
    assert packaged_file(path) is None


def test_a_file_that_somebody_put_there_is_prepared(tmp_path: Path) -> None:
    voice(tmp_path, f'reference = "me.flac"\ntext = "{TEXT}"\ntail = 1')
    write(tmp_path / "anna" / "me.flac", recorded(silence(1), speech() * 0.1, silence(1), room=-70), RATE)
    reference = load_reference(load_voices(tmp_path)[0]["anna"])
    assert reference.report.begin == pytest.approx(1, abs=0.12)
    assert reference.samples.size == reference.speech + RATE
    assert reference.report.gain > 0


def test_it_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    voice(tmp_path, f'reference = "a.wav"\ntext = "{TEXT}"')
    file = write(tmp_path / "anna" / "a.wav", recorded(silence(0.5), speech(), silence(0.5)))
    anna = load_voices(tmp_path)[0]["anna"]
    first = load_reference(anna)
    assert load_reference(anna) is first
    os.utime(file, ns=(1, 1))
    assert load_reference(anna) is not first
    voice(tmp_path, f'reference = "a.wav"\ntext = "{TEXT} Really."')
    assert load_reference(load_voices(tmp_path)[0]["anna"]).fingerprint != first.fingerprint
    file.unlink()
    with pytest.raises(VoiceError, match="cannot be read"):
        load_reference(anna)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("", "f5.text is missing"),
        ('text = " "', "f5.text is missing"),
        ('text = "a"', "either reference"),
        ('text = "a"\nreference = "../mei/voice.toml"', "the name of a file"),
        ('text = "a"\nreference = "/etc/passwd"', "the name of a file"),
        ('text = "a"\nreference = ".."', "the name of a file"),
        ('text = "a"\nreference = "a\\\\b.wav"', "the name of a file"),
        ('text = "a"\nreference = 1', "the name of a file"),
        ('text = "a"\nreference = "a.wav"\ntail = 3', "f5.tail"),
        ('text = "a"\nreference = "a.wav"\ntail = true', "f5.tail"),
        ('text = "a"\nreference = "a.wav"\nprepared = 1', "f5.prepared"),
        ('text = "a"\nreference = "a.wav"\ncolour = 1', "'colour'"),
        ('text = "a"\nreference = "a.wav"', "a.wav cannot be read"),
        ('text = "a"\nreference = "voice.toml"', "no audio file"),
    ],
)
def test_a_wrong_table(tmp_path: Path, table: str, fault: str) -> None:
    voice(tmp_path, table)
    voices, problems = load_voices(tmp_path)
    assert problems == []
    with pytest.raises(VoiceError, match=fault):
        load_reference(voices["anna"])


@needs_f5_tts
@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('text = "a"\nreference = "a.wav"\npackaged = "b"', "either reference"),
        ('text = "a"\npackaged = 1', "f5.packaged"),
        ('text = "a"\npackaged = "b"', "has no 'b'"),
        ('text = "a"\npackaged = "../b"', "has no '../b'"),
    ],
)
def test_a_wrong_pointer_into_the_package(tmp_path: Path, table: str, fault: str) -> None:
    test_a_wrong_table(tmp_path, table, fault)
