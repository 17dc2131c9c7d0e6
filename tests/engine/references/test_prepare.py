"""References: what is made of good recordings, and what is said of others."""

from __future__ import annotations

import numpy as np
import pytest

from bot.engine.references import RATE, Prepared, Refused, prepare, sound_of
from bot.engine.references.contour import contour
from bot.engine.references.prepare import shortened
from tests.engine.references.recordings import (
    TEXT,
    long_recording,
    noise,
    recorded,
    silence,
    sound,
    speech,
)


@pytest.fixture(scope="module")
def good() -> Prepared:
    return prepare(sound(recorded(silence(0.8), speech() * 0.3, silence(1.2)) + np.float32(0.05)), TEXT)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def test_a_good_recording(good: Prepared) -> None:
    assert {check.verdict for check in good.report.checks} == {"good"}
    assert good.samples.dtype == np.float32
    assert good.speech_seconds == pytest.approx(speech().size / RATE, abs=0.2)
    assert good.report.begin == pytest.approx(0.8, abs=0.12)
    assert rms(good.samples[: good.speech]) == pytest.approx(0.1, rel=0.02)
    assert abs(float(good.samples[: good.speech].mean())) < 1e-3  # the offset is gone
    assert good.samples.size - good.speech == RATE // 2
    assert not good.samples[good.speech :].any()
    assert good.text == TEXT + " "
    assert good.report.spoken <= good.report.seconds


def test_the_level_of_the_recording_does_not_matter(good: Prepared) -> None:
    loud = prepare(sound(recorded(silence(0.8), speech(), silence(1.2), room=-50)), TEXT)
    assert rms(loud.samples[: loud.speech]) == pytest.approx(0.1, rel=0.02)
    assert loud.report.gain < good.report.gain


def test_a_peak_is_never_cut_off() -> None:
    samples = recorded(silence(0.3), speech() * 0.02, silence(0.3), room=-80)
    samples[RATE] = 0.5  # a crack, 14 dB above all else
    assert np.abs(prepare(sound(samples), TEXT).samples).max() < 1


def test_preparing_what_was_prepared_changes_little(good: Prepared) -> None:
    again = prepare(sound(good.samples), TEXT)
    assert again.speech_seconds == pytest.approx(good.speech_seconds, abs=0.1)
    assert again.report.gain == pytest.approx(0, abs=0.1)
    stands = prepare(sound(good.samples[: good.speech]), TEXT, tail=1.0, as_it_stands=True)
    assert stands.speech == good.speech
    assert np.array_equal(stands.samples[: good.speech], good.samples[: good.speech])
    assert stands.samples.size == good.speech + RATE


def test_any_rate_is_brought_to_the_models() -> None:
    import soxr

    samples = recorded(silence(0.5), speech(), silence(0.5))
    at_48 = soxr.resample(samples, RATE, 48_000)
    assert prepare(sound_of(at_48, 48_000), TEXT).speech_seconds == pytest.approx(
        prepare(sound(samples), TEXT).speech_seconds, abs=0.03
    )


def test_the_fingerprint_is_of_sound_and_text(good: Prepared) -> None:
    samples = recorded(silence(0.8), speech() * 0.3, silence(1.2)) + np.float32(0.05)
    assert prepare(sound(samples), TEXT).fingerprint == good.fingerprint
    assert prepare(sound(samples), TEXT + "!").fingerprint != good.fingerprint
    assert prepare(sound(samples), TEXT, tail=0.4).fingerprint != good.fingerprint


