"""Takes out of a text what no speech engine should meet; any string at all goes in."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # Persian and Indian scripts need them
_MARKS = 2  # combining marks on one letter: more than Vietnamese needs, less than zalgo has
_BLANK = {"Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
# Decoration and markup that espeak would spell out; brackets also so that "[[" never starts phonemes.
_DECORATION = frozenset("~～*_^|`\\{}[]<>")


def clean(text: str) -> str:
    """`text` as one line in NFC, without control characters, surrogates, direction marks, markup, zalgo."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _BLANK or character in _DECORATION:
            kept.append(" ")
        elif marks <= _MARKS and (category != "Cf" or character in _JOINERS):
            kept.append(character)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def is_speakable(text: str) -> bool:
    """True if there is a letter, a number or a sign such as an emoji: punctuation alone is silent."""
    return any(unicodedata.category(character)[0] in "LN" or _is_sign(character) for character in text)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sc")
