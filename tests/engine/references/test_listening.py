"""Whisper in its process: a random one from a folder, none to be had, and one that breaks."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.references import listening
from bot.engine.references.listening import can_listen, listen
from bot.engine.voices import VoiceError
from tests.engine.references.recordings import sound, speech

needs_transformers = pytest.mark.skipif(not can_listen(), reason="torch and transformers are not installed")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@needs_transformers
def test_a_whisper_writes_down_what_it_hears(tmp_path: Path) -> None:
    """The words of a random one are nonsense; that it is loaded, listens and ends is what is seen here."""
    maker = Path(__file__).parent / "tiny_whisper.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path / "whisper")], check=True, env=os.environ)
    doing: list[str] = []
    text = listen(sound(speech()), language="en", model=str(tmp_path / "whisper"), report=doing.append)
    assert text.isascii()
    assert text.isalpha()
    assert doing == [f"Loading {tmp_path / 'whisper'}.", "Listening."]


@needs_transformers
def test_a_whisper_that_is_not_to_be_had_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match=r"nor to be had from the hub.*--text") as fault:
        listen(sound(speech()), model=str(tmp_path / "none"))
    assert "\n" not in str(fault.value)


def test_without_transformers_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VoiceError, match="write the words down"):
        listen(sound(speech()))


def test_a_whisper_that_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "can_listen", lambda: True)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(VoiceError, match="broke down"):
        listen(sound(speech()))
