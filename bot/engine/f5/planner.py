"""Which pieces of a text to make next, so that the first sound is early and playback never waits after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Self

from bot.engine.f5.joints import Joint

# What a cut is worth avoiding, as a share of what the piece before it costs: the first sound is at most this
# much later than it could be.
_RELUCTANCE = {Joint.TIED: 0.6, Joint.WORD: 0.25, Joint.PHRASE: 0.12, Joint.CLAUSE: 0.03, Joint.SENTENCE: 0.0}

# Of the seconds without sound that a client bears before it takes the engine for hung: a piece may follow
# another's, and both together must not take as long. Until the first sound some are left for steps under
# way, and for a machine that is busier than foretold: speech that breaks off is better than none.
_WORK, _PATIENCE = 0.45, 0.6

_DIGITS = 4  # of seconds: what is nearer is as good


@dataclass(frozen=True, slots=True)
class Part:
    """The least that may be a piece: `seconds` of speech, then a joint whose pause lasts `pause` seconds."""

    seconds: float
    pause: float
    joint: Joint


@dataclass(frozen=True, slots=True)
class Step:
    """Make parts[start:end] as one piece."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Caution:
    """How far what is foretold is trusted."""

    slower: float = 1.1  # times what the cost model says
    overhead: float = 0.01  # s more for each piece
    shorter: float = 0.95  # of the sound that a piece is expected to give
    longest: float = 8.0  # s of speech in one piece
    work: float = inf  # s that a piece may take, where it can be shorter
    patience: float = inf  # s that whoever waits for the sound waits at most, once there is any

    @classmethod
    def within(cls, answer_timeout: float) -> Self:
        """For a client that waits so many seconds for sound; it matters on a machine slower than speech."""
        return cls(work=_WORK * answer_timeout, patience=_PATIENCE * answer_timeout)


class Planner:
    """One utterance, from first piece to last. Times are seconds of one clock, which the caller reads.

    `frames(seconds)` are the frames to make for so much speech, `cost(frames)` the seconds that it takes with
    the reference's frames among them: short pieces pay for the reference again, long ones are late.
    `due`: when the sound is wanted, if something else sounds until then.

    Of what is still to be made, two things are known for every part i (dynamic programming from the end):

        need[i]: the least seconds of sound that must be in hand when making part i begins, so that playback
            never waits: need[i] = min over j of max(c, c - d + need[j]), where parts[i:j] cost c and sound d.
        work[i]: the least cost of the rest, where cuts that sound worse cost more.

    Before anything sounds, the piece is taken with which sound can start first; after that, of the pieces
    that keep what is in hand above need, the one that leaves the least work. `need` is exact: when there is a
    way to play without waiting, it is found, and when the engine is slower than speech it says how long to
    hold back.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        frames: Callable[[float], int],
        cost: Callable[[int], float],
        reference_frames: int,
        *,
        due: float = 0.0,
        caution: Caution | None = None,
    ) -> None:
        self._caution = caution or Caution()
        self._parts = parts
        self._due = due
        self._at = 0  # the first part that is not made
        self._made = 0.0  # s of sound
        self._coming = False  # sound of the next piece
        self._ready: float | None = None  # when there was sound
        self._asked = inf  # since when somebody waits for it
        self._began: float | None = None  # when playback began; later by as long as it has waited since
        self._starts = inf
        self.starved = 0.0  # s that playback has waited after it began
        self._options = [self._ways(start, frames, cost, reference_frames) for start in range(len(parts))]
        self._need, self._work = self._look_back()

    def next(self, now: float) -> Step | None:
        """The next piece to make; None if all are made."""
        if self._at == len(self._parts):
            self._starts = -inf
            return None
        choose = self._first if self._began is None else self._following
        end = choose(now)
        return Step(self._at, end)

    def sampled(self, step: Step, now: float) -> None:
        """The piece's frames are there, and its sound follows faster than it plays: it counts from now on.

        May be left out, and then a piece counts when it is `made`.
        """
        self._arrived(now)
        if self._began is None:
            sound = next(sound for end, _, sound, _ in self._options[step.start] if end == step.end)
            self._starts = now + max(0.0, self._need[step.end] - self._made - sound)

    def made(self, step: Step, seconds: float, now: float) -> None:
        """The piece is whole, and gave so much sound, the pause after it included."""
        if not self._coming:
            self._arrived(now)
        self._coming = False
        self._made += seconds
        self._at = step.end

    def asked(self, now: float) -> None:
        """Somebody waits for the sound: their patience is counted from the first time on."""
        self._asked = min(self._asked, now)

    def may_start(self, now: float) -> bool:
        """True if what is made may sound from now on; after `next`, and between the steps of a piece."""
        return self._ready is not None and now >= min(self._starts, self._asked + self._caution.patience)

    def started(self, now: float) -> None:
        """The first sound has left."""
        self._began = max(now, self._due)

    def _arrived(self, now: float) -> None:
        self._coming = True
        self._ready = now if self._ready is None else self._ready
        if self._began is not None:
            waited = max(0.0, now - self._began - self._made)
            self._began += waited
            self.starved += waited

    def _first(self, now: float) -> int:
        """Chooses while nothing sounds, and notes from when on it may."""
        best = (inf, inf, 0, inf)
        for end, cost, sound, reluctance in self._options[self._at]:
            if self._ready is None:
                wait = cost + max(0.0, self._need[end] - sound)
                late = wait * (1 + reluctance)
            else:  # sound is held back already: not any longer for a better cut
                late = wait = max(0.0, cost - self._made, cost - self._made - sound + self._need[end])
            late = max(self._due - now, round(late, _DIGITS))
            best = min(best, (late, cost * (1 + reluctance) + self._work[end], end, wait))
        _, _, end, wait = best
        self._starts = now + wait
        return end

    def _following(self, now: float) -> int:
        """Chooses while it sounds."""
        assert self._began is not None
        hand = self._began + self._made - now
        best = (inf, inf, 0)
        for end, cost, sound, reluctance in self._options[self._at]:
            wait = max(0.0, cost - hand, cost - hand - sound + self._need[end])
            best = min(best, (round(wait, _DIGITS), cost * (1 + reluctance) + self._work[end], end))
        return best[2]

    def _ways(
        self, start: int, frames: Callable[[float], int], cost: Callable[[int], float], reference: int
    ) -> list[tuple[int, float, float, float]]:
        """For each end of a piece from `start` on: its cost, how long it sounds, how bad the cut is."""
        care = self._caution
        found: list[tuple[int, float, float, float]] = []
        sound = 0.0
        for end in range(start + 1, len(self._parts) + 1):
            part = self._parts[end - 1]
            seconds = cost(reference + frames(sound + part.seconds)) * care.slower + care.overhead
            if found and (sound + part.seconds > care.longest or seconds > care.work):
                break
            sound += part.seconds + part.pause
            reluctance = _RELUCTANCE[part.joint] if end < len(self._parts) else 0.0
            found.append((end, seconds, sound * care.shorter, reluctance))
        return found

    def _look_back(self) -> tuple[list[float], list[float]]:
        count = len(self._parts)
        need, work = [0.0] * (count + 1), [0.0] * (count + 1)
        for start in range(count - 1, -1, -1):
            ways = self._options[start]
            need[start] = min(max(cost, cost - sound + need[end]) for end, cost, sound, _ in ways)
            work[start] = min(cost * (1 + reluctance) + work[end] for end, cost, _, reluctance in ways)
        return need, work
