"""Many words looked for in one text at once: whole words where words are spaced, anywhere where they are not.

A word that begins with a letter or digit of a spaced script (Latin, Cyrillic, Arabic …) is found only where
such a word begins, and likewise at its end: "ass" is not in "class". One of Chinese, Japanese, Korean or Thai
characters, or of signs, is found wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from bot.chat.folding import UNSPACED

Value = TypeVar("Value")

WORD = f"[^\\W_{UNSPACED}]"  # a letter or digit of a spaced script
_TOKEN = re.compile(WORD + "+")
_ASCII_TOKEN = re.compile("[A-Za-z0-9]+")  # the same in ASCII, and faster
_WORD = re.compile(WORD)
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(f"[^\\W\\d_{UNSPACED}]")
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Word(Generic[Value]):
    """A word to look for. Open at an end: other letters may follow (or stand before) it."""

    text: str  # not empty, folded as the texts will be
    value: Value
    open_left: bool = False
    open_right: bool = False


@dataclass(frozen=True, slots=True)
class Found(Generic[Value]):
    start: int
    end: int
    value: Value


class Words(Generic[Value]):
    """Words looked for; immutable. Of words with one text the first alone counts.

    `beside_digits`: digits beside a word do not make it another ("word123"); else they do, and "c" is not in
    "c4". The cost is linear in the text, times at worst the number of different lengths of words.
    """

    def __init__(self, words: Iterable[Word[Value]], *, beside_digits: bool = False) -> None:
        self._beside_digits = beside_digits
        self._words: dict[str, Word[Value]] = {}
        for word in words:
            if word.text:
                self._words.setdefault(word.text, word)
        self._tokens: set[str] = set()  # the first token of a word that begins where a token does
        prefixes: dict[int, set[str]] = {}
        # The first two characters of a word that may begin anywhere, as `pairwise` has them.
        self._pairs: set[tuple[str, str]] = set()
        self._ascii_pairs = False  # one of them is ASCII
        self._singles: set[str] = set()
        heads: dict[str, set[int]] = {}
        for text, word in self._words.items():
            heads.setdefault(text[:2], set()).add(len(text))
            token = _TOKEN.match(text)
            if token and not word.open_left:
                if word.open_right and token.end() == len(text):
                    prefixes.setdefault(len(text), set()).add(text)
                else:
                    self._tokens.add(token[0])
            elif len(text) == 1:
                self._singles.add(text)
            else:
                self._pairs.add((text[0], text[1]))
                self._ascii_pairs |= text[:2].isascii()
        self._prefixes = sorted(prefixes.items())
        self._heads = {head: sorted(lengths, reverse=True) for head, lengths in heads.items()}

    def __len__(self) -> int:
        return len(self._words)

    def may_be_in(self, text: str) -> bool:
        """False only if no word is in `text`; many times faster than `every`."""
        ascii_only = text.isascii()
        if self._tokens or self._prefixes:
            tokens = (_ASCII_TOKEN if ascii_only else _TOKEN).findall(text)
            if self._beside_digits and _DIGIT.search(text):
                mixed = [token for token in tokens if not token.isalpha()]
                tokens += [token.strip(_DIGITS) for token in mixed]
                tokens += [token.lstrip(_DIGITS) for token in mixed]
                tokens += [token.rstrip(_DIGITS) for token in mixed]
            if not self._tokens.isdisjoint(tokens):
                return True
            for length, prefixes in self._prefixes:
                if any(token[:length] in prefixes for token in tokens):
                    return True
        may_pair = self._ascii_pairs if ascii_only else self._pairs
        if may_pair and not self._pairs.isdisjoint(pairwise(text)):
            return True
        return bool(self._singles) and not self._singles.isdisjoint(text)

    def every(self, text: str) -> Iterator[Found[Value]]:
        """Each word at each place, from left to right, the longest first."""
        heads = self._heads
        for start in range(len(text)):
            lengths = heads.get(text[start : start + 2], ())
            for length in lengths:
                if found := self._at(text, start, start + length):
                    yield found
            alone = start < len(text) - 1 and text[start] in heads
            if alone and (found := self._at(text, start, start + 1)):
                yield found

    def longest(self, text: str) -> Iterator[Found[Value]]:
        """From left to right the longest word at each place, none over another."""
        end = 0
        for found in self.every(text):
            if found.start >= end:
                end = found.end
                yield found

    def anywhere(self, text: str, least: int) -> Found[Value] | None:
        """The first word of at least `least` characters in `text`, whatever stands around it."""
        for start in range(len(text) - least + 1):
            for length in self._heads.get(text[start : start + 2], ()):
                word = self._words.get(text[start : start + length])
                if word and length >= least:
                    return Found(start, start + length, word.value)
        return None

    def _at(self, text: str, start: int, end: int) -> Found[Value] | None:
        if end > len(text) or (word := self._words.get(text[start:end])) is None:
            return None
        if not (word.open_left or self._begins(text, start)):
            return None
        if not (word.open_right or self._ends(text, end)):
            return None
        return Found(start, end, word.value)

    def _begins(self, text: str, start: int) -> bool:
        if not start or not _WORD.match(text[start]):
            return True
        before = start - 1
        if self._beside_digits and _LETTER.match(text[start]):
            while before > 0 and text[before] in _DIGITS:
                before -= 1
            if text[before] in _DIGITS:
                return True
        return not _WORD.match(text[before])

    def _ends(self, text: str, end: int) -> bool:
        if end == len(text) or not _WORD.match(text[end - 1]):
            return True
        after = end
        if self._beside_digits and _LETTER.match(text[end - 1]):
            while after < len(text) - 1 and text[after] in _DIGITS:
                after += 1
            if text[after] in _DIGITS:
                return True
        return not _WORD.match(text[after])
