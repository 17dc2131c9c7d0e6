"""Cuts text into pieces that are quick to speak, where a speaker would pause, and says how long to pause."""

from __future__ import annotations

SENTENCE_ENDS = ".!?。！？…；;"
CLAUSE_ENDS = ",，、:：)）"
_CLOSERS = "\"'”’」』"

# Seconds. espeak's own pauses inside a piece are 0.15 and 0.31.
_SENTENCE_PAUSE, _CLAUSE_PAUSE, _JOIN_PAUSE = 0.31, 0.15, 0.03


def cut(text: str, limit: int = 200) -> list[str]:
    """Pieces of at most `limit` Latin letters' worth, which join to `text`.

    Each ends with the first sentence that makes it a quarter of that, so that speech begins, and can be
    ended, early; failing that after the last clause or word that fits.
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = _natural_end(text, _reach(text, start, limit // 4), _reach(text, start, limit))
        pieces.append(text[start:end])
        start = end
    return pieces


def _reach(text: str, start: int, limit: int) -> int:
    """The furthest end of a piece from `start`; always past `start`."""
    weight = 0
    for at in range(start, len(text)):
        weight += _weight(text[at])
        if weight > limit and at > start:
            return at
    return len(text)


def _weight(character: str) -> int:
    """How many Latin letters a character is worth: a hanzi is a syllable, a digit or "%" a whole word."""
    if character >= "\u1100":
        return 3
    return 1 if character.isalpha() or character in " ,.'!?-" else 4


def _natural_end(text: str, earliest: int, furthest: int) -> int:
    for end in range(earliest, furthest):
        if _is_break(text, end, SENTENCE_ENDS):
            return end
    if furthest == len(text):
        return furthest
    for marks in (CLAUSE_ENDS, " "):
        for end in range(furthest, earliest, -1):
            if _is_break(text, end, marks):
                return end
    return furthest


def _is_break(text: str, end: int, marks: str) -> bool:
    """True if one of `marks`, and the last of several ("?!"), stands before `end`, which is inside `text`."""
    last, following = text[end - 1], text[end]
    if last not in marks or following in marks or following in _CLOSERS:
        return False
    # "3.5" and "1,000" are one word: what ends in a narrow mark must be followed by a space.
    return last > "\x7f" or last == " " or following == " "


def pause_after(piece: str) -> float:
    """Seconds of silence that belong between `piece` and the next at normal speed."""
    last = piece.rstrip(" " + _CLOSERS)[-1:]
    if not last:
        return _JOIN_PAUSE
    if last in SENTENCE_ENDS:
        return _SENTENCE_PAUSE
    return _CLAUSE_PAUSE if last in CLAUSE_ENDS else _JOIN_PAUSE
