"""What was paid for and is not spoken by itself, by blocked viewers mostly: kept until somebody decides."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from bot.messages import ChatEvent

MOST = 200  # that are shown; what is pushed out stays in the store, and is held again by the next run


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """A paid event that waits for the streamer's word; `id` is this run's."""

    id: str
    event: ChatEvent


class Held:
    """The oldest first. `all` is another tuple whenever something has changed."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.all: tuple[HeldEvent, ...] = ()

    def add(self, event: ChatEvent) -> None:
        """Holding an event again changes nothing."""
        if not any(_same(one.event, event) for one in self.all):
            held = (*self.all, HeldEvent(f"h{next(self._numbers)}", event))
            self.all = tuple(sorted(held, key=lambda one: one.event.received_at)[-MOST:])

    def forget(self, event: ChatEvent) -> None:
        self.take(lambda one: _same(one, event))

    def take(self, match: Callable[[ChatEvent], bool]) -> list[ChatEvent]:
        """What `match` is true of is held no more."""
        taken = [one.event for one in self.all if match(one.event)]
        if taken:
            self.all = tuple(one for one in self.all if not match(one.event))
        return taken


def _same(one: ChatEvent, other: ChatEvent) -> bool:
    return (one.source, one.channel, one.id) == (other.source, other.channel, other.id)
