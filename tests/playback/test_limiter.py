"""The limiter never lets a peak through, never changes what needs no change, and never minds the chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.playback.limiter import CEILING, Limiter
from bot.playback.output import Samples

RATE = 48_000
hostile = arrays(
    np.float32, st.integers(0, 1500), elements=st.floats(-1e6, 1e6, width=32) | st.floats(-1, 1, width=32)
)


def limited(signal: Samples, cuts: list[int] | None = None) -> Samples:
    limiter = Limiter(RATE)
    edges = [0, *sorted(min(cut, len(signal)) for cut in cuts or []), len(signal)]
    pieces = [limiter.feed(signal[a:b]) for a, b in pairwise(edges)]
    return np.concatenate([*pieces, limiter.flush()])


@settings(deadline=None, max_examples=60)
@given(hostile, st.lists(st.integers(0, 1500), max_size=6))
def test_nothing_exceeds_the_ceiling_however_it_is_cut(signal: Samples, cuts: list[int]) -> None:
    out = limited(signal, cuts)
    assert out.dtype == np.float32
    assert len(out) == len(signal)
    assert np.abs(out).max(initial=0) <= CEILING
    assert np.array_equal(out, limited(signal))


def test_quiet_sound_passes_bit_for_bit() -> None:
    signal = np.random.default_rng(1).uniform(-0.88, 0.88, 30_000).astype(np.float32)
    assert np.array_equal(limited(signal, [1, 2, 3, 500, 20_000]), signal)


def test_after_a_peak_sound_passes_bit_for_bit_again() -> None:
    signal = np.random.default_rng(2).uniform(-0.8, 0.8, 30_000).astype(np.float32)
    signal[1000] = 5
    out = limited(signal, list(range(0, 30_000, 311)))
    assert np.array_equal(out[:700], signal[:700])
    assert np.array_equal(out[10_000:], signal[10_000:])
    assert abs(out[1000]) == pytest.approx(CEILING, rel=1e-3)


def test_the_gain_has_no_step() -> None:
    signal = np.full(20_000, 0.5, np.float32)
    signal[5000:5200] = 2.0
    gain = limited(signal) / signal
    assert np.abs(np.diff(gain)).max() < 0.01


def test_only_the_look_ahead_is_held_back() -> None:
    limiter = Limiter(RATE)
    signal = np.full(1000, 0.1, np.float32)
    assert len(limiter.feed(signal)) == 1000 - 240
    assert len(limiter.feed(signal)) == 1000
    assert len(limiter.flush()) == 240
