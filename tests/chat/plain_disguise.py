"""The readings of `bot.chat.disguise` by the definition: every step taken on every line, whatever it costs.

Each reading undoes one kind of disguise and leaves innocent words whole, so that "o'clock", "class" and
"the pen is" stay what they are; the number of readings is bounded, and each costs time linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.chat.folding import HAN, UNSPACED
from bot.chat.words import WORD

# Signs that people put within a word. Apostrophes, commas and marks that end a sentence stand between words,
# and so does "..." (three of a sign).
_SIGN = r"(?:[^\w\s,!?;:'’()（），。！？；：、…“”\"@$]|_)"
_LATIN_JOINTS = re.compile(f"(?<={WORD}){_SIGN}{{1,2}}(?={WORD})")
_OTHER_JOINTS = re.compile(f"(?<=[{UNSPACED}]){_SIGN}{{1,3}}(?=[{UNSPACED}a-z])|(?<=[a-z]){_SIGN}(?=[{HAN}])")
_HAS_SIGN = re.compile(_SIGN)
# "傻 逼": a space beside a single character parts no words; "你好傻 逼我" is two pieces of a sentence.
_HAN_SPACES = re.compile(
    f"(?<=[{HAN}]) (?=[{HAN}](?![{HAN}]))|(?<=(?<![{HAN}])[{HAN}]) (?=[{HAN}])"
    f"|(?<=[{HAN}]) (?=[a-z](?![a-z0-9]))|(?<=(?<![a-z0-9])[a-z]) (?=[{HAN}])"
)
_SINGLE = r"[^\W_]|[@$]"
_SPELLED = re.compile(f"(?<![\\w@$])(?:(?:{_SINGLE})[^\\w@$]{{1,3}}){{2,}}(?:{_SINGLE})(?![\\w@$])")
_BETWEEN = re.compile(r"[^\w@$]+")
_MAY_BE_SPELLED = re.compile(r"(?<![\w@$])[\w@$][^\w@$]{1,3}[\w@$][^\w@$]{1,3}[\w@$](?![\w@$])")
# "f uck", "fuc k": a lone consonant goes to the word beside it.
_LONE = "[b-df-hj-np-tv-z]"
_LONE_BEFORE = re.compile(f"(?<![a-z0-9'’])({_LONE}) (?=[a-z]{{2}})")
_LONE_AFTER = re.compile(f"(?<=[a-z]{{3}}) (?={_LONE}(?![a-z0-9'’]))")
_MAY_BE_LONE = re.compile(f"(?:^| ){_LONE} [a-z]|[a-z] {_LONE}(?![a-z0-9'’])")

_LEET_MAY_BE = re.compile(r"[a-z][0-9@$!|+€£¢¥]|[0-9@$€£¢¥|+][a-z]")
_LEET_WORD = re.compile(r"[a-z0-9@$!|+€£¢¥]{3,}")
_LEET_LETTER = re.compile(r"[a-z]")
_LEET = str.maketrans("0134567890@$!|+€£¢¥", "oieasgtbgoasiitelcy")
_LEET_L = str.maketrans("0134567890@$!|+€£¢¥", "oleasgtbgoasllteley")
_EDGE_SIGNS = "!|+"

# Letters that English hardly doubles: two of them are as one. Of others only three or more are drawn out.
_MAY_BE_DRAWN = re.compile(r"([ahijkquvwxy])\1|([^\W\d_])\2\2")
_RARE_RUN = re.compile(r"([ahijkquvwxy])\1+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True, slots=True)
class Readings:
    """`lines`: the text itself, and what it may be without disguise. `spelled`: its spelled-out runs."""

    lines: tuple[str, ...]
    spelled: tuple[str, ...]


def undisguised(folded: str) -> Readings:
    """The readings of what `folding.fold` has made; the first is the text itself."""
    lines = [folded]
    joined, spelled = _joined(folded)
    _add(lines, joined)
    if _MAY_BE_LONE.search(folded):
        _add(lines, _LONE_AFTER.sub("", _LONE_BEFORE.sub(r"\1", folded)))
    for line in tuple(lines):
        if _LEET_MAY_BE.search(line):
            for table in (_LEET, _LEET_L):
                _add(lines, _unleet(line, table))
    spelled += [_unleet(run, _LEET) for run in spelled if not run.isalpha()]
    for line in tuple(lines):
        if _MAY_BE_DRAWN.search(line):
            single = _RARE_RUN.sub(r"\1", line)
            _add(lines, _LONG_RUN.sub(r"\1\1", single))
            _add(lines, _LONG_RUN.sub(r"\1", single))
    return Readings(tuple(lines), tuple(spelled))


def _add(lines: list[str], line: str) -> None:
    if line not in lines:
        lines.append(line)


def _joined(line: str) -> tuple[str, list[str]]:
    """Without what stands within words: signs, the spaces of spelled-out words and of single characters."""
    spelled: list[str] = []
    if _MAY_BE_SPELLED.search(line):

        def join(run: re.Match[str]) -> str:
            spelled.append(_BETWEEN.sub("", run[0]))
            return spelled[-1]

        line = _SPELLED.sub(join, line)
    if _HAS_SIGN.search(line):
        line = _OTHER_JOINTS.sub("", _LATIN_JOINTS.sub("", line))
    if not line.isascii():
        line = _HAN_SPACES.sub("", line)
    return line, spelled


def _unleet(line: str, table: dict[int, int]) -> str:
    def letters(word: re.Match[str]) -> str:
        text = word[0]
        if not _LEET_LETTER.search(text):
            return text  # a number
        middle = text.strip(_EDGE_SIGNS)
        start = text.index(middle)
        return text[:start] + middle.translate(table) + text[start + len(middle) :]

    return _LEET_WORD.sub(letters, line)
