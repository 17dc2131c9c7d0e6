"""The ways in which a word is disguised, undone: the readings of a folded text that a block list looks at.

Each reading undoes one kind of disguise and leaves innocent words whole, so that "o'clock", "class" and
"the pen is" stay what they are; the number of readings is bounded, and each costs time linear in the text.

Most messages are not disguised, so what any disguise needs is asked for first. Python's `re` skips quickly
to the next place where a pattern may begin if that is one character or one set of them: hence the patterns
that begin with what they are about and look back from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.chat.folding import HAN, UNSPACED
from bot.chat.words import WORD

# Signs that people put within a word. Apostrophes, commas and marks that end a sentence stand between words,
# and so does "..." (three of a sign).
_PARTS = r"\s,!?;:'’()（），。！？；：、…“”\"@$"
_SIGN = rf"[\W_](?<![{_PARTS}])"
_LATIN_JOINTS = re.compile(f"{_SIGN}(?<={WORD}.)(?:{_SIGN})?(?={WORD})")
_OTHER_JOINTS = re.compile(
    f"{_SIGN}(?:(?<=[{UNSPACED}].)(?:{_SIGN}){{0,2}}(?=[{UNSPACED}a-z])|(?<=[a-z].)(?=[{HAN}]))"
)
_HAS_SIGN = re.compile(_SIGN)
# "傻 逼": a space beside a single character parts no words; "你好傻 逼我" is two pieces of a sentence.
_BESIDE_SINGLE = (  # looking about from behind the space
    f"(?:(?<=[{HAN}] )(?=[{HAN}](?![{HAN}])|[a-z](?![a-z0-9]))"
    f"|(?<=(?<![{HAN}])[{HAN}] )(?=[{HAN}])|(?<=(?<![a-z0-9])[a-z] )(?=[{HAN}]))"
)
_HAN_SPACES = re.compile(f" {_BESIDE_SINGLE}")
_SINGLE = r"[^\W_]|[@$]"
_SPELLED = re.compile(f"(?<![\\w@$])(?:(?:{_SINGLE})[^\\w@$]{{1,3}}){{2,}}(?:{_SINGLE})(?![\\w@$])")
_BETWEEN = re.compile(r"[^\w@$]+")
_TWO_SINGLES = r"[\w@$][^\w@$]{1,3}[\w@$](?![\w@$])"
_MAY_BE_SPELLED = re.compile(rf"[^\w@$]{_TWO_SINGLES}")
# "f uck", "fuc k": a lone consonant goes to the word beside it.
_LONE = "[b-df-hj-np-tv-z]"
_LONE_BEFORE = re.compile(f"(?<![a-z0-9'’])({_LONE}) (?=[a-z]{{2}})")
_LONE_AFTER = re.compile(f"(?<=[a-z]{{3}}) (?={_LONE}(?![a-z0-9'’]))")
_LONE_ONE = f"{_LONE}(?![a-z0-9'’])"
_MAY_BE_LONE = re.compile(f"(?:^| ){_LONE} [a-z]|[a-z] {_LONE}(?![a-z0-9'’])")

# Signs at a word's edges, as in "wow!!", stay: one that is written for a letter has others about it.
_AMONG_LETTERS = r"(?:(?=[a-z])|(?<=[a-z].)(?=[!|+]*[a-z0-9@$€£¢¥])|(?<=[a-z][0-9@$€£¢¥]))"
_HAS_LEET = re.compile(f"[0-9@$!|+€£¢¥]{_AMONG_LETTERS}")
_LEET_MAY_BE = re.compile(r"[a-z][0-9@$!|+€£¢¥]|[0-9@$€£¢¥|+][a-z]")
_IN_LEET = "[a-z0-9@$!|+€£¢¥]"
_LEET_WORD = re.compile(rf"(?<!{_IN_LEET})[a-z]*+[0-9@$!|+€£¢¥]{_IN_LEET}*")  # letters alone need no look
_LEET_LETTER = re.compile(r"[a-z]")
_LEET_LEAST = 3
_LEET = str.maketrans("0134567890@$!|+€£¢¥", "oieasgtbgoasiitelcy")
_LEET_L = str.maketrans("0134567890@$!|+€£¢¥", "oleasgtbgoasllteley")
_EDGE_SIGNS = "!|+"

# Letters that English hardly doubles: two of them are as one. Of others only three or more are drawn out.
_RARE = "[ahijkquvwxy]"
_IS_DRAWN = re.compile(rf"(.)\1(?:\1(?<=[^\W\d_])|(?<={_RARE}))", re.DOTALL)
_RARE_RUN = re.compile(rf"({_RARE})\1+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")

# Every disguise but drawn-out letters, and a lone consonant at the beginning, has one of these.
_MAY_BE_DISGUISED = re.compile(
    rf"[\W_0-9](?:(?<= )(?:{_LONE_ONE}|{_BESIDE_SINGLE})|(?<=[0-9@$!|+€£¢¥]){_AMONG_LETTERS}"
    rf"|(?<=[^\w@$]){_TWO_SINGLES}"
    rf"|(?<![\w{_PARTS}])(?<=[\w{UNSPACED}].)(?:{_SIGN}){{0,2}}(?=[\w{UNSPACED}])"
    rf"|(?<=[\w{UNSPACED}]_)(?:{_SIGN}){{0,2}}(?=[\w{UNSPACED}]))"
)


@dataclass(frozen=True, slots=True)
class Readings:
    """`lines`: the text itself, and what it may be without disguise. `spelled`: its spelled-out runs."""

    lines: tuple[str, ...]
    spelled: tuple[str, ...]


def undisguised(folded: str) -> Readings:
    """The readings of what `folding.fold` has made; the first is the text itself."""
    if not (_MAY_BE_DISGUISED.search(folded) or _IS_DRAWN.search(folded) or folded[1:2] == " "):
        return Readings((folded,), ())
    lines = [folded]
    joined, spelled = _joined(folded)
    _add(lines, joined)
    if _MAY_BE_LONE.search(folded):
        _add(lines, _LONE_AFTER.sub("", _LONE_BEFORE.sub(r"\1", folded)))
    for line in tuple(lines):
        if _HAS_LEET.search(line) and _LEET_MAY_BE.search(line):
            for unleeted in _unleet(line, _LEET, _LEET_L):
                _add(lines, unleeted)
    spelled += [_unleet(run, _LEET)[0] for run in spelled if not run.isalpha()]
    for line in tuple(lines):
        if _IS_DRAWN.search(line):
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
        line = _LATIN_JOINTS.sub("", line)
        if not line.isascii():
            line = _OTHER_JOINTS.sub("", line)
    if not line.isascii():
        line = _HAN_SPACES.sub("", line)
    return line, spelled


def _unleet(line: str, *tables: dict[int, int]) -> list[str]:
    """The line with letters for the signs within its words, once for each table."""
    made: list[list[str]] = [[] for _ in tables]
    end = 0
    for word in _LEET_WORD.finditer(line):
        text = word[0]
        if len(text) < _LEET_LEAST or not _LEET_LETTER.search(text):
            continue  # a number
        middle = text.strip(_EDGE_SIGNS)
        start = word.start() + text.index(middle)
        before, end = line[end:start], start + len(middle)
        for parts, table in zip(made, tables, strict=True):
            parts += (before, middle.translate(table))
    return ["".join(parts) + line[end:] for parts in made]
