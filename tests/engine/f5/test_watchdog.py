"""The watchdog bites when a step does not come back, and only then."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engine.f5.watchdog import EXIT, EXIT_LOADING, LOADING, Watchdog
from bot.speech import engine_child

ROOT = Path(__file__).parents[3]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Bitten(threading.Event):
    """Set with the exit code."""

    code = 0

    def __call__(self, code: int) -> None:
        self.code = code
        self.set()


class Looked(Clock):
    """A clock that tells when the watchdog has looked at it."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = threading.Semaphore(0)

    def __call__(self) -> float:
        if threading.current_thread().name == "watchdog":
            self._asked.release()
        return self.now

    def until_looked_at(self) -> None:
        """Twice: what it saw at first may be what there was before."""
        while self._asked.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self._asked.acquire(timeout=5)


def watchdog(clock: Clock, bite: Callable[[int], None]) -> Watchdog:
    return Watchdog(clock, limit=30, every=0.002, bite=bite)


def test_it_bites_once_a_step_takes_too_long() -> None:
    clock, bitten = Clock(), Bitten()
    dog = watchdog(clock, bitten)
    dog.begin()
    clock.now += 31
    assert bitten.wait(5)
    dog.close()


def test_steps_that_end_are_left_alone() -> None:
    clock, looked = Clock(), threading.Semaphore(0)

    def now() -> float:
        looked.release()
        return clock.now

    bitten = Bitten()
    dog = Watchdog(now, limit=30, every=0.002, bite=bitten)
    dog.begin()
    for _ in range(5):  # looks on while the step goes on
        assert looked.acquire(timeout=5)
    dog.end()
    clock.now += 1000
    dog.begin()
    for _ in range(5):
        assert looked.acquire(timeout=5)
    dog.close()
    assert not bitten.is_set()


def test_what_hangs_is_watched_and_what_has_ended_is_not() -> None:
    clock, bitten = Clock(), Bitten()
    dog = watchdog(clock, bitten)
    with dog.watching():
        pass
    assert dog._on is None
    with dog.watching():
        clock.now += 31
        assert bitten.wait(5)
    assert bitten.code == EXIT
    dog.close()


def test_loading_has_more_time_for_each_of_its_parts_and_an_end_of_its_own() -> None:
    clock, bitten = Looked(), Bitten()
    dog = watchdog(clock, bitten)
    with dog.watching(loading=True):
        clock.now += LOADING - 1
        with dog.paused():
            clock.now += 10_000  # a download
        clock.now += LOADING - 1
        clock.until_looked_at()
        assert not bitten.is_set()
        clock.now += 2
        assert bitten.wait(5)
    assert bitten.code == EXIT_LOADING == engine_child._HUNG_LOADING
    dog.close()


def test_it_ends_the_process() -> None:
    program = """if True:
        import time
        from bot.engine.f5.watchdog import LOADING, Watchdog
        now = 0.0
        Watchdog(lambda: now, every=0.01).begin(loading=True)
        now = LOADING + 1
        time.sleep(60)
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=30)
    assert done.returncode == EXIT_LOADING


def test_a_pause_in_nothing_watches_nothing() -> None:
    dog = watchdog(Clock(), Bitten())
    with dog.paused():
        assert dog._on is None
    assert dog._on is None
    with pytest.raises(ValueError, match="disk"), dog.watching(), dog.paused():
        raise ValueError("disk")
    assert dog._on is None
    dog.close()


def test_a_gpu_that_is_lost_is_not_waited_for() -> None:
    bitten: list[int] = []
    dog = Watchdog(Clock(), bite=bitten.append)
    dog.give_up("the GPU has failed")
    dog.close()
    assert bitten == [EXIT]
