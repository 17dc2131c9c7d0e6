"""What is kept of finished speech, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bot.engine.f5.finished import Asked, Finished, Samples


def asked(text: str) -> Asked:
    return Asked("voice", text, 1.0, "7 steps")


def spoken(*sizes: int) -> list[Samples]:
    return [np.full(size, 0.5, np.float32) for size in sizes]


def keep(finished: Finished, text: str, *sizes: int) -> None:
    for _ in finished.record(asked(text), spoken(*sizes)):
        pass


def test_what_was_spoken_whole_is_kept() -> None:
    finished = Finished(1000)
    blocks = spoken(3, 4)
    assert [block.size for block in finished.record(asked("gg"), blocks)] == [3, 4]
    found = finished.get(asked("gg"))
    assert found is not None
    np.testing.assert_array_equal(found, np.concatenate(blocks))
    assert not found.flags.writeable
    assert (finished.hits, finished.misses, finished.bytes, len(finished)) == (1, 0, 28, 1)


def test_everything_that_changes_the_sound_is_asked_for() -> None:
    finished = Finished(1000)
    keep(finished, "gg", 5)
    for other in (
        Asked("other", "gg", 1.0, "7 steps"),
        Asked("voice", "GG", 1.0, "7 steps"),
        Asked("voice", "gg", 1.1, "7 steps"),
        Asked("voice", "gg", 1.0, "8 steps"),
    ):
        assert finished.get(other) is None
    assert finished.misses == 4


def test_what_was_cut_off_is_not_kept_and_its_source_is_closed() -> None:
    closed: list[bool] = []

    def source() -> Iterator[Samples]:
        try:
            yield from spoken(3, 4)
        finally:
            closed.append(True)

    finished = Finished(1000)
    recording = finished.record(asked("gg"), source())
    next(recording)
    recording.close()
    assert closed
    assert finished.get(asked("gg")) is None


def test_what_fails_is_not_kept() -> None:
    def source() -> Iterator[Samples]:
        yield from spoken(3)
        raise RuntimeError

    finished = Finished(1000)
    with pytest.raises(RuntimeError):
        list(finished.record(asked("gg"), source()))
    assert len(finished) == 0


def test_the_least_recently_asked_for_goes_first() -> None:
    finished = Finished(100)
    for text in "abcd":
        keep(finished, text, 6)  # 24 bytes
    assert finished.get(asked("a")) is not None
    keep(finished, "e", 6)
    assert [finished.get(asked(text)) is not None for text in "abcde"] == [True, False, True, True, True]
    assert finished.bytes == 96


def test_the_limit_holds() -> None:
    finished = Finished(100)
    keep(finished, "a", 6)
    keep(finished, "long", 10, 10, 10)
    assert finished.get(asked("long")) is None
    assert finished.get(asked("a")) is not None
    keep(finished, "a", 10)  # again, and longer: once
    assert (finished.bytes, len(finished)) == (40, 1)
    finished.clear()
    assert (finished.bytes, len(finished)) == (0, 0)


def test_a_limit_of_nothing_keeps_nothing() -> None:
    finished = Finished(0)
    keep(finished, "a", 6)
    keep(finished, "nothing at all")
    assert len(finished) == 0


def test_what_is_written_over_later_is_kept_as_it_was() -> None:
    finished = Finished(1000)
    for block in finished.record(asked("gg"), spoken(3)):
        block[:] = 0
    found = finished.get(asked("gg"))
    assert found is not None
    assert found.tolist() == [0.5] * 3
