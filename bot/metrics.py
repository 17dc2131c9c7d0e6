"""Counts, latencies and the engine's pace, taken from the feed and from those who ask the engine."""

from __future__ import annotations

import bisect
import itertools
import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.messages import Asked, Dropped, FeedEntry, Heard, Queued, Refused, Speaking, Spoken

_LAST = 1000  # values that quantiles are taken of


@dataclass(slots=True)
class Histogram:
    """How many values were at most each bound, as Prometheus wants it told."""

    bounds: tuple[float, ...]
    counts: list[int] = field(
        init=False
    )  # of values up to each bound and above the one before; then the rest
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[bisect.bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """(bound, how many values are at most that), the last one "+Inf"."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        return list(zip(names, itertools.accumulate(self.counts), strict=True))


def _last() -> deque[float]:
    return deque(maxlen=_LAST)


_CHAT_TO_SOUND = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_FIRST_SOUND = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Metrics:
    """What has happened since the bot started. Subscribe `count` to a feed, and tell `asked` of requests."""

    heard: int = 0
    queued: int = 0
    spoken: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    dropped: Counter[str] = field(default_factory=Counter)  # by reason
    latencies: deque[float] = field(default_factory=_last)  # seconds, the last ones
    requests: int = 0  # to the engine
    errors: int = 0  # of these
    sound: float = 0.0  # seconds that the engine has made
    firsts: deque[float] = field(default_factory=_last)  # seconds to an answer's first sound, the last ones
    paces: deque[float] = field(default_factory=_last)  # seconds of work for a second of sound, the last ones
    paced: int = field(default=0, compare=False)  # how many paces there were in all
    measured: int = field(default=0, compare=False)  # how many latencies there were in all
    chat_to_sound: Histogram = field(default_factory=lambda: Histogram(_CHAT_TO_SOUND), compare=False)
    first_sound: Histogram = field(default_factory=lambda: Histogram(_FIRST_SOUND), compare=False)

    def count(self, entry: FeedEntry) -> None:
        match entry:
            case Heard():
                self.heard += 1
            case Queued():
                self.queued += 1
            case Spoken():
                self.spoken += 1
            case Refused(reason=reason):
                self.refused[reason] += 1
            case Dropped(reason=reason):
                self.dropped[reason] += 1
            case Speaking(latency=latency):
                self.latencies.append(latency)
                self.measured += 1
                self.chat_to_sound.add(latency)

    def asked(self, request: Asked) -> None:
        self.requests += 1
        if request.failed:
            self.errors += 1
            return
        self.sound += request.total
        self.firsts.append(request.first)
        self.first_sound.add(request.first)
        if request.sound > 0:
            self.paces.append(request.took / request.sound)
            self.paced += 1


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0..1) of them do not exceed; nan for none."""
    if not values:
        return math.nan
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
