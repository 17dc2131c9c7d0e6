"""Compares what was recorded at the sink with the engine's own samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from bot.command_line.engine_session import engine
from bot.config import Settings
from bot.messages import Utterance
from bot.speech.synthesizer import Synthesizer

Samples = NDArray[np.float32]
RATE = 48_000
_WINDOW = 4_800  # frames: 0.1 s


async def engine_samples(texts: list[str], voice: str = "mei") -> dict[str, Samples]:
    """What the engine makes of each text, asked for as the bot asks, at 48 kHz."""
    settings = Settings(voices=Path("voices"))
    made: dict[str, Samples] = {}
    async with engine(settings) as (link, session):
        synthesizer = Synthesizer(link, lambda: session)
        for text in dict.fromkeys(texts):
            utterance = Utterance(id="reference", text=text, voice=voice)
            pieces = [chunk.samples async for chunk in synthesizer.speak(utterance)]
            made[text] = soxr.resample(np.concatenate(pieces), 24_000, RATE, "HQ").astype(np.float32)
    return made


@dataclass(frozen=True)
class Found:
    """Where a sound stands in a recording, and how much it is the same: 1 is but for the volume."""

    start: int
    end: int
    likeness: float  # of the whole
    worst: float  # of the worst 0.1 s that is not silence


def find(recording: Samples, sound: Samples, after: int = 0) -> Found:
    """The place from frame `after` on where `sound` fits best, held to that place throughout.

    A gap, a repeat or a lost block within it puts what follows out of place, and `worst` tells.
    """
    hay = recording[after:]
    assert len(hay) >= len(sound), "the recording is too short to hold it"
    size = 1 << (len(hay) + len(sound) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(hay, size) * np.conj(np.fft.rfft(sound, size)), size)
    energy = np.concatenate(([0.0], np.cumsum(hay.astype(np.float64) ** 2)))
    last = len(hay) - len(sound) + 1
    norms = np.sqrt(np.maximum(energy[len(sound) :][:last] - energy[:last], 1e-9))
    start = int(np.argmax(products[:last] / norms))
    match = hay[start : start + len(sound)]
    loud = float(np.sqrt(np.mean(sound**2))) * 0.1
    windows = [
        _likeness(match[i : i + _WINDOW], sound[i : i + _WINDOW])
        for i in range(0, len(sound) - _WINDOW + 1, _WINDOW)
        if np.sqrt(np.mean(sound[i : i + _WINDOW] ** 2)) > loud
    ]
    return Found(
        after + start, after + start + len(sound), _likeness(match, sound), min(windows, default=1.0)
    )


def _likeness(one: Samples, other: Samples) -> float:
    norm = float(np.linalg.norm(one.astype(np.float64)) * np.linalg.norm(other.astype(np.float64)))
    return float(np.dot(one.astype(np.float64), other.astype(np.float64))) / norm if norm else 0.0


def outside(recording: Samples, found: list[Found], margin: int = 480) -> float:
    """The loudest sample that belongs to none of `found`."""
    rest = recording.copy()
    for place in found:
        rest[max(place.start - margin, 0) : place.end + margin] = 0
    return float(np.max(np.abs(rest), initial=0))
