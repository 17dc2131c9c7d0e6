"""Where somebody speaks: the same places in a quiet room and in a loud one."""

from __future__ import annotations

import numpy as np
import pytest

from bot.engine.references import RATE
from bot.engine.references.contour import SILENT, clipped_share, contour
from tests.engine.references.recordings import long_recording, noise, recorded, silence, speech


@pytest.mark.parametrize("room", [-95.0, -70.0, -50.0, -40.0])
@pytest.mark.parametrize("loudness", [1.0, 0.1])
def test_the_ends_of_speech_are_found_in_any_room(room: float, loudness: float) -> None:
    words = speech() * np.float32(loudness)
    heard = contour(recorded(silence(0.7), words, silence(1.1), room=room + 20 * np.log10(loudness)), RATE)
    assert heard.whole.begin == pytest.approx(0.7, abs=0.12)
    assert heard.whole.end == pytest.approx(0.7 + words.size / RATE, abs=0.15)


def test_noise_and_speech_are_measured() -> None:
    words = speech()
    heard = contour(recorded(silence(0.5), words, silence(0.5), room=-50), RATE)
    assert heard.noise == pytest.approx(-50, abs=2)
    active = words[np.abs(words) > 0.01]
    assert heard.speech == pytest.approx(20 * np.log10(np.sqrt(np.mean(active**2))), abs=3)


def test_pauses_are_where_nobody_speaks() -> None:
    samples, _ = long_recording()
    long = [pause for pause in contour(samples, RATE).pauses if pause.seconds > 0.4]
    assert len(long) == 2
    for pause in long:
        inside = samples[round(pause.begin * RATE) : round(pause.end * RATE)]
        assert np.abs(inside).max() < 0.02


@pytest.mark.parametrize(
    "samples", [silence(3), silence(0), np.zeros(1, np.float32), noise(RATE, -96)], ids=lambda each: each.size
)
def test_silence_has_no_parts(samples: np.ndarray) -> None:
    heard = contour(samples, RATE)
    assert heard.speech < -90 or heard.speech == SILENT
    assert heard.whole.seconds == 0 or heard.speech < -60


def test_a_click_is_no_speech() -> None:
    samples = recorded(silence(0.5), speech(), silence(2.0))
    samples[-RATE : -RATE + 40] = 0.9
    assert contour(samples, RATE).whole.end < samples.size / RATE - 1.5


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_what_was_cut_off_is_seen_even_if_it_was_made_softer_later(gain: float) -> None:
    words = speech()
    words /= np.abs(words).max()
    cut = np.clip(words * 4, -1, 1) * np.float32(gain)
    assert clipped_share(cut) > 0.01
    assert clipped_share(words * np.float32(gain)) == 0
    assert clipped_share(silence(1)) == 0
    assert clipped_share(silence(0)) == 0
