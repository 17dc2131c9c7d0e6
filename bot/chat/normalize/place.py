"""Where in a line an expression stands: its language, and the words around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.chat.normalize import numerals
from bot.chat.normalize.lexicon import Lexicon

_CLAUSE_START = re.compile(r"(?:^|[^\w\s])\s*$")
_CLAUSE_END = re.compile(r"\s*(?:$|[^\w\s])")
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_ALIKE = re.compile(r"(\d)\1+")
_CARD = re.compile(r"[1-5]0[5-9]0")  # graphics cards are called by pairs, with or without their maker's name


@dataclass(frozen=True, slots=True)
class Place:
    language: str  # "zh" or "en"
    before: str  # a few characters before the expression, and after it
    after: str
    lexicon: Lexicon

    @property
    def zh(self) -> bool:
        return self.language == "zh"

    @property
    def counted(self) -> bool:
        """What follows is something to count."""
        return self.zh and self.lexicon.is_measure(self.after.lstrip())

    @property
    def alone(self) -> bool:
        """It is all that its clause says."""
        return bool(_CLAUSE_START.search(self.before) and _CLAUSE_END.match(self.after))

    @property
    def after_maker(self) -> bool:
        """It follows the Chinese name of a maker of models."""
        return self.before.rstrip().endswith(self.lexicon.makers)

    def number(self, number: str) -> str:
        """A plain number, "1,234.5" too."""
        return numerals.zh_number(number) if self.zh else numerals.en_number(number)

    def digits(self, digits: str) -> str:
        """Digit by digit."""
        return numerals.zh_digits(digits) if self.zh else numerals.en_digits(digits)

    def model(self, digits: str) -> str:
        """As the digits of a model's name are read."""
        if not self.zh:
            return numerals.en_pairs(digits)
        short = len(digits) < 3 and not digits.startswith("0")
        return numerals.zh_cardinal(digits) if short else numerals.zh_digits(digits)

    def year(self, digits: str) -> str:
        return numerals.zh_digits(digits) if self.zh else numerals.en_year(digits)

    def pick(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def two(self, number: str) -> str:
        """The number before a measure word: 2 is 两 there."""
        said = self.number(number)
        return "两" if said == "二" else said


def is_year(digits: str) -> bool:
    return _YEAR.fullmatch(digits) is not None


def is_card(digits: str) -> bool:
    return _CARD.fullmatch(digits) is not None


def all_alike(digits: str) -> bool:
    return _ALIKE.fullmatch(digits) is not None
