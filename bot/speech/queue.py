"""What waits to be spoken: bounded, paid messages first and never dropped, stale ones never spoken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from bot.messages import Dropped, Utterance
from bot.speech.estimate import seconds


class SpeechQueue:
    """The only place with a policy: what is spoken next, and what is given up.

    `length` bounds the ordinary utterances; a paid one is neither counted nor ever dropped. `max_age` is in
    seconds since an utterance's event came in. `dropped` is told of each utterance that is given up.
    """

    def __init__(
        self, *, length: int, max_age: float, clock: Callable[[], float], dropped: Callable[[Dropped], None]
    ) -> None:
        self._length = length
        self._max_age = max_age
        self._clock = clock
        self._dropped = dropped
        self._paid: deque[Utterance] = deque()
        self._ordinary: deque[Utterance] = deque()
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._paid) + len(self._ordinary)

    def __iter__(self) -> Iterator[Utterance]:
        """In the order in which they would be spoken."""
        yield from self._paid
        yield from self._ordinary

    @property
    def backlog(self) -> float:
        """Estimated seconds of speech that wait."""
        return sum(seconds(utterance.text, utterance.speed) for utterance in self)

    def put(self, utterance: Utterance) -> None:
        if utterance.paid:
            self._paid.append(utterance)
        else:
            while len(self._ordinary) >= self._length:
                self._dropped(Dropped(self._ordinary.popleft(), "queue full"))
            self._ordinary.append(utterance)
        self._filled.set()
        self._empty.clear()

    async def get(self) -> Utterance:
        """The next utterance that is still fresh; waits for one."""
        while True:
            self._drop_stale()
            if waiting := self._paid or self._ordinary:
                utterance = waiting.popleft()
                self._note_empty()
                return utterance
            self._filled.clear()
            await self._filled.wait()

    async def until_empty(self) -> None:
        await self._empty.wait()

    def remove(self, match: Callable[[Utterance], bool], reason: str) -> None:
        """Gives up every utterance that `match` is true of, paid ones too."""
        for waiting in (self._paid, self._ordinary):
            for utterance in [utterance for utterance in waiting if match(utterance)]:
                waiting.remove(utterance)
                self._dropped(Dropped(utterance, reason))
        self._note_empty()

    def _drop_stale(self) -> None:
        oldest = self._clock() - self._max_age
        while self._ordinary and self._ordinary[0].received_at < oldest:
            self._dropped(Dropped(self._ordinary.popleft(), "stale"))
        self._note_empty()

    def _note_empty(self) -> None:
        if not len(self):
            self._empty.set()
