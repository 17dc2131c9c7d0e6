"""Who writes in the tests, what they write, and a clock that only the test moves."""

from __future__ import annotations

from bot.messages import Author, ChatMessage, Fragment, Role, Worth

ALICE = Author("1", "Alice", "alice")
BOB = Author("2", "Bob", "bob")
CAROL = Author("3", "Carol", "carol")
SUBSCRIBER = Author("4", "Sub", "sub", frozenset({Role.SUBSCRIBER}))
VIP = Author("5", "Vip", "vip", frozenset({Role.VIP}))
MODERATOR = Author("6", "Mod", "mod", frozenset({Role.MODERATOR}))
STREAMER = Author("7", "Streamer", "streamer", frozenset({Role.BROADCASTER}))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def message(
    *parts: str | Fragment,
    by: Author = ALICE,
    id: str = "m",  # noqa: A002 (it is the event's)
    source: str = "twitch",
    worth: Worth | None = None,
) -> ChatMessage:
    fragments = tuple(part if isinstance(part, Fragment) else Fragment(part) for part in parts)
    return ChatMessage(source=source, channel="c", id=id, author=by, fragments=fragments, worth=worth)
