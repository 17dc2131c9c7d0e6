"""Where a text may be cut, in Chinese and English, and how well it sounds there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from bot.engine.f5.joint_words import (
    BEGINS_GROUP,
    BEGINS_PHRASE,
    LEANS_BACK,
    LEANS_FORWARD,
    NUMBER_WORDS,
    NUMERALS,
)
from bot.engine.f5.tokens import words
from bot.engine.languages import script_of


class Joint(IntEnum):
    """What stands between a piece and the next, from what should not be cut to what asks for it."""

    TIED = 0  # within a group of words: numeral and measure word, article and noun, a word too long to speak
    WORD = 1  # between two words of a phrase
    PHRASE = 2  # before "because", "in the", "但是"; or inside a bracket, after a comma
    CLAUSE = 3  # after a comma
    SENTENCE = 4  # after a full stop, and at the end of the text


@dataclass(frozen=True, slots=True)
class Token:
    """A word with the marks and spaces after it, and what follows it."""

    text: str
    joint: Joint


_SENTENCE = frozenset(".!?。！？…；;")
_CLAUSE = frozenset(",，、:：—–")
_OPEN, _CLOSED = "([{（［｛【《〈「『“‘", ")]}）］｝】》〉」』”’"
_CLOSERS = frozenset(_CLOSED + "\"'")

# A word: Chinese (cut further by jieba), or a run without spaces of anything else that is not a mark, with
# the points and commas inside it ("3.5", "10:30", "don't", "a.b@c").
_HAN = r"\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(
    rf"[{_HAN}]+"
    rf"|[\w$€£¥#@+-](?:[^\W{_HAN}]|[%°℃'’_&/+@#-]|[.,:](?=\w)(?![{_HAN}]))*"
    r"|\s+|."
    , re.DOTALL)  # fmt: skip

_LONGEST_WORD = 24  # characters of a word that nobody says in one breath: "aaaa…", an address


def tokenize(text: str) -> list[Token]:
    """`text` as words, which join to it, each with the joint after it; the last with SENTENCE."""
    found: list[list[str]] = []  # a word (may be "" at the start) and what hangs on it: marks, spaces
    for word in _split(text):
        if found and (word.isspace() or not _opens_or_speaks(word)) and not _is_opening_quote(word, found):
            found[-1][1] += word
        elif found and not _speaks(found[-1][0]):
            found[-1] = [found[-1][0] + found[-1][1] + word, ""]  # an opening bracket, with its word
        else:
            found.append([word, ""])
    depths = _depths(found)
    return [
        Token(word + marks, _joint(found, at, depths[at]) if at + 1 < len(found) else Joint.SENTENCE)
        for at, (word, marks) in enumerate(found)
    ]


def _split(text: str) -> Iterable[str]:
    for match in _WORDS.finditer(text):
        run = match.group()
        if script_of(run[0]) == "han" and len(run) > 1:
            yield from words(run)
        elif len(run) > _LONGEST_WORD:
            yield from (run[at : at + _LONGEST_WORD] for at in range(0, len(run), _LONGEST_WORD))
        else:
            yield run


def _speaks(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _opens_or_speaks(word: str) -> bool:
    return word[0] in _OPEN or _speaks(word)


def _is_opening_quote(word: str, found: list[list[str]]) -> bool:
    """A straight quote opens if it stands after a space or nothing, and closes after a word."""
    return word in "\"'" and (not found or found[-1][1][-1:].isspace())


def _depths(found: list[list[str]]) -> list[bool]:
    """For each word, whether the place after it is inside a bracket or a pair of quotes that is closed."""
    stack: list[tuple[str, int]] = []
    inside = [False] * len(found)
    for at, (word, marks) in enumerate(found):
        for character in word + marks:
            if character in _OPEN:
                stack.append((_CLOSED[_OPEN.index(character)], at))
            elif stack and character == stack[-1][0]:
                _, start = stack.pop()
                inside[start:at] = [True] * (at - start)
            elif character == '"':
                stack.append(('"', at))
    return inside


def _joint(found: list[list[str]], at: int, inside: bool) -> Joint:
    (word, marks), (following, _) = found[at], found[at + 1]
    joint = _by_marks(word, marks, following)
    if joint is None:
        joint = _by_words(word, marks, following)
    if inside:  # of brackets or quotes: a step down
        joint = Joint(max(Joint.TIED, joint - 1))
    return joint


def _by_marks(word: str, marks: str, following: str) -> Joint | None:
    said = marks.strip()
    narrow = said.isascii() and not marks[-1:].isspace() and following[:1] < "\u0250"
    pauses = said.rstrip("".join(_CLOSERS))[-1:] or said[:1]
    if not pauses or (narrow and pauses not in "!?"):  # "a.b" is a word, "well,yes" a slip: not sure enough
        return Joint.WORD if pauses in _SENTENCE | _CLAUSE else None
    if pauses in _SENTENCE:
        short = pauses == "." and len(word) <= 3 and word.lower() in LEANS_FORWARD  # "Mr. Smith"
        return Joint.TIED if short else Joint.SENTENCE
    return Joint.CLAUSE if pauses in _CLAUSE else None


def _by_words(word: str, marks: str, following: str) -> Joint:
    before, after = _bare(word), _bare(following)
    glued = not marks and script_of(word[-1]) != "han" and script_of(following[0]) != "han"
    if glued or after in LEANS_BACK or _is_number(before):
        return Joint.TIED
    if after in BEGINS_PHRASE and not _is_number(before):
        return Joint.PHRASE
    if before in LEANS_FORWARD:
        return Joint.TIED
    if after in BEGINS_GROUP or following[0] in _OPEN:
        return Joint.PHRASE
    return Joint.WORD


def _bare(word: str) -> str:
    return word.strip(_OPEN + _CLOSED + "\"'").lower().replace("’", "'")


def _is_number(word: str) -> bool:
    return (
        word[-1:].isdigit()
        or word in NUMBER_WORDS
        or (bool(word) and all(character in NUMERALS for character in word))
    )
