"""Finds a blocked word or pattern in a text, however it is disguised; what is allowed wins."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

from bot.chat.blockfile import Entry, Kind
from bot.chat.disguise import undisguised
from bot.chat.folding import UNSPACED, fold
from bot.chat.patterns import Patterns
from bot.chat.words import Word, Words

_SPELLED_LEAST = 4  # letters of a word that is found within a spelled-out run ("c l a s s" holds a shorter)
_MASKED = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*[*#%]+[a-z0-9*#%]*[a-z](?![a-z0-9])")
_REMEMBERED_LENGTH = 200  # characters of a text
_MASK = re.compile(r"[*#%]")
_UNSPACED = re.compile(f"[{UNSPACED}]")
# "[leo]" changes the voice, "[doge]" is an emote: it is not said, and what stands around it is.
_NAME = re.compile(r"\[[^\[\]\s]{1,40}\]")
_SPACES_AND_SIGNS = re.compile(r"[\s_*.\-~]+")


class BlockMatcher:
    """A block list made ready to be looked for; immutable."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        blocked = [_word(entry) for entry in entries if entry.kind is Kind.WORD]
        allowed = [_word(entry) for entry in entries if entry.kind is Kind.ALLOWED]
        patterns = {entry.text: entry for entry in entries if entry.kind is Kind.PATTERN}
        self._words = Words(blocked, beside_digits=True)
        self._allowed = Words(allowed, beside_digits=True)
        self._patterns = Patterns(patterns)
        self._by_pattern = patterns
        # Words as their first and last letters and length know them: "f**k" is one of few.
        self._masked: dict[tuple[str, str, int], list[Word[Entry]]] = {}
        for word in blocked:
            if len(word.text) >= 3 and word.text.isascii() and word.text.isalpha():
                shape = (word.text[0], word.text[-1], len(word.text))
                self._masked.setdefault(shape, []).append(word)

        # Names come again and again, and so does spam.
        self._short = lru_cache(maxsize=512)(self._look)

    def find(self, text: str) -> Entry | None:
        """What is blocked in `text`, or None. Linear in the text."""
        if not len(self._words) and not len(self._patterns):
            return None
        return self._short(text) if len(text) <= _REMEMBERED_LENGTH else self._look(text)

    def _look(self, text: str) -> Entry | None:
        """As it was typed, and without the names in brackets."""
        if found := self._look_at(text):
            return found
        folded = fold(text)
        bare = _NAME.sub("", folded) if "[" in folded else folded
        return self._look_at(bare) if bare != folded else None

    def _look_at(self, text: str) -> Entry | None:
        folded = fold(text)
        readings = undisguised(folded)
        lines = readings.lines
        if len(self._words):
            # All at once first: a line's end ends words too, and no word goes over it.
            together = folded if len(lines) == 1 else "\n".join(lines)
            for line in lines if self._words.may_be_in(together) else ():
                if self._words.may_be_in(line) and (found := self._in_line(line)):
                    return self._unless_allowed_as_written(folded, line, found)
            for run in readings.spelled:
                if (spelled := self._words.anywhere(run, _SPELLED_LEAST)) and not self._covers(run):
                    return spelled.value
            if found := self._masked_in(folded):
                return found
        if not len(self._patterns):
            return None
        pattern = self._patterns.first(lines if text.lower() == folded else (text, *lines))
        return self._by_pattern[pattern] if pattern else None

    def _in_line(self, line: str) -> Entry | None:
        """A blocked word that no allowed one holds whole."""
        starts: list[int] = []
        ends: list[int] = []
        if len(self._allowed) and self._allowed.may_be_in(line):
            spans = [(found.start, found.end) for found in self._allowed.every(line)]
            starts = [start for start, _ in spans]
            ends = list(accumulate((end for _, end in spans), max))  # the farthest end so far
        for found in self._words.every(line):
            before = bisect_right(starts, found.start)
            if not before or ends[before - 1] < found.end:
                return found.value
        return None

    def _unless_allowed_as_written(self, folded: str, line: str, found: Entry) -> Entry | None:
        """`found`, if it is still there once what is allowed as it was written has been taken out."""
        if line == folded or not len(self._allowed) or not self._allowed.may_be_in(folded):
            return found
        rest: list[str] = []
        end = 0
        for allowed in self._allowed.longest(folded):
            rest += (folded[end : allowed.start], "\n")
            end = allowed.end
        for other in undisguised("".join(rest) + folded[end:]).lines:
            if self._words.may_be_in(other) and (still := self._in_line(other)):
                return still
        return None

    def _covers(self, run: str) -> bool:
        return bool(len(self._allowed)) and any(
            found.end - found.start == len(run) for found in self._allowed.every(run)
        )

    def _masked_in(self, folded: str) -> Entry | None:
        """A word some of whose letters, at most half, are written as signs."""
        if not self._masked or not _MASK.search(folded):
            return None
        for match in _MASKED.finditer(folded):
            text = _MASK.sub("*", match[0])
            if text.count("*") * 2 > len(text):
                continue
            for word in self._masked.get((text[0], text[-1], len(text)), ()):
                if all(a in (b, "*") for a, b in zip(text, word.text, strict=True)):
                    return word.value
        return None


def _word(entry: Entry) -> Word[Entry]:
    text = fold(entry.text)
    open_left, open_right = text.startswith("*"), text.endswith("*")
    text = text.strip("*").strip()
    if _UNSPACED.search(text):
        # Looked for with and without what parts its characters in the text; written without, it is found so.
        text = _SPACES_AND_SIGNS.sub("", text) or text
    return Word(text, entry, open_left, open_right)
