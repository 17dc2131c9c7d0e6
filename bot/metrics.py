"""Counts and latencies, taken from the feed."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.messages import Dropped, FeedEntry, Heard, Queued, Refused, Speaking, Spoken


@dataclass(slots=True)
class Metrics:
    """What has happened since the bot started. Subscribe `Metrics.count` to a feed."""

    heard: int = 0
    queued: int = 0
    spoken: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    dropped: Counter[str] = field(default_factory=Counter)  # by reason
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=1000))  # seconds, the last ones

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


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0..1) of them do not exceed; nan for none."""
    if not values:
        return math.nan
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
