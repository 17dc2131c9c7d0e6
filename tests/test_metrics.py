"""What is counted of a feed, and quantiles."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from bot.feed import Feed
from bot.messages import (
    Asked,
    Author,
    ChatMessage,
    Dropped,
    EngineState,
    Fragment,
    Heard,
    Queued,
    Refused,
    Speaking,
    Spoken,
    State,
    Trouble,
    Utterance,
)
from bot.metrics import Histogram, Metrics, quantile

EVENT = ChatMessage(source="twitch", channel="c", id="1", author=Author("1", "A"), fragments=(Fragment("x"),))
UTTERANCE = Utterance(id="1", text="x", voice="mei")


def test_everything_is_counted_once() -> None:
    metrics, feed = Metrics(), Feed()
    feed.subscribe(metrics.count)
    for entry in (
        *(Heard(EVENT), Heard(EVENT), Heard(EVENT)),
        *(Refused(EVENT, "bot"), Refused(EVENT, "bot"), Refused(EVENT, "command")),
        *(Queued(UTTERANCE), Queued(UTTERANCE)),
        Dropped(UTTERANCE, "stale"),
        *(Speaking(UTTERANCE, 0.5), Speaking(UTTERANCE, 0.25)),
        Spoken(UTTERANCE),
        *(EngineState(State.READY), Trouble("k", "d")),
    ):
        feed.publish(entry)
    assert metrics == Metrics(
        heard=3,
        queued=2,
        spoken=1,
        refused=Counter(bot=2, command=1),
        dropped=Counter(stale=1),
        latencies=metrics.latencies,
    )
    assert list(metrics.latencies) == [0.5, 0.25]


def test_latencies_are_bounded_and_the_last_ones() -> None:
    metrics = Metrics()
    for number in range(5000):
        metrics.count(Speaking(UTTERANCE, float(number)))
    assert len(metrics.latencies) == 1000
    assert metrics.latencies[0] == 4000


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7], 0.5, 7),
        ([7], 0.0, 7),
        ([3, 1, 2], 0.5, 2),
        ([4, 1, 3, 2], 0.5, 2),
        (range(1, 101), 0.95, 95),
        (range(1, 101), 0.99, 99),
        (range(1, 101), 1.0, 100),
        (range(1, 101), 0.0, 1),
        (range(1, 21), 0.95, 19),
        (range(1, 22), 0.95, 20),
    ],
)
def test_quantile(values: list[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


def test_quantile_of_nothing() -> None:
    assert math.isnan(quantile([], 0.5))


def test_requests_to_the_engine() -> None:
    metrics = Metrics()
    metrics.asked(Asked(first=0.02, took=0.1, sound=2.0, total=3.0))
    metrics.asked(Asked(first=0.04, took=0.0, sound=0.0, total=1.0))
    metrics.asked(Asked(0, 0, 0, failed=True))
    assert (metrics.requests, metrics.errors, metrics.sound) == (3, 1, 4.0)
    assert list(metrics.firsts) == [0.02, 0.04]
    assert list(metrics.paces) == [0.05]
    assert metrics.first_sound.total == pytest.approx(0.06)


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7):
        histogram.add(value)
    assert histogram.cumulative() == [("0.1", 2), ("1", 3), ("+Inf", 4)]
