"""The folder of voices: added whole or not at all, set aside, brought back."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest

from bot.engine.references import RATE, Prepared, load_reference, prepare, store
from bot.engine.voices import VoiceError, fingerprint, load_voices
from tests.engine.references.recordings import TEXT, recorded, silence, sound, speech

NASTY = 'Quote " back \\ slash \n[f5]\x00\x7f = 1 # ünï 中文 \U0001f600 \ud800'


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(sound(recorded(silence(0.5), speech(), silence(0.5))), TEXT)


def add(
    folder: Path, prepared: Prepared, name: str = "anna", *, display: str = "", replace: bool = False
) -> Path:
    return store.add(
        folder, name, prepared, store.about(name, name=display, text=prepared.text), replace=replace
    )


def names(folder: Path) -> dict[str, str]:
    voices, problems = load_voices(folder)
    assert problems == []
    return {voice.id: voice.name for voice in voices.values()}


def test_what_is_added_is_a_voice(tmp_path: Path, prepared: Prepared) -> None:
    before = fingerprint(tmp_path)
    assert add(tmp_path, prepared) == tmp_path / "anna"
    assert fingerprint(tmp_path) != before
    voice = load_voices(tmp_path)[0]["anna"]
    assert (voice.name, voice.engine, voice.languages) == ("Anna", "f5", ("en", "zh"))
    loaded = load_reference(voice)
    assert loaded.text == prepared.text
    assert loaded.speech == prepared.speech
    assert abs(loaded.samples - prepared.samples).max() < 1e-4
    with wave.open(str(tmp_path / "anna" / "reference.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert file.getnframes() == prepared.speech
    assert [path.name for path in tmp_path.iterdir()] == ["anna"]


def test_any_words_make_a_readable_file(tmp_path: Path) -> None:
    prepared = prepare(sound(recorded(silence(0.5), speech(), silence(0.5))), TEXT + NASTY)
    about = store.about(
        "x", name=NASTY, languages=["zh"], description=NASTY * 20, credit=NASTY, licence=NASTY
    )
    store.add(tmp_path, "x", prepared, about)
    voices, problems = load_voices(tmp_path)
    assert problems == []
    assert voices["x"].name.startswith('Quote " back \\ slash [f5] = 1 # ünï 中文')
    assert voices["x"].languages == ("zh", "en")
    assert load_reference(voices["x"]).text == prepared.text


@pytest.mark.parametrize(
    "name", ["", "..", ".", "a/b", "../a", "/etc", "A", "a b", "a.b", "é", "a" * 41, "a\n"]
)
def test_names_that_could_be_paths(tmp_path: Path, prepared: Prepared, name: str) -> None:
    folder = tmp_path / "voices"
    folder.mkdir()
    about = store.about("anna", text=TEXT)
    with pytest.raises(VoiceError, match="at most 40"):
        store.add(folder, name, prepared, about)
    with pytest.raises(VoiceError, match="at most 40"):
        store.remove(folder, name)
    with pytest.raises(VoiceError, match="at most 40"):
        store.restore(folder, name)
    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize("code", ["", "english", "EN", "z"])
def test_languages_that_are_none(code: str) -> None:
    with pytest.raises(VoiceError, match="no language code"):
        store.about("anna", languages=[code])


@pytest.mark.parametrize(
    ("given", "text", "languages"),
    [
        ([], "你好", ("zh", "en")),
        ([], "hello", ("en", "zh")),
        ([], "42", ("en", "zh")),
        (["zh"], "hello", ("zh", "en")),
        (["ja"], "こんにちは", ("ja",)),
        (["de", "en"], "Hallo", ("de", "en")),
    ],
)
def test_the_languages_of_a_voice(given: list[str], text: str, languages: tuple[str, ...]) -> None:
    assert store.about("anna", languages=given, text=text).languages == languages


def test_nothing_is_overwritten_unasked_and_replacing_is_undone(tmp_path: Path, prepared: Prepared) -> None:
    add(tmp_path, prepared, display="First")
    with pytest.raises(store.VoiceExists, match="--replace"):
        add(tmp_path, prepared, display="Second")
    assert names(tmp_path) == {"anna": "First"}
    add(tmp_path, prepared, display="Second", replace=True)
    assert names(tmp_path) == {"anna": "Second"}
    with pytest.raises(store.VoiceExists):
        store.restore(tmp_path, "anna")
    store.restore(tmp_path, "anna", replace=True)
    assert names(tmp_path) == {"anna": "First"}
    store.restore(tmp_path, "anna", replace=True)
    assert names(tmp_path) == {"anna": "Second"}


def test_removing_and_restoring(tmp_path: Path, prepared: Prepared) -> None:
    add(tmp_path, prepared, display="First")
    add(tmp_path, prepared, "anna-2", display="Other")
    assert store.remove(tmp_path, "anna").parent == tmp_path / ".removed"
    assert names(tmp_path) == {"anna-2": "Other"}
    add(tmp_path, prepared, display="Second")
    store.remove(tmp_path, "anna")
    assert store.restore(tmp_path, "anna") == tmp_path / "anna"
    assert names(tmp_path) == {"anna": "Second", "anna-2": "Other"}
    store.remove(tmp_path, "anna-2")
    for name in ("nobody", "anna-2"):
        with pytest.raises(store.NoSuchVoice):
            store.remove(tmp_path, name)
    with pytest.raises(store.NoSuchVoice):
        store.restore(tmp_path, "nobody")


def test_former_voices_are_kept_in_bounds(tmp_path: Path, prepared: Prepared) -> None:
    for number in range(9):
        add(tmp_path, prepared, display=str(number), replace=True)
    former = sorted((tmp_path / ".removed").iterdir())
    assert [path.name for path in former] == [f"anna.{number}" for number in range(4, 9)]
    store.restore(tmp_path, "anna", replace=True)
    assert names(tmp_path) == {"anna": "7"}


def test_what_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, prepared, display="First")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(VoiceError, match="No space left"):
            add(tmp_path, prepared, display="Second", replace=True)
    assert names(tmp_path) == {"anna": "First"}
    assert [path.name for path in tmp_path.iterdir()] == ["anna"]
    with pytest.raises(VoiceError, match="cannot be written"):
        add(tmp_path / "nowhere", prepared)


def test_the_old_one_stays_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, prepared, display="First")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name.startswith(".adding-"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(VoiceError, match="Input/output error"):
        add(tmp_path, prepared, display="Second", replace=True)
    assert names(tmp_path) == {"anna": "First"}


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path, prepared: Prepared) -> None:
    for name, age in ((".adding-old", 4000), (".adding-new", 10)):
        (tmp_path / name).mkdir()
        time = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (time, time))
    add(tmp_path, prepared)
    assert {path.name for path in tmp_path.iterdir()} == {".adding-new", "anna"}
