"""How long a text will sound, before anything is synthesized: by syllables and pauses, not by bytes."""

from __future__ import annotations

import re

# Seconds at speed 1, a fit to what espeak's default rates speak; clone voices differ by their own pace.
_HAN = 0.24
_LATIN_LETTER = 0.072
_DIGIT = 0.30
_PAUSE = 0.25

_TOKENS = re.compile(
    r"(?P<han>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|(?P<digit>\d)|(?P<pause>[，。！？；：、,.!?;:…]+)|(?P<letter>\w)"
)
_COST = {"han": _HAN, "digit": _DIGIT, "pause": _PAUSE, "letter": _LATIN_LETTER}


def seconds(text: str, speed: float = 1.0) -> float:
    """Estimated seconds of speech of `text`, at least a quarter of a second."""
    total = sum(_COST[match.lastgroup or "letter"] for match in _TOKENS.finditer(text))
    return max(total, 0.25) / speed
