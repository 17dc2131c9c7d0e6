"""Merges what a viewer gives click by click into one gift; pure, time is passed in."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from bot.messages import Gift, Worth

LONGEST = 5  # windows: a viewer who never stops clicking is told of all the same


@dataclass(slots=True)
class _Open:
    gift: Gift
    first: float
    last: float


class GiftMerger:
    """Holds a gift back until nothing more of it came for `window` seconds; holds `most` at a time."""

    def __init__(self, window: float = 3.0, most: int = 500) -> None:
        self._window = window
        self._most = most
        self._open: dict[Hashable, _Open] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, key: Hashable, gift: Gift, now: float) -> list[Gift]:
        """Takes `gift` in; returns what had to be let go to make room for it."""
        if self._window <= 0:
            return [gift]
        held = self._open.get(key)
        if held is not None:
            held.gift = _sum(held.gift, gift)
            held.last = now
            return []
        self._open[key] = _Open(gift, now, now)
        if len(self._open) <= self._most:
            return []
        return [self._open.pop(next(iter(self._open))).gift]

    def due(self, now: float) -> list[Gift]:
        """The gifts that are complete by `now`; a clock that went back completes them too."""
        ready = [key for key, held in self._open.items() if not now < self._due(held) or now < held.last]
        return [self._open.pop(key).gift for key in ready]

    def wait(self, now: float) -> float | None:
        """Seconds until the next gift is complete; None while there is none."""
        if not self._open:
            return None
        return max(0.0, min(self._due(held) for held in self._open.values()) - now)

    def flush(self) -> list[Gift]:
        gifts = [held.gift for held in self._open.values()]
        self._open.clear()
        return gifts

    def _due(self, held: _Open) -> float:
        return min(held.last + self._window, held.first + LONGEST * self._window)


def _sum(one: Gift, more: Gift) -> Gift:
    amounts = [gift.worth.amount for gift in (one, more) if gift.worth is not None]
    worth = Worth(round(sum(amounts), 3), "CNY") if amounts else None
    return replace(one, count=one.count + more.count, worth=worth)
