"""Text cut where a speaker pauses, so that any engine streams and a restart repeats little.

The first clause is short, for an early first sound; the others are long enough to keep their melody.
"""

from __future__ import annotations

import re

from bot.speech.estimate import seconds

_LONGEST = 6.0  # seconds of speech in one clause
_SHORTEST = 0.75

# Where a speaker may pause, after the marks: the end of a sentence, a comma. "3.5" and "10:30" have none.
# Possessive, and never begun within a run of the same: linear whatever the text.
_PAUSE = re.compile(
    r"[。！？；…!?;]+[”’」』）)\"']*\s*"
    r"|(?<![.,:])[.,:]++[”’\"']*(?:\s+|$)"
    r"|[，、：]\s*"
    r"|(?<!\s)\s*+[—–]+\s*"
)
_SPACE = re.compile(r"\s+")


def clauses(text: str) -> list[str]:
    """`text` in clauses of about 1 to 6 seconds; joined, they are the text but for white space.

    Marks alone ("! ? !") make no clause: engines refuse them, or invent something.
    """
    pieces: list[str] = []
    start = last = 0
    length = 0.0
    sayable = False
    for match in _PAUSE.finditer(text):
        part, last = text[last : match.end()], match.end()
        length += seconds(part)
        sayable = sayable or _sayable(part)
        if length >= _SHORTEST and sayable:
            pieces.append(text[start:last])
            start, length, sayable = last, 0.0, False
    rest = text[start:]
    if pieces and (seconds(rest) < _SHORTEST / 2 or not _sayable(rest)):
        pieces[-1] += rest  # "…, ok" is not worth a breath of its own
    else:
        pieces.append(rest)
    return [part for piece in pieces for part in _shorten(piece.strip()) if part]


def _sayable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _shorten(piece: str) -> list[str]:
    """A piece without pauses that is too long is cut at a space, or anywhere where there is none."""
    if seconds(piece) <= _LONGEST:
        return [piece]
    middle = len(piece) // 2
    spaces = [match.start() for match in _SPACE.finditer(piece, 1)]
    cut = min(spaces, key=lambda place: abs(place - middle)) if spaces else middle
    return _shorten(piece[:cut].strip()) + _shorten(piece[cut:].strip())
