"""Voices come out at one loudness, and no gain change can be heard as a jump."""

from __future__ import annotations

import numpy as np
import pytest

from bot.playback.loudness import MAX_BOOST, SLEW, VoiceLeveller
from bot.playback.output import Samples

RATE = 24_000


def voice(level: float, seconds: float = 1.0) -> Samples:
    """Noise of `level` dBFS RMS, half of it silence as between words."""
    noise = np.random.default_rng(3).standard_normal(round(seconds * RATE)).astype(np.float32)
    on = np.arange(len(noise)) // (RATE // 5) % 2 == 0
    return np.asarray(noise * on * 10 ** (level / 20), np.float32)


def loudness(samples: Samples) -> float:
    loud = samples[samples != 0].astype(np.float64)
    return float(10 * np.log10(np.mean(loud**2)))


@pytest.mark.parametrize("level", [-35, -25, -20, -12, -6])
def test_the_first_chunk_of_a_voice_is_at_the_target_at_once(level: float) -> None:
    leveller = VoiceLeveller(-20)
    assert loudness(leveller.apply("a", voice(level), RATE)) == pytest.approx(-20, abs=0.5)


def test_a_whisper_is_not_boosted_without_bound() -> None:
    leveller = VoiceLeveller(-20)
    leveller.apply("a", voice(-45), RATE)
    assert leveller.gain("a") == pytest.approx(MAX_BOOST)


def test_silence_says_nothing_of_a_voice() -> None:
    leveller = VoiceLeveller(-20)
    silence = np.zeros(RATE, np.float32)
    assert not leveller.apply("a", silence, RATE).any()
    assert loudness(leveller.apply("a", voice(-30), RATE)) == pytest.approx(-20, abs=0.5)


def test_a_breath_is_not_taken_for_the_voice() -> None:
    leveller = VoiceLeveller(-20)
    leveller.apply("a", voice(-45, 0.1), RATE)
    assert leveller.gain("a") < 6


def test_a_later_change_is_slow_and_smooth() -> None:
    leveller = VoiceLeveller(-20)
    leveller.apply("a", voice(-20, 2), RATE)
    loud = np.full(RATE // 2, 0.5, np.float32)
    pieces = [leveller.apply("a", loud, RATE) for _ in range(20)]
    gain = 20 * np.log10(np.concatenate(pieces) / 0.5)
    assert np.abs(np.diff(gain)).max() < 2 * SLEW / RATE
    assert gain[-1] < -10


def test_voices_are_apart_and_forgotten_at_last() -> None:
    leveller = VoiceLeveller(-20)
    leveller.apply("quiet", voice(-30), RATE)
    leveller.apply("loud", voice(-10), RATE)
    assert leveller.gain("quiet") > 5 > -5 > leveller.gain("loud")
    for number in range(300):
        leveller.apply(f"v{number}", voice(-30, 0.2), RATE)
    assert leveller.gain("quiet") == 0


def test_small_chunks_are_measured_too() -> None:
    leveller = VoiceLeveller(-20)
    sound = voice(-28, 10)
    for start in range(0, len(sound), 480):
        leveller.apply("a", sound[start : start + 480], RATE)
    assert leveller.gain("a") == pytest.approx(8, abs=1)
