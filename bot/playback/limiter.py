"""Keeps peaks under a ceiling, a few milliseconds ahead of them, so that nothing can clip."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bot.playback.output import Samples

CEILING = 10 ** (-1 / 20)  # -1 dBFS: room for the peaks between samples and for an encoder
LOOK_AHEAD = 0.005  # seconds
RELEASE = 0.1  # seconds from full reduction to none
ONE = 1 << 30  # a gain of 1 as an integer


class Limiter:
    """A look-ahead peak limiter for one mono stream of finite samples.

    The gain that each sample needs is `ceiling / |x|`. Its minimum over the look-ahead, released at a
    constant rate and averaged over the same length, is a smooth curve that is never above what any
    sample needs (P. Hämäläinen, "Smoothing of the Control Signal Without Clipped Output in Digital Peak
    Limiters", DAFx 2002; the linear release makes it a running minimum, which numpy has).

    Output sample n is input sample n times its gain: nothing is added in front, the last look-ahead of
    samples is held back until more comes or `flush`. The result does not depend on how the input is cut:
    the release uses steps of a power of two, the average integers, and both are exact. Where nothing
    exceeds the ceiling the samples pass unchanged, bit for bit.
    """

    def __init__(self, rate: int, *, ceiling: float = CEILING) -> None:
        self._ceiling = float(np.nextafter(np.float32(ceiling), np.float32(0)))
        self._ahead = max(1, round(LOOK_AHEAD * rate))
        self._step = 2.0 ** round(math.log2(1 / (RELEASE * rate)))
        self._held: Samples  # samples that have not gone out
        self._needed: NDArray[np.float64]  # the gains they need, after what is left of the lead
        self._lead: int  # gains to pass before the first that has a sample
        self._index: int
        self._lowest: float  # running minimum of (wanted gain - index * step)
        self._recent: NDArray[np.int64]  # the released gains that the next average reaches back to
        self._begin()

    def feed(self, samples: Samples) -> Samples:
        """The samples that are now certain: all but the last look-ahead of what has been fed."""
        needed = np.ones(len(samples))
        size = np.abs(samples).astype(np.float64)
        np.divide(self._ceiling, size, out=needed, where=size > self._ceiling)
        self._needed = np.concatenate([self._needed, needed])
        self._held = np.concatenate([self._held, samples], dtype=np.float32)
        ready = len(self._needed) - self._ahead
        if ready <= 0:
            return np.zeros(0, np.float32)
        gain = self._gain(ready)
        self._needed = self._needed[ready:]
        # The gain runs from one look-ahead before the first sample: that part has no sample of its own.
        ahead = min(self._lead, ready)
        self._lead -= ahead
        out, self._held = self._held[: ready - ahead], self._held[ready - ahead :]
        if gain is None:
            return out
        # Only rounding can be left to clip.
        return np.asarray(np.clip(out * gain[ahead:], -self._ceiling, self._ceiling), np.float32)

    def flush(self) -> Samples:
        """What is held back; the limiter is then as new."""
        rest = self.feed(np.zeros(self._ahead, np.float32))
        self._begin()
        return rest

    def _begin(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._needed = np.ones(self._ahead)
        self._lead = self._ahead
        self._index = 0
        self._lowest = 1.0
        self._recent = np.full(self._ahead, ONE, np.int64)

    def _gain(self, ready: int) -> NDArray[np.float64] | None:
        """The gains [ready] that follow; None if they are all exactly 1."""
        offset = np.arange(self._index, self._index + ready) * self._step
        self._index += ready
        recovered = self._lowest + offset[0] >= 1.0 and self._recent.min() == ONE
        if recovered and self._needed.min() >= 1.0:
            self._lowest = 1.0 - float(offset[-1])
            return None
        wanted = _forward_minimum(self._needed, self._ahead + 1)[:ready]
        low = np.minimum(np.minimum.accumulate(wanted - offset), self._lowest)
        self._lowest = float(low[-1])
        released = np.minimum(low + offset, wanted)
        whole = np.concatenate([self._recent, np.floor(released * ONE).astype(np.int64)])
        self._recent = whole[ready:]
        total = np.concatenate([[0], np.cumsum(whole)])
        width = self._ahead + 1
        return np.asarray((total[width:] - total[:-width]) / (width * ONE), np.float64)


def _forward_minimum(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """out[n] = min(values[n : n + width]), for every n for which there are so many; by doubling."""
    span = 1
    while span < width:
        step = min(span, width - span)
        values = np.minimum(values[:-step], values[step:])
        span += step
    return values
