"""The watchdog bites when a step does not come back, and only then."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bot.engine.f5.watchdog import Watchdog


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def watchdog(clock: Clock, bite: Callable[[], None]) -> Watchdog:
    return Watchdog(clock, limit=30, every=0.002, bite=bite)


def test_it_bites_once_a_step_takes_too_long() -> None:
    clock, bitten = Clock(), threading.Event()
    dog = watchdog(clock, bitten.set)
    dog.begin()
    clock.now += 31
    assert bitten.wait(5)
    dog.close()


def test_steps_that_end_are_left_alone() -> None:
    clock, looked = Clock(), threading.Semaphore(0)

    def now() -> float:
        looked.release()
        return clock.now

    bitten = threading.Event()
    dog = Watchdog(now, limit=30, every=0.002, bite=bitten.set)
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
    clock, bitten = Clock(), threading.Event()
    dog = watchdog(clock, bitten.set)
    with dog.watching():
        pass
    assert dog._since is None
    with dog.watching():
        clock.now += 31
        assert bitten.wait(5)
    dog.close()


def test_a_gpu_that_is_lost_is_not_waited_for() -> None:
    bitten: list[bool] = []
    dog = Watchdog(Clock(), bite=lambda: bitten.append(True))
    dog.give_up("the GPU has failed")
    dog.close()
    assert bitten == [True]
