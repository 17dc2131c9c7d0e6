"""Recordings to make references of: espeak's speech, in a room with as much noise as is asked for."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from bot.engine.espeak import EspeakEngine
from bot.engine.references import RATE, Sound, sound_of
from bot.engine.voices import load_voices

VOICES = Path(__file__).parents[3] / "voices"
TEXT = "Today we are playing a quiet game together, and you are all very welcome here."


SENTENCES = (
    "Today we are playing a quiet game together, and you are welcome.",
    "Yesterday the weather was terrible, but nobody went home early.",
    "Tomorrow we will see whether the dragon is as strong as they say.",
)


@functools.cache
def _spoken() -> dict[str, NDArray[np.float32]]:
    """All texts at RATE, from a process of its own: espeak-ng has one state a process, which others test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.npz"
        module = f"import {__name__} as recordings; recordings.speak_to({str(file)!r})"
        subprocess.run([sys.executable, "-c", module], cwd=VOICES.parent, check=True)
        with np.load(file) as spoken:
            return {text: spoken[str(number)] for number, text in enumerate((TEXT, *SENTENCES))}


def speak_to(file: str) -> None:
    """The child: writes all texts."""
    engine = EspeakEngine()
    engine.load(lambda _share, _doing: None)
    voice = load_voices(VOICES)[0]["mei"]
    engine.prepare(voice)
    spoken = {
        str(number): soxr.resample(
            np.concatenate([*engine.synthesize(text, voice, 1.0)]), engine.rate, RATE
        ).astype(np.float32)
        for number, text in enumerate((TEXT, *SENTENCES))
    }
    np.savez(file, **spoken)


def speech(text: str = TEXT) -> NDArray[np.float32]:
    """[N] mono at RATE, clean, without silence at its ends."""
    return _spoken()[text].copy()


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(count: int, level: float) -> NDArray[np.float32]:
    """White noise at `level` dBFS, the same each time."""
    return (np.random.default_rng(7).standard_normal(count) * 10 ** (level / 20)).astype(np.float32)


def recorded(*parts: NDArray[np.float32], room: float = -60.0) -> NDArray[np.float32]:
    """The parts one after the other, in a room with noise at `room` dBFS."""
    joined = np.concatenate(parts)
    return joined + noise(joined.size, room)


def long_recording() -> tuple[NDArray[np.float32], str]:
    """Three sentences of some 4 s with pauses of 0.6 s, and their words."""
    parts: list[NDArray[np.float32]] = [silence(0.5)]
    for sentence in SENTENCES:
        parts += [speech(sentence), silence(0.6)]
    return recorded(*parts), " ".join(SENTENCES)


def sound(samples: NDArray[np.float32]) -> Sound:
    return sound_of(samples, RATE)


def write(path: Path, samples: NDArray[np.float32], rate: int = RATE, /, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path
