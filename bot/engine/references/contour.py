"""Where in a recording somebody speaks: its level over time, the noise under it, and the pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAME = 0.01  # seconds
SILENT = -100.0  # dBFS of digital silence

_SHORTEST_SOUND = 0.04  # seconds above the threshold: less is a click
_SHORTEST_PAUSE = 0.15
_LEAD, _TRAIL = 0.05, 0.08  # seconds kept around speech: soft consonants and the room's last word


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Contour:
    """What is heard in a recording. Levels in dBFS (rms), times in seconds from its start."""

    speech: float  # level while somebody speaks
    noise: float  # level while nobody does, as far as there are such moments
    parts: tuple[Span, ...]  # speech, with pauses between; empty when nothing is heard

    seconds: float  # of the recording

    @property
    def whole(self) -> Span:
        """From the first word to the last, with a little room on both sides; empty when nothing is heard."""
        return self.around(self.parts[0].begin, self.parts[-1].end) if self.parts else Span(0.0, 0.0)

    def around(self, begin: float, end: float) -> Span:
        """A stretch of words, which begins and ends with parts, and a little room on both sides."""
        before = max((part.end for part in self.parts if part.end <= begin), default=-begin)
        after = min((part.begin for part in self.parts if part.begin >= end), default=2 * self.seconds - end)
        lead, trail = min(_LEAD, (begin - before) / 2), min(_TRAIL, (after - end) / 2)
        return Span(begin - lead, end + trail)

    @property
    def pauses(self) -> tuple[Span, ...]:
        following = self.parts[1:]
        return tuple(Span(a.end, b.begin) for a, b in zip(self.parts, following, strict=False))

    @property
    def snr(self) -> float:
        return self.speech - self.noise


def contour(samples: NDArray[np.float32], rate: int) -> Contour:
    """`samples`: [N] mono, without an offset.

    The threshold lies between the level of the noise and that of the speech, wherever those are: a recording
    in a quiet room and one beside a fan are both cut where the words begin.
    """
    levels = _levels(samples, rate)
    if not levels.size or (top := float(np.percentile(levels, 99))) <= SILENT + 5:
        return Contour(SILENT, SILENT, (), samples.size / rate)
    speech = _mean(levels[levels >= top - 20])
    # Digital silence around a recording tells nothing of the noise within it.
    heard = levels[levels > SILENT + 10]
    noise = min(float(np.percentile(heard, 2)), speech)
    threshold = min(max(noise + 0.4 * (speech - noise), speech - 45), speech - 12)
    return Contour(speech, noise, _parts(levels > threshold), samples.size / rate)


def _levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """dBFS of every FRAME, over twice its length: [F]."""
    size = max(1, round(rate * FRAME))
    frames = samples[: samples.size // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    if power.size > 1:
        power[1:] = (power[1:] + power[:-1]) / 2
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 10 ** (SILENT / 10)))
    return levels


def _mean(levels: NDArray[np.float64]) -> float:
    """The mean of powers, in dB."""
    return float(10 * np.log10(np.mean(10 ** (levels / 10))))


def _parts(loud: NDArray[np.bool_]) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False]))))
    runs = [
        (begin * FRAME, end * FRAME)
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if (end - begin) * FRAME >= _SHORTEST_SOUND
    ]
    parts: list[Span] = []
    for begin, end in runs:
        if parts and begin - parts[-1].end < _SHORTEST_PAUSE:
            parts[-1] = Span(parts[-1].begin, end)
        else:
            parts.append(Span(begin, end))
    return tuple(parts)


def clipped_share(channel: NDArray[np.float32]) -> float:
    """How much of a signal lies flat at its limit, 0..1: at full scale, or at a peak of its own.

    Runs of three at one height are looked for: a healthy signal passes its peak, a clipped one stays there.
    To be asked at the recording's own rate, for resampling rounds the plateaus off.
    """
    heights = np.abs(channel)
    peak = float(heights.max(initial=0.0))
    if peak < 0.05:
        return 0.0
    flat = heights >= min(peak, 1.0) * 0.9995
    runs = flat[2:] & flat[1:-1] & flat[:-2]
    inside = np.zeros_like(flat)
    for shift in range(3):
        inside[shift : shift + runs.size] |= runs
    return float(np.count_nonzero(inside)) / heights.size
