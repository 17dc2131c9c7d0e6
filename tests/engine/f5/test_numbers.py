"""What the engine says of its speed is what happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.engine.f5.numbers import Numbers


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def speech(clock: Clock, *turns: tuple[float, int]) -> Iterator[NDArray[np.float32]]:
    """A block of so many samples after so many seconds of work, for each turn."""
    for seconds, samples in turns:
        clock.now += seconds
        yield np.ones(samples, np.float32)


def test_work_is_what_is_done_in_the_requests_own_turns() -> None:
    clock = Clock()
    numbers = Numbers(1000, clock)
    for _ in numbers.watch(speech(clock, (0.1, 0), (0.1, 500), (0.2, 500))):
        clock.now += 5  # others have their turn, or the client takes its time
    told = numbers.as_json()
    assert told["rtf_mean"] == pytest.approx(0.4)
    assert told["first_sound_p50"] == pytest.approx(5.2)
    assert told["requests"] == 1
    assert told["failures"] == 0


def test_nothing_measured_is_not_a_number() -> None:
    assert Numbers(1000, Clock()).as_json()["rtf_p95"] is None


def test_a_failure_is_counted_and_told_on() -> None:
    clock = Clock()
    numbers = Numbers(1000, clock)

    def broken() -> Iterator[NDArray[np.float32]]:
        yield np.ones(1, np.float32)
        raise ValueError("the GPU fell off")

    with pytest.raises(ValueError, match="fell off"):
        list(numbers.watch(broken()))
    assert numbers.as_json()["failures"] == 1


def test_speech_that_is_cut_off_is_closed_and_is_no_failure() -> None:
    clock = Clock()
    numbers = Numbers(1000, clock)
    closed: list[bool] = []

    def endless() -> Iterator[NDArray[np.float32]]:
        try:
            while True:
                clock.now += 0.5
                yield np.ones(10, np.float32)
        finally:
            closed.append(True)

    with contextlib.closing(numbers.watch(endless())) as watched:
        next(watched)
    told = numbers.as_json()
    assert closed == [True]
    assert (told["failures"], told["rtf_mean"], told["first_sound_p50"]) == (0, None, 0.5)
