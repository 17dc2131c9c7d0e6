"""The bot as a process with the F5 engine on the processor: a small model, random weights, real files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="the F5 engine is not installed: scripts/test installs it")
pytest.importorskip("rjieba", reason="the F5 engine is not installed: scripts/test installs it")

from tests.engine.f5.random_weights import small_files

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_files(tmp_path_factory.mktemp("weights"))


def say(text: str, out: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "say", text, "--out", str(out), *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def f5(weights: Path) -> list[str]:
    return [
        "--engine.name=f5",
        f"--engine.f5.model={weights}/F5TTS_v1_Base.safetensors",
        f"--engine.f5.vocoder={weights}/vocos.safetensors",
        "--engine.f5.device=cpu",
        "--engine.f5.steps=5",
        "--engine.start_timeout=100",
    ]


def test_a_cloned_voice_speaks_by_its_own_engine(weights: Path, tmp_path: Path) -> None:
    out, light = tmp_path / "f5.wav", tmp_path / "light.wav"
    done = say("hello there, friends", out, "--voice", "gaia", *f5(weights))
    assert (done.returncode, done.stderr) == (0, "")
    samples, rate = soundfile.read(out)
    assert rate == 24_000
    assert 0.5 < len(samples) / rate < 6
    assert np.sqrt(np.mean(samples**2)) > 0.02
    # Not the one that would stand in.
    assert say("hello there, friends", light, "--voice", "leo", "--engine.name=espeak").returncode == 0
    other, _ = soundfile.read(light)
    assert len(other) != len(samples)


def test_a_light_voice_speaks_at_once_whatever_f5_does(weights: Path, tmp_path: Path) -> None:
    flags = [*f5(weights), f"--engine.f5.model={tmp_path}/nothing.safetensors"]
    done = say("hello", tmp_path / "out.wav", "--voice", "mei", *flags)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_voice_whose_engine_cannot_load_is_a_sentence_that_says_why(weights: Path, tmp_path: Path) -> None:
    flags = [*f5(weights), f"--engine.f5.model={tmp_path}/nothing.safetensors"]
    done = say("hello", tmp_path / "out.wav", "--voice", "gaia", *flags)
    assert done.returncode == 1
    assert "nothing.safetensors" in done.stderr
    assert done.stderr.startswith("the voice gaia cannot speak now")
    assert len(done.stderr.splitlines()) == 1
