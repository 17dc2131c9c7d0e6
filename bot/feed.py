"""What the bot says of itself, in order, to whoever shows or counts it."""

from __future__ import annotations

from collections.abc import Callable

from bot.messages import FeedEntry, Trouble

Listener = Callable[[FeedEntry], None]


class Feed:
    """Hands every entry to every listener, at once and in the order of subscription.

    Belongs to the event loop's thread. A listener must be quick and must not raise.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._told: set[str] = set()

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, entry: FeedEntry) -> None:
        """Hands it to all; a trouble of a key that was told before is dropped."""
        if isinstance(entry, Trouble):
            if entry.key in self._told:
                return
            self._told.add(entry.key)
        for listener in self._listeners:
            listener(entry)
