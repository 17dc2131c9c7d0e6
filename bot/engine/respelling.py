"""Writes English as espeak says it right: the A of "A F K" as a letter, and sounds that it would spell."""

from __future__ import annotations

import re

# To espeak an A that is not the last word is the article: "uh F K", "L M uh O".
_AMONG_LETTERS = re.compile(r"(?<![\w'-])A(?:(?= [A-Z](?:'s)?(?![\w']))|(?<=(?<![\w'-])[A-Z] A)(?![\w'-]))")
# No article in capitals follows a word in small ones; one opens a sentence, unless that is about a mark.
_MARK = r"(?: (?:tier|plus|minus)(?: (?:at|for|in|is)\b|[.!?,]|$))"
_NAMED = re.compile(rf"(?<=[a-z] )A(?= [a-z])|(?<![\w'-])A(?={_MARK})")
_SOUNDS = {
    "aww": "aw", "ayy": "eigh", "brr": "burr", "eww": "ew", "grr": "gurr", "gyatt": "ghee yacht", "ick": "ik",
    "mhm": "um-hum", "mmm": "hmm", "pfft": "puft", "pwned": "poned", "shh": "shush",
    "uhh": "uh", "zzz": "zuzz",
}  # fmt: skip
_SOUND = re.compile(rf"(?<![\w'-])(?:{'|'.join(_SOUNDS)})(?![\w'-])", re.IGNORECASE)


def respelled(text: str) -> str:
    """English `text`, all else in it unchanged."""
    if "A" in text:
        text = _NAMED.sub("eigh", _AMONG_LETTERS.sub("eigh", text))
    # "ı" and "ſ" match too, and are no letters of these.
    return _SOUND.sub(lambda sound: _SOUNDS.get(sound[0].lower(), sound[0]), text)
