"""What is taken for speech, at any loudness and in noise."""

from __future__ import annotations

import numpy as np
import pytest

from bot.engine.f5.endpoints import WINDOW, Endpoints, loudness, rms_of
from tests.engine.f5.espeak_speech import RATE, padded, speech


@pytest.mark.parametrize("level", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("noise", [0.0, 0.003, 0.02, 0.04], ids=["clean", "-50 dB", "-34 dB", "-28 dB"])
def test_speech_is_found_between_silences(level: float, noise: float) -> None:
    """`noise` relative to the speech; the endpoints know the level, and learn the noise from the silence."""
    said = speech("Hello there everyone", level)
    endpoints = Endpoints(level)
    sound = padded(said, 0.5, 0.5, noise * level)
    heard = [
        endpoints.hear(rms_of(sound[at : at + WINDOW])) for at in range(0, sound.size - WINDOW + 1, WINDOW)
    ]
    clear = [each.clear for each in heard[10:]]  # the noise is known after 50 ms
    assert not any(clear[:39])
    assert not any(clear[-45:])
    assert sum(clear) >= 0.6 * said.size / WINDOW


def test_between_the_thresholds_is_possible_and_not_clear() -> None:
    endpoints = Endpoints(0.1)
    breath = endpoints.hear(0.002)
    assert breath.possible
    assert not breath.clear
    assert endpoints.hear(0.01).clear
    assert not endpoints.hear(0.0005).possible


def test_speech_without_a_pause_is_not_noise() -> None:
    endpoints = Endpoints(0.1)
    assert sum(endpoints.hear(0.1).clear for _ in range(500)) == 500


def test_the_level_follows_what_is_said() -> None:
    endpoints = Endpoints(0.1)
    for _ in range(49):
        endpoints.learn(0.3)
    assert endpoints.level == 0.1
    endpoints.learn(0.3)
    assert endpoints.level == pytest.approx(0.3)


def test_loudness_is_that_of_what_is_loud() -> None:
    assert loudness([0.2, 0.2, 0.01, 0.0]) == pytest.approx(0.2)
    assert loudness([]) == 0
    assert rms_of(np.zeros(0, np.float32)) == 0
    assert rms_of(np.full(RATE, 0.5, np.float32)) == pytest.approx(0.5)
