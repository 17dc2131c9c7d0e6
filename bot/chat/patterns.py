"""Many regular expressions looked for at once, in time linear in the text whatever the expressions are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.chat.folding import simplify

try:
    import re2
except ImportError:  # no wheel for this machine: plain patterns alone are taken
    re2 = None  # type: ignore[assignment, unused-ignore]

LONGEST = 500  # characters of a pattern
_MEMORY = 64 << 20  # bytes that the automaton of all patterns may grow to; beyond, RE2 is slower, not wrong
_MEMORY_OF_ONE = 1 << 19  # bytes of one pattern's: a larger one takes seconds to be made, and the bot waits
_AT_ONCE = 250  # patterns in one automaton
# What can make Python's own engine slow: repeats, groups, alternatives of what is optional.
_NOT_PLAIN = re.compile(r"(?<!\\)(?:\\\\)*[*+?{(]")
# Those that may tell a text's beginning or end from the middle: all but "[^" is taken for such.
_MAY_BE_ANCHORED = re.compile(r"(?<!\[)\^|\\\[\^|\$|\\[AzZ]")

Search = Callable[[bytes], Any]


def fault(pattern: str) -> str:
    """What is wrong with `pattern`, in words for people; "" if nothing is."""
    if not pattern:
        return "the pattern is empty"
    if len(pattern) > LONGEST:
        return f"the pattern is longer than {LONGEST} characters"
    try:
        if _compile([pattern])(b""):
            return "the pattern fits every line"
    except _Wrong as wrong:
        return str(wrong)
    return ""


class Patterns:
    """Regular expressions (RE2's syntax) looked for anywhere in a text, in any case of letters; immutable.

    Each must have passed `fault`. Traditional characters in one count as simplified, as texts are folded.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = list(dict.fromkeys(patterns))
        self._anchored = _groups([one for one in self._patterns if _MAY_BE_ANCHORED.search(one)])
        self._free = _groups([one for one in self._patterns if not _MAY_BE_ANCHORED.search(one)])

    def __len__(self) -> int:
        return len(self._patterns)

    def first(self, texts: Iterable[str]) -> str | None:
        """A pattern that fits somewhere in one of `texts`."""
        if not self._patterns:
            return None
        encoded = [text.encode("utf-8", "ignore") for text in texts]
        # One look at all texts: what fits within one fits here, and what fits here alone is found out below.
        together = encoded[0] if len(encoded) == 1 else b"\n".join(encoded)
        for search, group, which in self._free:
            if search(together) and (found := _which_of(group, search, which, encoded)):
                return found
        for search, group, which in self._anchored:
            if found := _which_of(group, search, which, encoded):
                return found
        return None


def _which_of(group: list[str], search: Search, which: Any, texts: list[bytes]) -> str | None:
    for text in texts:
        if search(text):
            return group[min(which.Match(text), default=0)] if which else group[0]
    return None


class _Wrong(Exception):
    """A pattern cannot be used; the message is for people."""


def _groups(patterns: list[str]) -> list[tuple[Search, list[str], Any]]:
    """The patterns in few automata: what searches for any of a group, the group, and what tells which."""
    groups: list[tuple[Search, list[str], Any]] = []
    for first in range(0, len(patterns), _AT_ONCE):
        group = patterns[first : first + _AT_ONCE]
        try:
            groups.append((_compile(group), group, _which(group)))
        except _Wrong:  # together they are too big, or give one name to two groups
            groups += [(_compile([pattern]), [pattern], None) for pattern in group]
    return groups


def _compile(patterns: list[str]) -> Search:
    whole = "|".join(f"(?:{simplify(pattern)})" for pattern in patterns)
    if re2 is None:
        return _compile_plain(whole, patterns)
    alone = _options(_MEMORY_OF_ONE)
    try:
        # Each by itself first: "a)|(b" is wrong, and is not when it stands in brackets.
        for pattern in patterns:
            re2.compile(simplify(pattern), alone)
        search: Search = re2.compile(whole, _options(_MEMORY)).search
    except re2.error as error:
        said = error.args[0]
        raise _Wrong(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
    except UnicodeEncodeError:
        raise _Wrong("it holds half a character") from None
    return search


def _which(patterns: list[str]) -> Any:
    """Tells which of `patterns` fit. It may give up on a hostile text, so that it alone decides nothing."""
    if re2 is None:
        return None
    which = re2.Set.SearchSet(_options(_MEMORY))
    try:
        for pattern in patterns:
            which.Add(simplify(pattern))
        which.Compile()
    except re2.error:
        raise _Wrong("they are too many to be told apart") from None
    return which


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = memory
    return options


def _compile_plain(whole: str, patterns: list[str]) -> Search:
    for pattern in patterns:
        if _NOT_PLAIN.search(pattern):
            raise _Wrong("repeats and groups need google-re2: pip install google-re2")
        try:
            re.compile(pattern)
        except re.error as error:
            raise _Wrong(str(error)) from None
    plain = re.compile(whole, re.IGNORECASE)
    return lambda text: plain.search(text.decode("utf-8"))
