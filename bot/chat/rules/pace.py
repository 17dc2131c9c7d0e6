"""Rules on how much one viewer is heard: a cooldown, the same words again, and a share of the microphone."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.chat.rules.authors import is_staff, viewer_key
from bot.chat.rules.crowd import SameWords, same_words_key
from bot.chat.rules.reasons import Reason, Rejected
from bot.messages import ChatMessage

Clock = Callable[[], float]

_MOST = 5000  # viewers or texts remembered
_COMPETING = 60.0  # seconds since another viewer wrote, within which the microphone is shared
_ENOUGH = 2000  # characters that are estimated


class _Recent:
    """When each of many keys was last seen, the least recent forgotten first."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, float] = OrderedDict()

    def forget(self, key: str) -> None:
        self._at.pop(key, None)

    def since(self, key: str, now: float) -> float:
        return now - self._at.get(key, float("-inf"))

    def see(self, key: str, now: float) -> None:
        self._at[key] = now
        self._at.move_to_end(key)
        if len(self._at) > _MOST:
            self._at.popitem(last=False)


class Paced(Protocol):
    """A rule with a memory: `heard` is told of each message that no rule has refused.

    `unheard` is told of those among them that are not spoken after all, and then they do not count.
    """

    def __call__(self, message: ChatMessage) -> Rejected | None: ...

    def heard(self, message: ChatMessage) -> None: ...

    def unheard(self, message: ChatMessage) -> None: ...


class InTurn:
    """The rules with a memory as one, so that none counts as heard what another refuses.

    `merged` is asked last. Staff are spared the paced ones, if they may; who pays is spared all.
    """

    def __init__(
        self,
        paced: Sequence[Paced],
        merged: SameWords | None,
        *,
        staff_pass: bool,
        is_paid: Callable[[ChatMessage], bool],
    ) -> None:
        self._paced = paced
        self._merged = merged
        self._staff_pass = staff_pass
        self._is_paid = is_paid

    def __call__(self, message: ChatMessage) -> Rejected | None:
        if self._is_paid(message):
            return None
        paced = self._paced_for(message)
        for rule in paced:
            if rejected := rule(message):
                return rejected
        if self._merged is not None and (merged := self._merged(message)):
            return merged
        for rule in paced:
            rule.heard(message)
        return None

    def unheard(self, message: ChatMessage) -> None:
        """A message that was passed is not spoken after all: it neither counts nor stands for others."""
        if self._merged is not None:
            self._merged.unheard(message)
        for rule in () if self._is_paid(message) else self._paced_for(message):
            rule.unheard(message)

    def _paced_for(self, message: ChatMessage) -> Sequence[Paced]:
        return () if self._staff_pass and is_staff(message.author) else self._paced


class Cooldown:
    """A viewer is heard once in so many seconds."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._recent = _Recent()

    def __call__(self, message: ChatMessage) -> Rejected | None:
        since = self._recent.since(viewer_key(message, message.author), self._clock())
        if since < self._seconds:
            return Rejected(Reason.COOLDOWN, f"{self._seconds - since:.0f} s to go")
        return None

    def heard(self, message: ChatMessage) -> None:
        self._recent.see(viewer_key(message, message.author), self._clock())

    def unheard(self, message: ChatMessage) -> None:
        self._recent.forget(viewer_key(message, message.author))


class SameViewer:
    """A viewer who says the same again within some seconds is not heard again; saying it renews the wait."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._recent = _Recent()

    def __call__(self, message: ChatMessage) -> Rejected | None:
        key = self._key(message)
        if not key or self._recent.since(key, self._clock()) >= self._seconds:
            return None
        self._recent.see(key, self._clock())
        return Rejected(Reason.REPEATED)

    def heard(self, message: ChatMessage) -> None:
        if key := self._key(message):
            self._recent.see(key, self._clock())

    def unheard(self, message: ChatMessage) -> None:
        self._recent.forget(self._key(message))

    def _key(self, message: ChatMessage) -> str:
        words = same_words_key(message.text)
        return words and f"{viewer_key(message, message.author)} {words}"


class Share:
    """No viewer has more than a share of the last seconds of speech, as long as others write too.

    What is let through is charged by estimate at once: a burst cannot fill the queue before it is spoken.
    """

    def __init__(self, share: float, of: float, estimate: Callable[[str], float], clock: Clock) -> None:
        self._most = share * of
        self._of = of
        self._estimate = estimate
        self._clock = clock
        self._spoken: deque[tuple[str, int]] = deque()  # viewer, milliseconds; oldest first
        self._total = 0
        self._each: Counter[str] = Counter()
        self._last = ("", float("-inf"))  # who wrote last
        self._before = float("-inf")  # when somebody other than the last wrote

    def __call__(self, message: ChatMessage) -> Rejected | None:
        now = self._clock()
        viewer = viewer_key(message, message.author)
        if viewer != self._last[0]:
            self._before = self._last[1]
        self._last = (viewer, now)
        had = self._each.get(viewer, 0) / 1000
        seconds = self._estimate(message.text[:_ENOUGH]) if had else 0
        if had and had + seconds > self._most and now - self._before < _COMPETING:
            return Rejected(Reason.SHARE, f"{had:.0f} s of the last {self._of:.0f} s")
        return None

    def heard(self, message: ChatMessage) -> None:
        seconds = self._estimate(message.text[:_ENOUGH])
        self.charge(viewer_key(message, message.author), seconds)

    def unheard(self, message: ChatMessage) -> None:
        self.charge(viewer_key(message, message.author), -self._estimate(message.text[:_ENOUGH]))

    def charge(self, viewer: str, seconds: float) -> None:
        """`viewer` has `seconds` of the microphone; less than 0: had them, and was not heard after all."""
        # Whole milliseconds, so that what is added and taken away comes out even.
        amount = round(seconds * 1000)
        self._spoken.append((viewer, amount))
        self._each[viewer] += amount
        self._total += amount
        while self._spoken and (
            self._total - self._spoken[0][1] >= self._of * 1000 or len(self._spoken) > _MOST
        ):
            other, old = self._spoken.popleft()
            self._total -= old
            self._each[other] -= old
            if not self._each[other]:
                del self._each[other]
