"""Reads the keys and chords of music: "C#m7", "Bb minor", "Ebmaj7"."""

from __future__ import annotations

import re

_QUALITY = "(?:m|maj|min|dim|sus|aug)"
_SHARP = re.compile(rf"(?<![A-Za-z0-9])([A-G])#(?={_QUALITY}[0-9]{{0,2}}(?![A-Za-z0-9]))")
# "Ab workout" has no flat in it: a key says what it is, or its quality is written to it.
_FLAT = re.compile(
    rf"(?<![A-Za-z0-9])([A-G])b(?={_QUALITY}?[0-9]?\s(?:min|maj|chord|scale|key)"
    r"|(?:m|maj7?|min7?)(?![A-Za-z0-9]))"
)


def read(text: str) -> str:
    if "#" in text:
        text = _SHARP.sub(r"\1 sharp ", text)
    return _FLAT.sub(r"\1 flat ", text) if "b" in text else text
