"""Which engines are chosen, and why f5 is not one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.choice import engines
from bot.engine.engine import EngineAbsent, EngineFault
from bot.engine.f5 import availability
from bot.engine.f5.settings import F5Settings


@pytest.mark.parametrize(
    ("lacking", "gpu", "voices", "sentence"),
    [
        ("", True, False, "f5 is not used: no voice is for it; python -m bot voices add"),
        ("torch", True, True, "f5 is not used: torch is not installed: scripts/run --with-f5"),
        ("f5_tts", True, False, "f5 is not used: f5_tts is not installed"),
        ("torch", False, False, "f5 is not used: no NVIDIA GPU was found; engine.name"),
        ("", False, True, "f5 is not used: no NVIDIA GPU was found; engine.name"),
    ],
)
def test_why_f5_is_not_used(
    lacking: str, gpu: bool, voices: bool, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "has_gpu", lambda: gpu)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == lacking else object())
    made = engines("auto", F5Settings(), lambda: voices)
    assert list(made) == ["espeak", "f5"]
    with pytest.raises(EngineAbsent, match=sentence):
        made["f5"]()
    if lacking:
        with pytest.raises(EngineFault, match=f"{lacking} is not installed"):
            engines("f5", F5Settings(), lambda: voices)["f5"]()
    assert list(engines("espeak", F5Settings(), lambda: voices)) == ["espeak"]


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="this machine has a GPU")
def test_this_machine_has_no_gpu() -> None:
    assert not availability.has_gpu()
