"""Words said as they are given: kept from the rules that read words in letters that nobody types."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from bot.messages import Fragment

# Deseret: letters, capital and small, that no rule and no table knows. Each stands for one Latin letter, so
# that all else in a line stays where it is.
_SMALL, _CAPITAL = 0x10428, 0x10400
_HIDDEN = {
    **{ord(letter): _SMALL + place for place, letter in enumerate(string.ascii_lowercase)},
    **{ord(letter): _CAPITAL + place for place, letter in enumerate(string.ascii_uppercase)},
}
_SHOWN = {hidden: letter for letter, hidden in _HIDDEN.items()}
_DESERET = re.compile("[\U00010400-\U0001044f]")
# Digits are read as ever, and so is what belongs to them: "v2", "5km", "RTX-4090".
_TOKEN = re.compile(r"[A-Za-z0-9'’._+/#&-]+")
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Verbatim(Fragment):
    """Text of somebody who has decided how it is to be read: its words are neither spelled nor looked up."""


def hidden(text: str) -> str:
    """`text` with its Latin words out of the rules' sight."""
    return _TOKEN.sub(
        lambda token: token[0] if _DIGIT.search(token[0]) else token[0].translate(_HIDDEN),
        without_hidden(text),
    )


def shown(text: str) -> str:
    return text.translate(_SHOWN)


def without_hidden(text: str) -> str:
    """`text` without what would pass for something hidden."""
    return text if text.isascii() else _DESERET.sub("", text)
