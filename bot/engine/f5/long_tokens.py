"""Splits words that nobody says in one go (a row of digits, "aaaa…", signs) where it harms least."""

from __future__ import annotations

from collections.abc import Iterator

from bot.engine.f5.duration import seconds
from bot.engine.f5.joints import Joint, Token
from bot.engine.languages import script_of

LONGEST = 4.0  # s at an even pace
_VOWELS = frozenset("aeiouy")
# They are said with what is before them.
_LEANING = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮーｰ")


def split(token: Token) -> Iterator[Token]:
    """The parts of `token`, which join to it, none longer than `LONGEST`; itself if it is not."""
    if seconds(token.text) <= LONGEST or (at := _middle(token.text)) is None:
        yield token
        return
    yield from split(Token(token.text[:at], Joint.TIED))
    yield from split(Token(token.text[at:], token.joint))


def _middle(text: str) -> int | None:
    """The best place to cut in the middle half of what is said; None if one character is all that is.

    Only before what is spoken itself: neither part is mute, and an accent stays with its letter.
    """
    said = [at for at, character in enumerate(text) if seconds(character)]
    quarter, middle = len(said) // 4, len(said) // 2
    if len(said) < 2:
        return None
    among = range(max(1, quarter), len(said) - quarter)
    return said[min(among, key=lambda nth: (_harm(text, said, nth), abs(nth - middle)))]


def _harm(text: str, said: list[int], nth: int) -> int:
    """How bad a cut sounds before the nth that is said: where the script changes, anywhere but among Latin
    letters, before a syllable of theirs, anywhere."""
    before, after = text[said[nth - 1]], text[said[nth]]
    if after in _LEANING:
        return 3
    latin = script_of(before) == "latin", script_of(after) == "latin"
    if said[nth - 1] + 1 < said[nth] or latin[0] != latin[1] or before.isdigit() != after.isdigit():
        return 0
    if not latin[0]:
        return 1
    following = text[said[nth] + 1 : said[nth] + 2].lower()
    return 2 if after.lower() not in _VOWELS and following in _VOWELS else 3
