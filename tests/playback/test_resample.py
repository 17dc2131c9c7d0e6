"""A stream that is resampled piece by piece is the one that is resampled at once."""

from __future__ import annotations

import numpy as np
import pytest

from bot.playback.resample import Resampler, resample


@pytest.mark.parametrize(
    ("rate", "to"), [(24_000, 48_000), (22_050, 48_000), (24_000, 44_100), (48_000, 48_000)]
)
@pytest.mark.parametrize("size", [1, 160, 480, 7001])
def test_pieces_equal_the_whole(rate: int, to: int, size: int) -> None:
    signal = np.random.default_rng(4).uniform(-0.5, 0.5, 9000).astype(np.float32)
    stream = Resampler(rate, to)
    pieces = [stream.feed(signal[start : start + size]) for start in range(0, len(signal), size)]
    out = np.concatenate([*pieces, stream.flush()])
    whole = resample(signal, rate, to)
    assert abs(len(out) - len(whole)) <= 1
    count = min(len(out), len(whole))
    assert np.abs(out[:count] - whole[:count]).max() < 1e-6


def test_an_empty_stream_ends_empty() -> None:
    assert not len(Resampler(24_000, 48_000).flush())
