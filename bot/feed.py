"""What the bot says of itself, in order, to whoever shows or counts it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from bot.messages import EngineState, FeedEntry, OutputState, PagesState, SourceState, Trouble

Listener = Callable[[FeedEntry], None]


class Feed:
    """Hands every entry to every listener, at once and in the order of subscription.

    Belongs to the event loop's thread. A listener must be quick and must not raise.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._told: set[str] = set()
        self._states: dict[Hashable, FeedEntry] = {}  # how each part is, and the troubles

    def subscribe(self, listener: Listener, *, states: bool = False) -> None:
        """`states`: at once it is told how every part is, and of the troubles so far."""
        self._listeners.append(listener)
        if states:
            for entry in self._states.values():
                listener(entry)

    def publish(self, entry: FeedEntry) -> None:
        """Hands it to all; a trouble of a key that was told before is dropped."""
        if isinstance(entry, Trouble):
            if entry.key in self._told:
                return
            self._told.add(entry.key)
        if (part := _part(entry)) is not None:
            self._states[part] = entry
        for listener in self._listeners:
            listener(entry)


def _part(entry: FeedEntry) -> Hashable:
    """What an entry says the state of; None: of nothing."""
    match entry:
        case SourceState(source=source, channel=channel):
            return "source", source, channel
        case EngineState() | OutputState() | PagesState():
            return type(entry).__name__
        case Trouble(key=key):
            return "trouble", key
    return None
