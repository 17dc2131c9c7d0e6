"""Rates by client."""

from __future__ import annotations

import pytest

from bot.web.limits import Buckets
from tests.people import Clock


def test_points_come_back_with_time() -> None:
    clock = Clock()
    buckets = Buckets(2.0, 10.0, clock)
    assert [buckets.take("a", 4) for _ in range(2)] == [0, 0]
    assert buckets.take("a", 4) == pytest.approx(1.0)
    assert buckets.take("b", 4) == 0  # somebody else
    clock.now += 1
    assert buckets.take("a", 4) == 0
    clock.now += 1000
    assert buckets.left("a") == 10  # and no more


def test_asking_in_vain_costs_nothing() -> None:
    clock = Clock()
    buckets = Buckets(1.0, 5.0, clock)
    buckets.take("a", 5)
    for _ in range(100):
        assert buckets.take("a", 1) > 0
    clock.now += 1
    assert buckets.take("a", 1) == 0


def test_a_crowd_of_clients_is_forgotten_again() -> None:
    buckets = Buckets(1.0, 5.0, Clock())
    for number in range(10_000):
        buckets.take(str(number))
    assert len(buckets._left) <= 4096
