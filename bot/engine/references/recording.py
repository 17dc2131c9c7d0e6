"""From a recording in a file to a reference: decoded apart, listened to where nobody wrote its words down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.engine.references.isolated import decode_isolated
from bot.engine.references.prepare import Prepared, prepare, shortened
from bot.engine.references.sound import Sound

Listen = Callable[[Sound], str]


def from_recording(
    file: Path,
    text: str = "",
    *,
    begin: float = 0.0,
    end: float | None = None,
    shown: str = "",
    listen: Listen | None = None,
) -> Prepared:
    """The reference that a file holds, between two times in seconds if they are given. Blocks.

    Without a `text`, `listen` writes down what is said; a recording that is too long is then cut at a pause
    first, so that the words are those of the cut. Raises Refused, and VoiceError for a file that is none.
    """
    sound = decode_isolated(file, begin, end, shown=shown)
    if not text.strip() and listen:
        sound = shortened(sound)
        text = listen(sound)
    return prepare(sound, text, chosen=bool(begin) or end is not None)
