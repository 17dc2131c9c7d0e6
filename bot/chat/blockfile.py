"""The block list as a file for people: one entry a line, and the faults of lines in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.chat import patterns
from bot.chat.folding import fold

LONGEST = 60  # characters of a word
HEADER = """\
# Words and patterns that are never spoken, one a line. This file is read again when it changes.
#   word        a whole word in English and its like, anywhere in Chinese, Japanese, Korean and Thai
#   word*       ... and whatever begins with it; *word ends with it, *word* holds it
#   /pattern/   a regular expression (RE2's), in any case of letters
#   +word       never blocked, though a blocked word be in it
# Capitals, width, accents, look-alike and spaced-out letters and traditional characters make no difference.
"""


class Kind(StrEnum):
    WORD = "word"
    PATTERN = "pattern"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` is as it was written, without slashes or plus; `where` is the file and line, or the setting."""

    text: str
    kind: Kind
    where: str = ""

    @property
    def written(self) -> str:
        match self.kind:
            case Kind.PATTERN:
                return f"/{self.text}/"
            case Kind.ALLOWED:
                return f"+{self.text}"
        return self.text

    @property
    def key(self) -> tuple[Kind, str]:
        """Entries of one key are one."""
        return self.kind, self.text if self.kind is Kind.PATTERN else fold(self.text)


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is of no use; the sentence names the file and line."""

    sentence: str


_PATTERN = re.compile(r"/(.*?)/(?:\s+#.*)?", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s)#.*", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def parse(line: str, where: str, *, comments: bool = True) -> Entry | Fault | None:
    """What a line says; None: nothing."""
    line = line.strip()
    if line.startswith("/") and (pattern := _PATTERN.fullmatch(line)):
        if wrong := patterns.fault(pattern[1]):
            return Fault(f"{where}: {wrong}")
        return Entry(pattern[1], Kind.PATTERN, where)
    text = _COMMENT.sub("", line, count=1).strip() if comments else line
    if not text:
        return None
    kind = Kind.WORD
    if text.startswith("+") and len(text) > 1:
        text, kind = text[1:].strip(), Kind.ALLOWED
    if len(text) > LONGEST:
        return Fault(f"{where}: the word is longer than {LONGEST} characters")
    if _CONTROL.search(text):
        return Fault(f"{where}: the word holds a control character")
    if not fold(text).strip("* "):
        return Fault(f'{where}: nothing is left of "{text}" to look for')
    return Entry(text, kind, where)


def parse_all(text: str, name: str) -> tuple[list[Entry], list[Fault]]:
    """A file's entries and faults; `name` is what the file is called in sentences."""
    return _sorted(parse(line, f"{name}, line {number}") for number, line in enumerate(text.split("\n"), 1))


def parse_settings(blocked: Iterable[str], allowed: Iterable[str]) -> tuple[list[Entry], list[Fault]]:
    """What the two settings say; there "#" is a character like others."""
    found = [parse(word, "config.toml, blocked", comments=False) for word in blocked]
    found += [parse("+" + word, "config.toml, allowed", comments=False) for word in allowed if word.strip()]
    return _sorted(found)


def _sorted(found: Iterable[Entry | Fault | None]) -> tuple[list[Entry], list[Fault]]:
    entries: dict[tuple[Kind, str], Entry] = {}
    faults = []
    for one in found:
        if isinstance(one, Fault):
            faults.append(one)
        elif one:
            entries.setdefault(one.key, one)
    return list(entries.values()), faults
