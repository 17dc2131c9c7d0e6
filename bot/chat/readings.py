"""How words are read aloud, taught by viewers: whose counts, what may be taught, who changed what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from bot.chat.normalize import Verbatim
from bot.chat.rules.links import has_link
from bot.chat.words import Found, Word, Words
from bot.messages import CHANNEL, Change, Fragment, Reading

MOST = 2000  # readings of all scopes together
MOST_OF_ONE = 100  # readings that one viewer may have for themself
LONGEST_WORD = 40
LONGEST_READING = 80

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
)
_LINK = re.compile(r"://|(?:^|[^A-Za-z0-9])www\.|[A-Za-z0-9-]{2,}\.[A-Za-z]{2,}/", re.ASCII)
_SAYABLE = re.compile(r"[^\W_]")
_RUN = re.compile("[!-~]+")
_NUMBER = re.compile(r"\$?[0-9]+(?:[.,:/-][0-9]+)*%?")


@dataclass(frozen=True, slots=True)
class Untaught:
    """A change that was not made. `reason` is one of a few; the sentence is for people."""

    reason: str
    sentence: str


class ReadingRows(Protocol):
    """Where readings are kept. A change is a row too, so that it can be taken back after a restart."""

    def readings(self) -> Iterable[Reading]: ...

    def changes(self) -> Iterable[Change]:
        """Those not taken back, oldest first."""

    def together(self) -> AbstractContextManager[None]:
        """Within it all changes are kept, or none: for many, this is far quicker."""

    def apply(self, change: Change) -> None:
        """Keeps `change.after` in the place of `change.before`, and the change, at once or not at all."""

    def take_back(self, change: Change) -> None:
        """Keeps `change.before` in the place of `change.after`, and forgets the change, likewise."""


class Unkept:
    """Rows for a run that keeps nothing."""

    def readings(self) -> Iterable[Reading]:
        return ()

    def changes(self) -> Iterable[Change]:
        return ()

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def apply(self, change: Change) -> None: ...

    def take_back(self, change: Change) -> None: ...


class Matcher:
    """Readings ready to be applied to one scope's texts; immutable."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        # Lower case and not folded: a reading is for what is written, not for what looks like it.
        self._words = Words(Word(key_of(one.word), one.reading) for one in readings)

    def apply(self, text: str) -> str:
        """`text` with each word replaced, the longest at each place; a reading is never read again."""
        return "".join(part.text for part in self.parts(text))

    def parts(self, text: str) -> tuple[Fragment, ...]:
        """The same in parts: what was typed, and the readings (Verbatim) that stand for some of it."""
        lower = _lower(text)
        if not len(self._words) or not self._words.may_be_in(lower):
            return (Fragment(text),)
        parts: list[Fragment] = []
        end = 0
        for found in _cutting_none(self._words.longest(lower), _pieces(text)):
            if found.start > end:
                parts.append(Fragment(text[end : found.start]))
            parts.append(Verbatim(found.value))
            end = found.end
        if end < len(text) or not parts:
            parts.append(Fragment(text[end:]))
        return tuple(parts)


