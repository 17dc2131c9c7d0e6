"""What the audio thread pulls: order, silence, fades, volume, marks."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from bot.playback.buffer import MarkKind, SpeechBuffer
from bot.playback.output import Samples

RATE = 1000


def pulled(buffer: SpeechBuffer, frames: int) -> Samples:
    out = np.full(frames, 9, np.float32)
    buffer.pull(out)
    return out


def ones(frames: int) -> Samples:
    return np.ones(frames, np.float32)


def test_speech_then_silence() -> None:
    buffer = SpeechBuffer(RATE)
    buffer.append("a", np.array([0.1, 0.2, 0.3], np.float32))
    out = np.full(5, 9, np.float32)
    assert buffer.pull(out) == 3
    assert out.tolist() == pytest.approx([0.1, 0.2, 0.3, 0, 0])
    assert buffer.seconds == 0


def test_marks_tell_when_an_utterance_begins_and_ends() -> None:
    woken = []
    buffer = SpeechBuffer(RATE, clock=lambda: 10.0, wake=lambda: woken.append(1))
    buffer.append("a", ones(4))
    buffer.append("a", ones(4))
    buffer.finish("a", 0.002)
    buffer.append("b", ones(10))
    pulled(buffer, 8)
    pulled(buffer, 8)
    marks = [(mark.kind, mark.utterance_id, round(mark.at, 6)) for mark in buffer.marks]
    # The end of "a" is told with the pull that took its last sample, "b" begins after the pause.
    assert marks == [
        (MarkKind.STARTED, "a", 10.0),
        (MarkKind.FINISHED, "a", 10.008),
        (MarkKind.STARTED, "b", 10.002),
    ]
    buffer.marks.clear()
    woken.clear()
    pulled(buffer, 2)
    assert not woken


def test_an_end_that_comes_after_the_last_sample_was_taken() -> None:
    buffer = SpeechBuffer(RATE, clock=lambda: 1.0)
    buffer.append("a", ones(4))
    pulled(buffer, 8)
    assert buffer.gaps == 1
    pulled(buffer, 8)
    assert buffer.gaps == 1
    buffer.finish("a", 0)
    pulled(buffer, 8)
    assert [mark.kind for mark in buffer.marks] == [MarkKind.STARTED, MarkKind.FINISHED]


def test_removing_what_sounds_fades_and_drops_the_rest() -> None:
    buffer = SpeechBuffer(48_000)
    buffer.append("a", ones(48_000))
    buffer.finish("a", 0.1)
    buffer.append("b", ones(480) * 0.5)
    pulled(buffer, 480)
    buffer.remove("a")
    out = pulled(buffer, 960)
    faded = out[:240]
    assert np.abs(np.diff(faded, prepend=1)).max() < 0.01
    assert faded[-1] < 0.01
    assert (out[240:720] == 0.5).all()
    assert not out[720:].any()


def test_removing_what_only_waits_leaves_the_rest_alone() -> None:
    buffer = SpeechBuffer(RATE)
    buffer.append("a", ones(4))
    buffer.append("b", ones(4) * 0.5)
    buffer.append("c", ones(4) * 0.25)
    pulled(buffer, 2)
    buffer.remove("b")
    assert pulled(buffer, 6).tolist() == [1, 1, 0.25, 0.25, 0.25, 0.25]


def test_clearing_keeps_a_fade_that_has_begun() -> None:
    buffer = SpeechBuffer(48_000)
    buffer.append("a", ones(4800))
    pulled(buffer, 480)
    buffer.remove("a")
    buffer.append("b", ones(4800))
    buffer.clear()
    out = pulled(buffer, 480)
    assert out[0] > 0.9
    assert not out[240:].any()


@pytest.mark.parametrize("volume", [0.0, 0.3])
def test_the_volume_moves_at_once_and_without_a_step(volume: float) -> None:
    buffer = SpeechBuffer(48_000)
    buffer.append("a", ones(4800))
    assert (pulled(buffer, 480) == 1).all()
    buffer.volume = volume
    out = np.concatenate([pulled(buffer, 100), pulled(buffer, 380)])
    assert np.abs(np.diff(out, prepend=1)).max() < 0.01
    assert out[240:] == pytest.approx(volume)
    buffer.volume = 1.0
    assert pulled(buffer, 480)[-1] == 1


def test_a_pause_takes_no_more_than_its_ramp_and_loses_nothing() -> None:
    buffer = SpeechBuffer(48_000)
    buffer.append("a", ones(4800))
    pulled(buffer, 480)
    buffer.paused = True
    out = pulled(buffer, 960)
    assert out[0] > 0.9
    assert not out[240:].any()
    left = buffer.seconds
    assert not pulled(buffer, 960).any()
    assert buffer.seconds == left == pytest.approx((4800 - 480 - 240) / 48_000)
    buffer.paused = False
    out = pulled(buffer, 480)
    assert out[0] < 0.1
    assert out[-1] == 1


def test_waking_below_a_level_happens_once() -> None:
    woken = []
    buffer = SpeechBuffer(RATE, wake=lambda: woken.append(len(buffer.marks)))
    assert buffer.wake_below(0.01)
    buffer.append("a", ones(30))
    assert not buffer.wake_below(0.01)
    pulled(buffer, 10)
    buffer.marks.clear()
    woken.clear()
    pulled(buffer, 5)
    assert not woken
    pulled(buffer, 5)
    pulled(buffer, 5)
    assert woken == [0]


def test_what_is_buffered_follows_the_output_to_another_rate() -> None:
    buffer = SpeechBuffer(48_000)
    tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000).astype(np.float32)
    for start in range(0, 48_000, 1000):
        buffer.append("a", tone[start : start + 1000])
    buffer.finish("a", 0.1)
    pulled(buffer, 4800)
    buffer.convert(44_100)
    assert buffer.seconds == pytest.approx(1.0, abs=1e-3)
    out = pulled(buffer, 44_100)
    expected = np.sin(2 * np.pi * 440 * (np.arange(44_100) / 44_100 + 0.1))
    assert out[200:39_000] == pytest.approx(expected[200:39_000], abs=0.01)
    assert [mark.kind for mark in buffer.marks] == [MarkKind.STARTED, MarkKind.FINISHED]


def test_no_sample_is_lost_between_two_threads() -> None:
    buffer = SpeechBuffer(48_000)
    total = 200_000
    heard: list[Samples] = []
    done = threading.Event()

    def pulling() -> None:
        while not done.is_set() or buffer.seconds:
            out = np.zeros(480, np.float32)
            heard.append(out[: buffer.pull(out)])

    thread = threading.Thread(target=pulling)
    thread.start()
    numbers = np.arange(1, total + 1, dtype=np.float32)
    for start in range(0, total, 733):
        buffer.append(f"u{start // 7330}", numbers[start : start + 733])
    done.set()
    thread.join(20)
    assert np.array_equal(np.concatenate(heard), numbers)
