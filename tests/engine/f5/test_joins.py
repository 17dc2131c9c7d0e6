"""Pieces become one stream: what is trimmed, how long the pauses are, what the joins sound like."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.f5.endpoints import loudness
from bot.engine.f5.joins import Joiner, pause_after
from bot.engine.f5.joints import Joint
from tests.engine.f5.espeak_speech import RATE, Samples, blocks, padded, speech

HELLO, MORE, ZH = "Hello there everyone", "welcome to the stream", "今天天气真好"


def join(
    pieces: Iterable[Samples],
    pauses: Iterable[float],
    size: int = 6000,
    level: float = 0.1,
    noise: float = 0.0,
) -> Samples:
    joiner = Joiner(level, noise)
    out = []
    for piece, pause in zip(pieces, pauses, strict=True):
        out += [joiner.push(block) for block in blocks(piece, size)]
        out.append(joiner.end(pause))
    return np.concatenate([*out, joiner.finish()])


def windows(samples: Samples) -> Samples:
    """The RMS of each 10 ms."""
    whole = samples[: samples.size // 240 * 240].reshape(-1, 240)
    return np.sqrt(np.mean(whole**2, axis=1, dtype=np.float32))


def silences(samples: Samples, below: float = 0.004) -> list[float]:
    """Seconds of each silence between speech, those inside words left out."""
    quiet = np.concatenate(([True], windows(samples) < below, [True]))
    edges = np.flatnonzero(np.diff(quiet.astype(int)))[1:-1].reshape(-1, 2)
    return [float(b - a) / 100 for a, b in edges if b - a >= 8]


@pytest.mark.parametrize("noise", [0.0, 0.0003, 0.002], ids=["clean", "-50 dB", "-34 dB"])
@pytest.mark.parametrize("text", [HELLO, ZH, "gg", "好"])
def test_silence_around_speech_is_trimmed(text: str, noise: float) -> None:
    said = speech(text)
    out = join([padded(said, 0.25, 0.7, noise)], [0.3], noise=noise)
    # 40 ms before and 80 ms after are kept; a quiet consonant at either end may be taken for silence
    assert -0.06 <= (out.size - said.size) / RATE - 0.3 <= 0.18


def test_the_last_silence_is_short() -> None:
    joiner = Joiner()
    out = [joiner.push(padded(speech(HELLO), 0.1, 0.8))]
    assert 0.0 <= (sum(map(len, [*out, joiner.finish()])) - speech(HELLO).size) / RATE <= 0.13


@pytest.mark.parametrize("noise", [0.0, 0.0005])
@pytest.mark.parametrize("tails", [(0.0, 0.0), (0.4, 0.2), (0.05, 0.5)])
@pytest.mark.parametrize("joint", [Joint.CLAUSE, Joint.SENTENCE])
def test_pauses_are_as_long_as_the_joint_asks(joint: Joint, tails: tuple[float, float], noise: float) -> None:
    after, before = tails
    wanted = pause_after(joint)
    out = join(
        [padded(speech(HELLO), 0.1, after, noise), padded(speech(MORE), before, 0.3, noise, seed=1)],
        [wanted, 0.0],
    )
    assert max(silences(out, 0.006)) == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize("tails", [(0.0, 0.0), (0.4, 0.2), (0.05, 0.5)])
def test_no_pause_within_a_phrase(tails: tuple[float, float]) -> None:
    after, before = tails
    one, other = speech(HELLO), speech(MORE)
    out = join([padded(one, 0.0, after), padded(other, before, 0.0)], [0.0, 0.0])
    assert not [each for each in silences(out) if each > 0.1]
    assert out.size <= one.size + other.size + 0.06 * RATE


def test_a_pause_falls_with_the_speed() -> None:
    assert pause_after(Joint.SENTENCE, 2.0) == pause_after(Joint.SENTENCE) / 2
    assert pause_after(Joint.WORD) == 0


@pytest.mark.parametrize("pause", [0.0, 0.15, 0.3])
@pytest.mark.parametrize("cut", [0.3017, 0.5534])
def test_no_join_clicks(pause: float, cut: float) -> None:
    """Tones cut in full swing: no sample is further from the one before it than in a tone."""
    time = np.arange(RATE) / RATE
    tone = (0.2 * np.sin(2 * np.pi * 150 * time)).astype(np.float32)
    out = join([tone[: round(cut * RATE)], tone[77:], tone[31:]], [pause, pause, 0.0])
    jumps = np.abs(np.diff(out))
    assert jumps.max() <= 1.6 * np.abs(np.diff(tone)).max()


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.5])
def test_loudness_does_not_jump(ratio: float) -> None:
    one, other = speech(HELLO), speech(MORE)
    other = other * np.float32(ratio * loudness(windows(one).tolist()) / loudness(windows(other).tolist()))
    out = join([padded(one, 0.05, 0.1), padded(other, 0.05, 0.1)], [0.3, 0.0])
    left = loudness(windows(out[-other.size :]).tolist()) / loudness(windows(one).tolist())
    assert abs(20 * np.log10(left)) <= max(0.6 * abs(20 * np.log10(ratio)), 1.2)


def test_loudness_is_matched_within_bounds() -> None:
    """A whisper stays a whisper: a piece that is meant to be quiet is raised by 3 dB at most."""
    out = join([speech(HELLO), speech(MORE, 0.02)], [0.3, 0.0])
    after = out[-speech(MORE).size // 2 :]
    assert float(np.max(np.abs(after))) <= float(np.max(np.abs(speech(MORE, 0.02)))) * 1.45


def test_the_first_piece_goes_out_before_it_is_complete() -> None:
    said = padded(speech(HELLO), 0.1, 0.3)
    joiner = Joiner()
    came = 0
    for number, block in enumerate(blocks(said, 2400), 1):
        came += joiner.push(block).size
        if number == 3:
            assert came >= 2400  # of 0.3 s, 0.1 s silent
    assert joiner.speech == pytest.approx(speech(HELLO).size / RATE, abs=0.08)


def test_a_pause_inside_a_piece_stays_but_for_one_that_was_not_meant() -> None:
    one, other = speech(HELLO), speech(MORE)
    natural = join([np.concatenate((one, padded(other, 0.35, 0.2)))], [0.0])
    assert max(silences(natural)) == pytest.approx(0.35, abs=0.04)
    stuck = join([np.concatenate((one, padded(other, 2.5, 0.2)))], [0.0])
    assert max(silences(stuck)) == pytest.approx(0.6, abs=0.05)


def test_the_release_of_a_last_consonant_is_kept() -> None:
    """A "t" after 100 ms of closure is speech; a click half a second later is not."""
    vowel = speech("Hello there everyone")
    burst = np.random.default_rng(0).normal(0, 0.05, 240).astype(np.float32)
    silence = np.zeros(round(0.1 * RATE), np.float32)
    out = join([np.concatenate((vowel, silence, burst, np.zeros(RATE // 2, np.float32)))], [0.0])
    assert out.size >= vowel.size + silence.size + burst.size
    late = np.concatenate((vowel, np.zeros(RATE // 2, np.float32), burst, np.zeros(RATE // 2, np.float32)))
    assert join([late], [0.0]).size <= vowel.size + 0.12 * RATE


def test_a_breath_between_pieces_is_not_heard_twice() -> None:
    breath = np.random.default_rng(0).normal(0, 0.0025, round(0.25 * RATE)).astype(np.float32)  # -32 dB
    quiet = np.zeros(round(0.08 * RATE), np.float32)
    one = np.concatenate((speech(HELLO), quiet, breath))
    other = np.concatenate((breath, quiet, speech(MORE)))
    out = join([one, other], [0.3, 0.0])
    assert out.size <= speech(HELLO).size + speech(MORE).size + (0.3 + 0.12) * RATE


@pytest.mark.parametrize("silent", [np.zeros(RATE, np.float32), np.zeros(0, np.float32)])
def test_a_piece_that_says_nothing(silent: Samples) -> None:
    joiner = Joiner()
    assert joiner.push(silent).size == 0
    assert joiner.speech == 0
    assert joiner.end(0.3).size == 0
    assert joiner.finish().size == 0
    with_it = join([speech(HELLO), silent, speech(MORE)], [0.0, 0.3, 0.0])
    without = join([speech(HELLO), speech(MORE)], [0.0, 0.0])
    assert abs(with_it.size - without.size) <= 0.31 * RATE


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=40), st.sampled_from([0.0, 0.15, 0.3]))
def test_how_the_blocks_come_does_not_matter(sizes: list[int], pause: float) -> None:
    pieces = [padded(speech(HELLO), 0.1, 0.2, 0.0003), padded(speech(MORE), 0.1, 0.2, 0.0003, seed=1)]
    whole = join(pieces, [pause, 0.0], size=10**6)
    joiner = Joiner()
    out: list[Samples] = []
    for piece, after in zip(pieces, [pause, 0.0], strict=True):
        at = turn = 0
        while at < piece.size:
            out.append(joiner.push(piece[at : at + sizes[turn % len(sizes)]]))
            at += sizes[turn % len(sizes)]
            turn += 1
        out.append(joiner.end(after))
    np.testing.assert_array_equal(np.concatenate([*out, joiner.finish()]), whole)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from([0.0, 0.15, 0.3])), max_size=4),
    st.integers(0, 99),
)
def test_any_samples(pieces: list[tuple[int, float]], seed: int) -> None:
    """Noise, bursts and stumps of pieces: never longer than they and their pauses, never louder by 3 dB."""
    random = np.random.default_rng(seed)
    joiner = Joiner()
    came = went = 0
    for size, pause in pieces:
        piece = (
            random.normal(0, 0.2, size) * (random.random(size // 500 + 1) > 0.5).repeat(500)[:size]
        ).astype(np.float32)
        came += size + round(pause * RATE)
        for out in (joiner.push(piece), joiner.end(pause)):
            went += out.size
            assert out.dtype == np.float32
            assert not out.size or float(np.abs(out).max()) <= float(np.abs(piece).max(initial=0.5)) * 2
    assert went + joiner.finish().size <= came
