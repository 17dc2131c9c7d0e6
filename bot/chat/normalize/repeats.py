"""Cuts what is said over and over to a few times: characters, syllables, words and phrases."""

from __future__ import annotations

import operator
import re

_LONGEST_PHRASE = 5  # words
_HAN = "㐀-鿿ぁ-ヺー"


class Repeats:
    """At most `most` times the same in a row. Digits are left to those who read them."""

    def __init__(self, most: int, kept: frozenset[str] = frozenset()) -> None:
        """`kept`: runs of one letter that are words ("dddd")."""
        self._kept = kept
        self._most = most
        again = f"{{{most},}}"
        self._character = re.compile(rf"([^\W\d_])\1{again}")
        self._syllable = re.compile(rf"([A-Za-z]{{2,4}}?)\1{again}", re.IGNORECASE)
        self._phrase = re.compile(rf"([{_HAN}]{{2,8}}?)\1{again}")
        self._marked = re.compile(rf"([{_HAN}]{{1,8}}[，,！!。、～~ ])\1{again}")

    def read(self, text: str) -> str:
        most = self._most
        distinct = len(set(text))
        if len(text) - distinct < most:
            return text
        text = self._character.sub(lambda run: run[0] if run[0] in self._kept else run[1] * most, text)
        if not text.isascii():
            text = self._phrase.sub(lambda run: run[1] * most, text)
            text = self._marked.sub(lambda run: run[1] * most, text)
        if len(text) >= 2 * most + 2 and _DENSE.search(text):
            text = self._syllable.sub(lambda run: run[1] * most, text)
        return self._words(text) if text.count(" ") >= most else text

    def _words(self, text: str) -> str:
        words = text.split(" ")
        keys = [word.lower().strip(",.!?，。！？~") for word in words]
        if len(keys) - len(set(keys)) < self._most or not self._may_repeat(keys):
            return text
        kept: list[int] = []
        at = 0
        while at < len(words):
            length, times = self._repeat(keys, at)
            # Digits are said as often as they stand there.
            counted = any(key.isdigit() for key in keys[at : at + length])
            kept += range(at, at + length * (times if counted else min(times, self._most)))
            at += length * times
        return " ".join(words[index] for index in kept)

    def _may_repeat(self, keys: list[str]) -> bool:
        """False only if no phrase stands there too often; many times faster than to look at every place."""
        return any(
            sum(map(operator.eq, keys, keys[length:])) >= length * self._most
            for length in range(1, _LONGEST_PHRASE + 1)
        )

    def _repeat(self, keys: list[str], at: int) -> tuple[int, int]:
        """The shortest phrase at `at` that is repeated too often, and how many times it stands there."""
        for length in range(1, _LONGEST_PHRASE + 1):
            phrase = keys[at : at + length]
            times = 1
            while keys[at + length * times : at + length * (times + 1)] == phrase:
                times += 1
            if times > self._most:
                return length, times
        return 1, 1


_DENSE = re.compile(r"[A-Za-z]{8,}")