def made(what: str) -> np.ndarray:
    words = speech()
    match what:
        case "silent":
            return noise(4 * RATE, -75)
        case "empty":
            return silence(0)
        case "too_short":
            return recorded(silence(0.5), words[: RATE // 2], silence(0.5))
        case "short":
            return recorded(silence(0.5), words[: 2 * RATE], silence(0.5))
        case "too_long":
            return long_recording()[0]
        case "clipped":
            return np.clip(recorded(words / np.abs(words).max()) * 12, -1, 1)
        case "noisy":
            return recorded(silence(0.5), words * 0.1, silence(0.5), room=-52)
        case "drowned":
            return noise(4 * RATE, -20)
        case "quiet":
            return recorded(silence(0.5), words * 0.01, silence(0.5), room=-95)
        case _:
            return recorded(silence(0.5), words, silence(0.5))


@pytest.mark.parametrize(
    ("what", "text", "code", "words"),
    [
        ("silent", TEXT, "silent", "Silent"),
        ("empty", TEXT, "silent", "Silent"),
        ("too_short", "Hi.", "too_short", "Too short"),
        ("too_long", TEXT, "too_long", "it pauses at"),
        ("clipped", TEXT, "clipped", "Overdriven"),
        ("drowned", TEXT, "noisy", "No clear speech"),
        ("good", "", "no_transcript", "No transcript"),
        ("good", " \n", "no_transcript", "No transcript"),
        ("good", "…!?", "no_words", "no words"),
        ("good", "a" * 601, "long_transcript", "601 characters"),
    ],
)
def test_what_no_voice_can_be_cloned_from(what: str, text: str, code: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        prepare(sound(made(what)), text)
    faults = refused.value.report.faults
    assert code in [check.code for check in faults]
    assert refused.value.report.json()["verdict"] == "bad"
    assert all(check.sentence.endswith(".") and "\n" not in check.sentence for check in faults)


@pytest.mark.parametrize(
    ("what", "text", "code"),
    [
        ("short", "Today we are playing.", "short"),
        ("noisy", TEXT, "noisy"),
        ("quiet", TEXT, "quiet"),
        ("good", "Hello.", "transcript_short"),
        ("good", TEXT * 4, "transcript_long"),
    ],
)
def test_what_is_poor_is_said_and_taken(what: str, text: str, code: str) -> None:
    report = prepare(sound(made(what)), text).report
    assert [check.code for check in report.warnings] == [code]
    assert report.json()["verdict"] == "poor"


def test_a_telephone_is_heard_to_be_one() -> None:
    samples = recorded(silence(0.5), speech(), silence(0.5))[::3].copy()
    assert [check.code for check in prepare(sound_of(samples, 8000), TEXT).report.warnings] == ["dull"]


def test_of_a_long_recording_parts_are_proposed_with_their_likely_words() -> None:
    samples, words = long_recording()
    with pytest.raises(Refused) as refused:
        prepare(sound(samples), words)
    report = refused.value.report
    assert len(report.proposals) == 3
    assert [part.text for part in report.proposals] == [f"{sentence}." for sentence in words[:-1].split(". ")]
    for part in report.proposals:
        piece = samples[round(part.begin * RATE) : round(part.end * RATE)]
        assert prepare(sound(piece), part.text).report.verdict == "good"


def test_a_long_recording_is_shortened_at_a_pause() -> None:
    samples, _ = long_recording()
    short = shortened(sound(samples))
    assert 3 <= short.samples.size / RATE <= 8
    assert short.begin == pytest.approx(0.45, abs=0.1)
    assert (
        contour(short.samples, RATE).pauses
        == contour(samples[round(short.begin * RATE) :], RATE).pauses[
            : len(contour(short.samples, RATE).pauses)
        ]
        or short.more
    )
    fits = sound(made("good"))
    assert shortened(fits) is fits


def test_a_length_that_somebody_chose_is_taken_up_to_twelve_seconds() -> None:
    samples, words = long_recording()
    first_two = samples[: round(9.5 * RATE)]
    report = prepare(sound(first_two), words[:120], chosen=True).report
    assert [check.code for check in report.warnings if check.name == "length"] == ["long"]
    with pytest.raises(Refused, match="Too long"):
        prepare(sound(np.tile(samples, 2)), words, chosen=True)
