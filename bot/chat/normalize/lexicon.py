"""The tables of bot/data/lexicon, and the streamer's own words on top of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "data" / "lexicon"
_ORDINARY = "="  # a reading: nothing special about the word in this language


@dataclass(frozen=True, slots=True)
class Said:
    """A word's readings by the language around it; "" for none of its own."""

    zh: str
    en: str

    def reading(self, language: str) -> str:
        chosen = (self.zh or self.en) if language == "zh" else (self.en or self.zh)
        return "" if chosen == _ORDINARY else chosen


@dataclass(frozen=True, slots=True)
class DigitWord:
    alone: str
    within: str
    en: str


@dataclass(frozen=True, slots=True)
class Unit:
    zh: str
    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    words: dict[str, Said]  # in small letters, or in capitals where those mean something else
    acronyms: frozenset[str]  # small: spelled in any case; capitals: spelled if typed so
    capitals: frozenset[str]  # words that are words in capitals
    drawn: frozenset[str]  # words with a letter doubled that viewers draw out
    names: dict[str, str]  # mixed case -> how it is said
    digits: dict[str, DigitWord]
    repeated: dict[str, DigitWord]  # "233" for 233, 2333, 23333, …
    units: dict[str, Unit]
    measures: frozenset[str]
    models: frozenset[str]
    makers: tuple[str, ...]  # those of the models in Chinese
    faces: dict[str, Said]
    emoji: dict[str, str]

    def digit_word(self, digits: str) -> DigitWord | None:
        if found := self.digits.get(digits):
            return found
        stem = digits.rstrip(digits[-1]) + digits[-1] * 2
        for shortened in (stem, stem + digits[-1]):
            if len(shortened) <= len(digits) and (found := self.repeated.get(shortened)):
                return found
        return None

    def is_measure(self, text: str) -> bool:
        """True if `text` begins with what is counted."""
        return any(text[:length] in self.measures for length in (1, 2, 3))

    def is_pattern_of_chinese(self, word: str) -> bool:
        said = self.words.get(word)
        return said is not None and bool(_HAN.search(said.en))

    def is_initials_of_chinese(self, word: str) -> bool:
        """`word` stands for Chinese ones: the table says so, or nobody could say it as a word."""
        said = self.words.get(word)
        if said is not None:
            reading = said.zh or said.en
            return bool(_SPELLED.fullmatch(reading) or _HAN.search(reading))
        return word in self.acronyms or (len(word) <= _LONGEST_INITIALS and are_initials(word))


def are_initials(word: str) -> bool:
    """`word`, in small letters, is no syllable and no word: of pinyin only its first letters are left."""
    return not _VOWEL.search(word) or (not _SYLLABLE.search(word) and word not in _WITH_Y)


_LONGEST_INITIALS = 5
_SPELLED = re.compile("[A-Z](?: [A-Z])+")
_VOWEL = re.compile("[aeiouy]")
_SYLLABLE = re.compile("[aeiou]")
_HAN = re.compile("[一-鿿]")
# Words whose only vowel is y.
_WITH_Y = frozenset(
    re.findall(
        "[a-z]+", "by my why try fly sky dry cry shy spy sly fry pry gym sync lynx myth hymn psych ty yy"
    )
)


@functools.cache
def standard() -> Lexicon:
    return load(None)


@functools.cache
def load(own: Path | None) -> Lexicon:
    """The tables, with the words of the file `own` before those of words.tsv.

    Raises OSError if `own` cannot be read and UnicodeDecodeError (a ValueError) if it is not UTF-8.
    """
    words = dict(_words(_FOLDER / "words.tsv"))
    if own is not None:
        words.update(_words(own))
    digits: dict[str, DigitWord] = {}
    repeated: dict[str, DigitWord] = {}
    for key, alone, within, en in _rows(_FOLDER / "digits.tsv", 4):
        word = DigitWord(alone, within, en)
        if key.endswith("+"):
            repeated[key[:-1]] = word
        else:
            digits[key] = word
    return Lexicon(
        words=words,
        acronyms=frozenset(_items("acronyms.txt")),
        capitals=frozenset(_items("capitals.txt")),
        drawn=frozenset(_items("drawn.txt")),
        names=dict(_names()),
        digits=digits,
        repeated=repeated,
        units={key: Unit(zh, one, many) for key, zh, one, many in _rows(_FOLDER / "units.tsv", 4)},
        measures=frozenset(_items("measures.txt")),
        models=frozenset(_items("models.txt")),
        makers=tuple(name for name in _items("models.txt") if not name.isascii()),
        faces={face: Said(zh, en) for face, zh, en in _rows(_FOLDER / "faces.tsv", 3)},
        emoji=dict(_rows(_FOLDER / "emoji.tsv", 2)),
    )


def _lines(file: Path) -> Iterator[str]:
    for line in file.read_text("utf-8-sig").splitlines():
        if line.strip() and not line.startswith("# ") and line != "#":
            yield line


def _rows(file: Path, columns: int) -> Iterator[list[str]]:
    for line in _lines(file):
        cells = [cell.strip() for cell in line.split("\t")]
        yield (cells + [""] * columns)[:columns]


def _words(file: Path) -> Iterator[tuple[str, Said]]:
    for word, zh, en in _rows(file, 3):
        yield (word if word.isupper() else word.lower()), Said(zh, en)


def _items(name: str) -> Iterator[str]:
    for line in _lines(_FOLDER / name):
        yield from line.split()


def _names() -> Iterator[tuple[str, str]]:
    for name, said in _rows(_FOLDER / "names.tsv", 2):
        yield name, said or name
