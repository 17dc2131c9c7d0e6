"""What the bot says of itself, in order, to whoever shows or counts it."""

from __future__ import annotations

from collections.abc import Callable

from bot.messages import FeedEntry

Listener = Callable[[FeedEntry], None]


class Feed:
    """Hands every entry to every listener, at once and in the order of subscription.

    Belongs to the event loop's thread. A listener must be quick and must not raise.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, entry: FeedEntry) -> None:
        for listener in self._listeners:
            listener(entry)
