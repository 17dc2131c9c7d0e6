"""Says words that are drawn out ("sooooo", "HELLOOO") as the words they are: no voice can hold a letter."""

from __future__ import annotations

import itertools
import re

from bot.chat.normalize.lexicon import Lexicon
from bot.chat.normalize.spelling import VOWEL

# Longer ones are no words. An upper bound, so that each start of a word costs the same.
_LONGEST = 40
_WORD = re.compile(rf"(?<![^\W_])[A-Za-z]{{3,{_LONGEST}}}(?![^\W_])")
_RUN = re.compile(r"(.)\1{2,}", re.IGNORECASE)
_ENDS = re.compile(r"(.)\1{2,}$", re.IGNORECASE)
_KEPT = re.compile("[A-Z]+III|[Ee]m+")  # VIII, WWIII, FFXIII; emmm, as Chinese hesitate
_MOST_RUNS = 3  # each doubles the number of words that may be meant


class Drawn:
    """A letter that stands three times or more stands once or twice in the word that is meant.

    Which, the tables tell: words that are drawn out often, then short words. A word of one letter (hhh, www,
    ggg) is a laugh or a cheer, and left to those who read it.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._often = lexicon.drawn
        self._known = lexicon.capitals | lexicon.acronyms | lexicon.words.keys()

    def read(self, text: str) -> str:
        return _WORD.sub(self._word, text) if _RUN.search(text) else text

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        runs = _RUN.findall(word)
        lower = word.lower()
        # Capitals inside are joints: TreeEntry, PocketTTSModel.
        joined = not (word.islower() or word.isupper() or word.istitle())
        if not runs or joined or len(set(lower)) == 1 or lower in self._known or _KEPT.fullmatch(word):
            return word
        # "brrrt" is a noise, not "be right there" held.
        noise = not VOWEL.search(word) and not _ENDS.search(word)
        once = word if noise else _RUN.sub(r"\1", word)
        if len(runs) > _MOST_RUNS:
            return once
        kept = (2,) if noise else (2, 1)
        meant = [_held(word, times) for times in itertools.product(kept, repeat=len(runs))]
        for words in (self._often, self._known):
            for candidate in meant:
                if candidate.lower() in words:
                    return candidate
        return once


def _held(word: str, times: tuple[int, ...]) -> str:
    """`word` with its drawn out letters as often as `times` says, one after the other."""
    left = iter(times)
    return _RUN.sub(lambda run: run[0][: next(left)], word)
