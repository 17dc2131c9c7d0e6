"""The same words from many within a few seconds become one message: "five people: 666"."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from bot.chat.folding import fold
from bot.chat.rules.authors import viewer_key
from bot.chat.rules.reasons import Merged, Reason
from bot.messages import ChatMessage

_MOST = 1000  # different texts remembered
_MOST_AUTHORS = 10_000  # counted for one text
_LONGEST = 200  # characters that are compared; longer texts are hardly ever the same
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_SIGNS = re.compile(r"[^\w]+")


def same_words_key(text: str) -> str:
    """Equal for texts that sound the same: "666", "6666 !!", "６６６"; "" for what is not compared."""
    return _key(text) if len(text) <= _LONGEST else ""


@lru_cache(maxsize=512)  # asked for by several rules in turn, of spam again and again
def _key(text: str) -> str:
    folded = fold(text)
    return _RUN.sub(r"\1\1\1", _SIGNS.sub("", folded)) or folded


@dataclass(frozen=True, slots=True)
class First:
    """Nobody has said it of late: it is to be spoken."""


@dataclass(frozen=True, slots=True)
class Joined:
    """It goes with the message `into`; `count` people have said it, each counted once."""

    into: str
    count: int


@dataclass(slots=True)
class _Saying:
    into: str
    since: float
    authors: set[str] = field(default_factory=set)


class Crowd:
    """What has been said within `window` seconds of its first saying, by how many. Bounded memory."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._sayings: OrderedDict[str, _Saying] = OrderedDict()  # oldest first

    def offer(self, text: str, author: str, now: float, id: str = "") -> First | Joined:  # noqa: A002
        """`author` is a viewer's key, `id` the event's. A first saying begins a new window."""
        key = same_words_key(text)
        if not key:
            return First()
        saying = self._sayings.get(key)
        if saying and now - saying.since < self._window:
            if len(saying.authors) < _MOST_AUTHORS:
                saying.authors.add(author)
            return Joined(saying.into, len(saying.authors))
        self._sayings.pop(key, None)
        self._sayings[key] = _Saying(id, now, {author})
        self._forget(now)
        return First()

    def retract(self, into: str) -> None:
        """The first saying will not be spoken: the next one is the first."""
        for key, saying in self._sayings.items():
            if saying.into == into:
                del self._sayings[key]
                return

    def _forget(self, now: float) -> None:
        while self._sayings:
            key, oldest = next(iter(self._sayings.items()))
            if len(self._sayings) <= _MOST and now - oldest.since < self._window:
                return
            del self._sayings[key]


class SameWords:
    """The crowd as a rule: the first message passes, the others are Merged into it."""

    def __init__(self, crowd: Crowd, clock: Callable[[], float]) -> None:
        self._crowd = crowd
        self._clock = clock

    def __call__(self, message: ChatMessage) -> Merged | None:
        author = viewer_key(message, message.author)
        match self._crowd.offer(message.text, author, self._clock(), message.id):
            case Joined(into=into, count=count):
                return Merged(Reason.MERGED, f"{count} people", into, count)
        return None

    def unheard(self, message: ChatMessage) -> None:
        self._crowd.retract(message.id)
