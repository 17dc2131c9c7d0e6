"""Tells speech from the silence around it, window by window, by energy with hysteresis."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 240  # samples at 24 kHz: 10 ms

# Amplitudes relative to the speech's own: -30 and -38 dB. What is between goes on with what was before it:
# the end of a vowel is speech, a breath is not the beginning of any.
_HIGH, _LOW = 0.032, 0.0125
_ABOVE_NOISE_HIGH, _ABOVE_NOISE_LOW = 2.5, 1.6  # times the noise, where that is louder
_LOUDEST_NOISE = 0.05  # of the speech: more is not noise but speech without a pause
_SMOOTHED = 5  # windows: noise lasts, the silence before a "t" does not
_GATE = 0.25  # of the loudest window: what is below does not count for loudness
_REMEMBERED, _ENOUGH = 300, 50  # windows


@dataclass(frozen=True, slots=True)
class Heard:
    """What a window is: speech beyond doubt, or not beyond doubt silence."""

    clear: bool
    possible: bool


class Endpoints:
    """Thresholds that follow a voice: `level` is the RMS of its speech, 0..1, until its own is heard."""

    def __init__(self, level: float = 0.1, noise: float = 0.0) -> None:
        self._level = level
        self._noise = math.inf if noise <= 0 else noise
        self._recent: deque[float] = deque(maxlen=_SMOOTHED)
        self._spoken: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def level(self) -> float:
        """RMS of the speech: of the last three seconds of it that were heard, once half a second was."""
        return loudness(self._spoken) if len(self._spoken) >= _ENOUGH else self._level

    def hear(self, rms: float) -> Heard:
        """Judges the next window by its RMS, and learns the noise from it."""
        self._recent.append(rms)
        if len(self._recent) == _SMOOTHED:
            self._noise = min(self._noise, max(self._recent))
        level = self._level
        noise = min(self._noise, level * _LOUDEST_NOISE) if self._noise < math.inf else 0.0
        return Heard(
            clear=rms >= max(level * _HIGH, noise * _ABOVE_NOISE_HIGH),
            possible=rms >= max(level * _LOW, noise * _ABOVE_NOISE_LOW),
        )

    def learn(self, rms: float) -> None:
        """This window is speech, as it is sent."""
        self._spoken.append(rms)


def loudness(windows: Collection[float]) -> float:
    """RMS of what is loud in windows of such RMS: vowels, not what is between them; 0 of none."""
    least = max(windows, default=0.0) * _GATE
    loud = [rms * rms for rms in windows if rms >= least]
    return math.sqrt(sum(loud) / len(loud)) if loud else 0.0


def rms_of(samples: NDArray[np.float32]) -> float:
    """Root mean square of [samples]; 0 of none."""
    return math.sqrt(float(np.dot(samples, samples)) / samples.size) if samples.size else 0.0
