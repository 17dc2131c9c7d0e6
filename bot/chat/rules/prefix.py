"""Which line is a command: by its prefix, and by the words of this bot's own commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.messages import Author

_LONGEST_OPENING = 8  # characters
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True, slots=True)
class CommandWords:
    """The words of this bot's own commands, in lower case.

    An argument may follow an `opening` one without a space, as Chinese is written ("!声音leo"), if it begins
    as the word's pattern says: "！声音太小了" is a sentence. `may(author, word)`: who may use which.
    """

    whole: frozenset[str] = frozenset()
    opening: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    may: Callable[[Author, str], bool] = field(default=lambda author, word: True, compare=False)

    def split(self, line: str) -> tuple[str, str]:
        """(the word of ours that what follows a prefix begins with, the rest), or two times ""."""
        typed, arguments = [*line.split(maxsplit=1), "", ""][:2]
        word = typed.casefold()
        if word in self.whole:
            return word, arguments
        for length in range(min(len(word), _LONGEST_OPENING), 0, -1):
            if fits := self.opening.get(word[:length]):
                rest = f"{typed[length:]} {arguments}".strip()
                if fits.match(rest):
                    return word[:length], rest
        return "", ""


NO_WORDS = CommandWords()


def after_prefix(text: str, prefix: str, words: CommandWords = NO_WORDS) -> str:
    """What follows the prefix of a line such as "!voice leo"; "" if it is none, as "!!! wow" is not.

    The full-width form of the prefix, which Chinese keyboards type, counts before one of `words` alone:
    "！声音" is a command, "！太强了" is not.
    """
    text = text.lstrip()
    head, rest = text[: len(prefix)], text[len(prefix) :]
    if not prefix:
        return ""
    if head == prefix:
        return rest if rest.lstrip()[:1].isalnum() else ""
    return rest if head.translate(_HALF_WIDTH) == prefix and words.split(rest)[0] else ""
