"""Sample-rate conversion by soxr: as a stream for speech that is arriving, at once for what is here."""

from __future__ import annotations

import numpy as np
import soxr

from bot.playback.output import Samples

QUALITY = "HQ"
NOTHING: Samples = np.zeros(0, np.float32)


class Resampler:
    """A mono stream from one rate to another; the same samples come out however the input is cut.

    soxr keeps back what its filter still needs, so many blocks give nothing; `flush` gives the rest.
    """

    def __init__(self, rate: int, to: int) -> None:
        self.rate = rate
        self._stream = None if rate == to else soxr.ResampleStream(rate, to, 1, "float32", QUALITY)

    def feed(self, samples: Samples) -> Samples:
        if self._stream is None or not len(samples):
            return samples
        return np.asarray(self._stream.resample_chunk(samples), np.float32)

    def flush(self) -> Samples:
        """The end of the stream. Nothing may be fed after it."""
        if self._stream is None:
            return NOTHING
        return np.asarray(self._stream.resample_chunk(NOTHING, last=True), np.float32)


def resample(samples: Samples, rate: int, to: int) -> Samples:
    """All of a sound at once: [samples] at `rate` to [samples * to / rate]."""
    if rate == to or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, rate, to, QUALITY), np.float32)
