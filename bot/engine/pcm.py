"""Turns an engine's samples into what goes over the wire: 24 kHz signed 16-bit, with a WAV header or not."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 24_000
BYTES_PER_SECOND = RATE * 2
CONTENT_TYPES = {
    "pcm": f"audio/pcm;rate={RATE};channels=1",
    "wav": "audio/wav",
}


def wav_header() -> bytes:
    """The header of a stream whose length is not known yet: both sizes are the largest that fit."""
    unknown = 0xFFFF_FFFF
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", unknown, b"WAVE", b"fmt ", 16, 1, 1, RATE, BYTES_PER_SECOND, 2, 16, b"data", unknown,
    )  # fmt: skip


def encode(pieces: Iterator[NDArray[np.float32]], rate: int) -> Generator[bytes]:
    """Little-endian PCM at RATE of mono float pieces at `rate`, resampled as one signal: joins stay joins.

    A piece may be empty. Closing it closes `pieces`.
    """
    # Here, not above: the server answers /health before numpy is there, which takes 0.2 s to import.
    import numpy as np
    import soxr

    def quantize(samples: NDArray[np.float32]) -> bytes:
        return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()

    resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ") if rate != RATE else None
    try:
        for piece in pieces:
            samples = resampler.resample_chunk(piece) if resampler else piece
            yield quantize(samples)  # empty too: somebody else may have their turn
        if resampler:
            rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            if rest.size:
                yield quantize(rest)
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
