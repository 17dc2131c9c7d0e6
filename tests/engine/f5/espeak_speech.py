"""Speech to test with, of known beginning and end: espeak's, at 24 kHz, in silence or noise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from bot.engine.espeak import trim
from bot.engine.espeak_library import EspeakLibrary, Manner

Samples = NDArray[np.float32]
RATE = 24_000


@lru_cache
def _library() -> EspeakLibrary:
    return EspeakLibrary()


@lru_cache
def speech(text: str, loudness: float = 0.1) -> Samples:
    """`text` without silence around it, mono [samples] at 24 kHz, its RMS `loudness`."""
    manner = Manner("en-us" if text.isascii() else "cmn")
    spoken = _library().speak(text, manner) * np.float32(1 / 32768)
    samples: Samples = soxr.resample(trim(spoken, _library().rate), _library().rate, RATE)
    return samples * np.float32(loudness / np.sqrt(np.mean(samples**2)))


def seconds(text: str) -> float:
    return speech(text).size / RATE


def padded(samples: Samples, before: float, after: float, noise: float = 0.0, seed: int = 0) -> Samples:
    """`samples` with so many seconds of silence around, and white noise of RMS `noise` over all of it."""
    whole = np.concatenate(
        (np.zeros(round(before * RATE)), samples, np.zeros(round(after * RATE))), dtype=np.float32
    )
    return whole + np.random.default_rng(seed).normal(0, noise, whole.size).astype(np.float32)


def blocks(samples: Samples, size: int) -> list[Samples]:
    return [samples[at : at + size] for at in range(0, samples.size, size)]