class Readings:
    """The readings of a channel and of its viewers. A viewer's own wins over the channel's.

    `blocked` tells whether a text holds what must not be spoken; `wall` gives seconds since the epoch. What
    `rows` raises goes through, and then nothing has changed.
    """

    def __init__(self, rows: ReadingRows, wall: Callable[[], float], blocked: Callable[[str], bool]) -> None:
        self._rows = rows
        self._wall = wall
        self._blocked = blocked
        self._scopes: dict[str, dict[str, Reading]] = {}
        self._count = 0
        for one in rows.readings():
            self._put(one.scope, key_of(one.word), one)
        self._history = list(rows.changes())
        self._matchers: dict[str, Matcher] = {}

    def __len__(self) -> int:
        return self._count

    def apply(self, text: str, viewer: str = CHANNEL) -> str:
        """`text` as `viewer` (a key, "twitch:123") means it to be read."""
        return self._matcher(viewer).apply(text)

    def parts(self, text: str, viewer: str = CHANNEL) -> tuple[Fragment, ...]:
        """The same in parts; see `Matcher.parts`."""
        return self._matcher(viewer).parts(text)

    def _matcher(self, viewer: str) -> Matcher:
        scope = viewer if viewer in self._scopes else CHANNEL
        matcher = self._matchers.get(scope)
        if matcher is None:
            mine = self._scopes.get(CHANNEL, {}) | self._scopes.get(scope, {})
            matcher = self._matchers[scope] = Matcher(mine.values())
        return matcher

    def of(self, scope: str = CHANNEL) -> list[Reading]:
        """The readings of one scope, by word."""
        return sorted(self._scopes.get(scope, {}).values(), key=lambda one: key_of(one.word))

    def taught(self, word: str, scope: str = CHANNEL) -> Reading | None:
        """The reading of this word in one scope."""
        return self._scopes.get(scope, {}).get(key_of(word))

    def together(self) -> AbstractContextManager[None]:
        """Keeps all that is taught within it, or nothing; after a failure these are not to be used on."""
        return self._rows.together()

    def every(self) -> list[Reading]:
        return [one for scope in sorted(self._scopes) for one in self.of(scope)]

    def teach(self, word: str, reading: str, by: str, scope: str = CHANNEL) -> Change | Untaught:
        """From now on `word` is read as `reading`."""
        word, reading = " ".join(word.split()), " ".join(reading.split())
        if refused := self._refusal(word, reading, scope):
            return refused
        before = self._scopes.get(scope, {}).get(key_of(word))
        return self._change(Change(before, Reading(word, reading, scope, by, self._wall()), by, self._wall()))

    def forget(self, word: str, by: str, scope: str = CHANNEL) -> Change | Untaught:
        before = self._scopes.get(scope, {}).get(key_of(" ".join(word.split())))
        if before is None:
            return Untaught("not there", "There is no such reading.")
        return self._change(Change(before, None, by, self._wall()))

    def undo(self, *, word: str = "", scope: str | None = None) -> Change | Untaught:
        """Takes back the last change that has not been taken back; of `word` and in `scope`, if given."""
        key = key_of(" ".join(word.split()))
        changes = (
            one
            for one in reversed(self._history)
            if (not word or key_of(_of(one).word) == key) and scope in (None, _of(one).scope)
        )
        change = next(changes, None)
        if change is None:
            return Untaught("nothing to undo", "There is no change to take back.")
        self._rows.take_back(change)
        self._history.remove(change)
        self._put_of(change, change.before)
        return replace(change, before=change.after, after=change.before)

    def _change(self, change: Change) -> Change:
        self._rows.apply(change)
        self._history = [*self._history, change][-MOST:]
        self._put_of(change, change.after)
        return change

    def _put_of(self, change: Change, reading: Reading | None) -> None:
        """From now on this is the reading of what `change` is of."""
        one = _of(change)
        self._put(one.scope, key_of(one.word), reading)

    def _put(self, scope: str, key: str, reading: Reading | None) -> None:
        place = self._scopes.setdefault(scope, {})
        self._count -= key in place
        if reading:
            place[key] = reading
            self._count += 1
        else:
            place.pop(key, None)
            if not place:
                del self._scopes[scope]
        self._matchers = {}

    def _refusal(self, word: str, reading: str, scope: str) -> Untaught | None:
        there = key_of(word) in self._scopes.get(scope, {})
        if not _SAYABLE.search(reading) or not word:
            return Untaught("empty", "Say it like this: word = how it is read.")
        if len(word) > LONGEST_WORD or len(reading) > LONGEST_READING:
            most = f"{LONGEST_WORD} characters for the word and {LONGEST_READING} for its reading"
            return Untaught("too long", f"That is too long: at most {most}.")
        if _UNPRINTABLE.search(word + reading):
            return Untaught("unreadable", "There is a character in it that cannot be read.")
        if _LINK.search(word) or _LINK.search(reading):
            return Untaught("link", "A reading may not hold a link.")
        if self._blocked(word) or self._blocked(reading):
            return Untaught("blocked", "That may not be said here.")
        if not there and len(self) >= MOST:
            return Untaught("too many", f"There are {MOST} readings already; forget some first.")
        if not there and scope != CHANNEL and len(self._scopes.get(scope, {})) >= MOST_OF_ONE:
            return Untaught("too many", f"You have {MOST_OF_ONE} readings already; forget some first.")
        return None


def _of(change: Change) -> Reading:
    one = change.after or change.before
    assert one is not None, "a change is from something or to something"
    return one


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where links and numbers stand, each of one piece: "discord.gg" holds no "gg", and "1.5" no "5"."""
    pieces: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        if "." in run[0] and has_link(run[0]):
            pieces.append(run.span())
        else:
            pieces += (number.span() for number in _NUMBER.finditer(text, *run.span()))
    return pieces


def _cutting_none(words: Iterable[Found[str]], pieces: Sequence[tuple[int, int]]) -> Iterator[Found[str]]:
    """The words that hold a piece whole, or nothing of it. Both come in the order of the text."""
    place = 0  # of the first piece that does not end before the word
    for word in words:
        while place < len(pieces) and pieces[place][1] <= word.start:
            place += 1
        after = place
        while after < len(pieces) and word.start <= pieces[after][0] and pieces[after][1] <= word.end:
            after += 1
        if after == len(pieces) or word.end <= pieces[after][0]:
            yield word


def key_of(word: str) -> str:
    """The words of one key are one word."""
    return _lower(word)


def _lower(text: str) -> str:
    """Lower case, each character in its place: "İ" would become two."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(one if len(one.lower()) != 1 else one.lower() for one in text)
