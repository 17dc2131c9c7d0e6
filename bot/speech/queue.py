"""What waits to be spoken, thought of in seconds: who is next, what is shortened, what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot.messages import Dropped, Part, Rank, Utterance, dollars
from bot.speech.estimate import Estimator

# Shares of the limit that the backlog reaches before each measure is taken, mildest first.
_SHORT_NAMES = 0.5
_NO_NAMES = 0.65
_FASTER = 0.6
_PUT_BACK = 16  # taken last, that may be put back
_GOES_ON = 30.0  # seconds within which the same person's next words need no name


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` of speech and `length` utterances may wait, for at most `max_age` seconds each.

    `hold`: seconds that chat waits at least, for a moderator to take it back; they make nothing older.
    `fastest`: the rate up to which speech is hurried before anything is given up.
    """

    seconds: float = 60.0
    length: int = 200
    max_age: float = 120.0
    hold: float = 0.0
    fastest: float = 1.25


class SpeechQueue:
    """The only place with a policy.

    Paid utterances come first, by worth, and are never given up; then moderators, subscribers, viewers, each
    in the order in which they came; nobody but who paid is heard twice in a row while others wait. As the
    backlog grows towards its limit, names are shortened and then left out, speech gets faster, and then
    ordinary utterances are dropped: the least of rank first, of these the oldest.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        clock: Callable[[], float],
        dropped: Callable[[Dropped], None],
        estimator: Estimator | None = None,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._dropped = dropped
        self._estimator = estimator or Estimator()
        self._waiting: dict[Rank, list[Utterance]] = {rank: [] for rank in sorted(Rank, reverse=True)}
        self._costs: dict[str, float] = {}  # estimated seconds of each that waits, by id
        self._last_author = ""
        self._last_taken = float("-inf")
        # What was taken last, by id: each as it was, and the two above as they were.
        self._before: dict[str, tuple[Utterance, str, float]] = {}
        self._changed = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.paused = False

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __iter__(self) -> Iterator[Utterance]:
        """By rank, and within a rank in the order in which they would be spoken."""
        for waiting in self._waiting.values():
            yield from waiting

    @property
    def backlog(self) -> float:
        """Estimated seconds of speech that wait, said in full."""
        return sum(self._costs.values())

    def put(self, utterance: Utterance) -> None:
        """Adds an utterance; what must go for it is dropped."""
        if self.limits.hold and utterance.event:  # the streamer's own words need no moderator
            utterance = replace(utterance, not_before=utterance.received_at + self.limits.hold)
        waiting = self._waiting[utterance.rank]
        waiting.append(utterance)
        self._costs[utterance.id] = self._seconds(utterance)
        if utterance.paid:
            waiting.sort(key=lambda paid: -dollars(paid.event))  # stable: equals stay in order
        self._empty.clear()
        self._make_room()
        self._changed.set()

    def put_back(self, utterance: Utterance, new_id: str) -> None:
        """Returns one that was taken and not heard, of several the last first: it is the next of its rank.

        It waits again as it did before, in its full wording and unhurried, under another id.
        """
        if before := self._before.pop(utterance.id, None):
            utterance, self._last_author, self._last_taken = before
        utterance = replace(utterance, id=new_id)
        self._waiting[utterance.rank].insert(0, utterance)
        self._costs[utterance.id] = self._seconds(utterance)
        self._empty.clear()
        self._changed.set()

    def take(self) -> Utterance | None:
        """The next utterance, worded and hurried as the backlog demands; None if none may be spoken now."""
        self._drop_stale()
        # What the last utterance has taught of its voice's pace is true of those that wait.
        self._costs = {utterance.id: self._seconds(utterance) for utterance in self}
        now = self._clock()
        chosen = None if self.paused else self._next(now)
        if chosen is None:
            return None
        pressure = self.backlog / self.limits.seconds
        self._waiting[chosen.rank].remove(chosen)
        self._forget(chosen)
        goes_on = chosen.author_id == self._last_author and now - self._last_taken < _GOES_ON
        self._before[chosen.id] = chosen, self._last_author, self._last_taken
        if len(self._before) > _PUT_BACK:
            del self._before[next(iter(self._before))]
        self._last_author, self._last_taken = chosen.author_id, now
        return self._worded(chosen, pressure, goes_on=bool(chosen.author_id) and goes_on)

    async def get(self) -> Utterance:
        """As `take`, but waits for an utterance."""
        while True:
            self._changed.clear()
            if utterance := self.take():
                return utterance
            held = [waiting.not_before for waiting in self if waiting.not_before > self._clock()]
            delay = min(held) - self._clock() if held and not self.paused else None
            try:
                await asyncio.wait_for(self._changed.wait(), delay)
            except TimeoutError:
                continue

    async def until_empty(self) -> None:
        await self._empty.wait()

    def remove(self, match: Callable[[Utterance], bool], reason: str) -> int:
        """Gives up every utterance that `match` is true of, paid ones too; returns how many."""
        gone = [utterance for utterance in self if match(utterance)]
        for utterance in gone:
            self._waiting[utterance.rank].remove(utterance)
            self._give_up(utterance, reason)
        return len(gone)

    def amend(
        self, match: Callable[[Utterance], bool], change: Callable[[Utterance], Utterance]
    ) -> Utterance | None:
        """Changes the first that `match` is true of, in its place; None if none waits."""
        for waiting in self._waiting.values():
            for place, utterance in enumerate(waiting):
                if match(utterance):
                    waiting[place] = changed = change(utterance)
                    self._costs[changed.id] = self._seconds(changed)
                    return changed
        return None

    def reorder(self, ids: Iterable[str]) -> None:
        """Puts those that still wait into this order within their ranks; the others follow."""
        place = {utterance_id: number for number, utterance_id in enumerate(ids)}
        for waiting in self._waiting.values():
            waiting.sort(key=lambda utterance: place.get(utterance.id, len(place)))

    def change_limits(self, limits: Limits) -> None:
        """From now on these count; what is too much by them is dropped at once."""
        self.limits = limits
        self._make_room()
        self._changed.set()

    def resume(self) -> None:
        self.paused = False
        self._changed.set()

    def _seconds(self, utterance: Utterance) -> float:
        return self._estimator.seconds_of(utterance)

    def _next(self, now: float) -> Utterance | None:
        repeated = None
        for rank, waiting in self._waiting.items():
            for utterance in waiting:
                if utterance.not_before > now:
                    continue
                if rank is Rank.PAID or not utterance.author_id or utterance.author_id != self._last_author:
                    return utterance
                repeated = repeated or utterance
        return repeated

    def _worded(self, utterance: Utterance, pressure: float, *, goes_on: bool) -> Utterance:
        brevity = 2 if goes_on or pressure >= _NO_NAMES else 1 if pressure >= _SHORT_NAMES else 0
        hurry = min(max((pressure - _FASTER) / (1 - _FASTER), 0.0), 1.0)
        speed = utterance.speed * (1 + (max(self.limits.fastest, 1.0) - 1) * hurry)
        return replace(
            utterance,
            text=_brief(utterance, brevity),
            parts=tuple(replace(part, text=_brief(part, brevity)) for part in utterance.parts),
            speed=round(min(speed, 4.0), 3),
        )

    def _make_room(self) -> None:
        excess = self.backlog - self.limits.seconds
        surplus = len(self) - len(self._waiting[Rank.PAID]) - self.limits.length
        for rank in sorted(Rank):
            if rank is Rank.PAID:
                return
            waiting = self._waiting[rank]
            # The last one of all stays: something must be spoken, however long it is.
            while waiting and (excess > 0 or surplus > 0) and len(self) > 1:
                oldest = waiting.pop(0)
                excess -= self._costs[oldest.id]
                surplus -= 1
                self._give_up(oldest, "queue full")

    def _drop_stale(self) -> None:
        oldest = self._clock() - self.limits.max_age
        for rank, waiting in self._waiting.items():
            if rank is not Rank.PAID and (stale := [one for one in waiting if _waits_since(one) < oldest]):
                waiting[:] = [one for one in waiting if _waits_since(one) >= oldest]
                for utterance in stale:
                    self._give_up(utterance, "stale")

    def _give_up(self, utterance: Utterance, reason: str) -> None:
        self._forget(utterance)
        self._dropped(Dropped(utterance, reason))

    def _forget(self, utterance: Utterance) -> None:
        self._costs.pop(utterance.id, None)
        if not len(self):
            self._empty.set()


def _brief(said: Utterance | Part, brevity: int) -> str:
    texts = (said.text, *said.shorter)
    return texts[min(brevity, len(texts) - 1)]


def _waits_since(utterance: Utterance) -> float:
    return max(utterance.received_at, utterance.not_before)
