"""A stretch of a recording as it was decoded: mono at 24 kHz, with what is to be known of the recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.engine.references.contour import clipped_share

RATE = 24_000  # samples per second


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """`samples`: [N] mono at RATE."""

    samples: NDArray[np.float32]
    rate: int = RATE  # of the recording
    channels: int = 1
    clipped: float = 0.0  # share of the loudest channel that lies flat at its limit
    begin: float = 0.0  # seconds of the recording before it
    more: bool = False  # the recording goes on after it

    @property
    def whole(self) -> bool:
        """All of the recording."""
        return not self.begin and not self.more


def sound_of(samples: NDArray[np.float32], rate: int) -> Sound:
    """A recording that is all there: [N] mono at `rate`."""
    clipped = clipped_share(samples)
    if rate != RATE:
        import soxr

        samples = soxr.resample(samples, rate, RATE, quality="HQ").astype(np.float32)
    return Sound(samples, rate, clipped=clipped)
