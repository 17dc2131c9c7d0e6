"""Reads the moves of a game of chess as players call them: "Nf3", "Qxe5+", "bxc3", "e8=Q#"."""

from __future__ import annotations

import re

from bot.chat.normalize import numerals
from bot.chat.normalize.place import Place

_TO = "[a-h][1-8]"
# A pawn's plain move ("e4") has the shape of many other things, and is read as a model's name is.
MOVE = (
    rf"(?<![\w#])(?:[KQRBN](?:[a-h]|[1-8])?x?{_TO}|[a-h]x{_TO}(?:=[QRBN])?|[a-h][18]=[QRBN])"
    r"(?:[+#](?!\w)|(?!\w))"
)
# What has a move's shape and is a word of chat: anyone, before.
_WORD = re.compile(
    r"Ne1\s(?:got|knows?|ha[sv]e?|else|want|wanna|here|seen|up|play|playing)\b|Be4\s(?:you|u|i|we|they|he|she)\b",
    re.IGNORECASE,
)
_PIECES = {"K": "king", "Q": "queen", "R": "rook", "B": "bishop", "N": "knight"}
_SIGNS = {"x": "takes", "=": "", "+": "check", "#": "mate"}


def move(text: str, place: Place) -> str | None:
    """None in Chinese, where nobody calls moves by these letters, and of words that look like one."""
    if place.zh or _WORD.match(text + place.after):
        return None
    return " ".join(filter(None, map(_called, text)))


def _called(sign: str) -> str:
    if sign.isdigit():
        return numerals.en_cardinal(sign)
    return _PIECES.get(sign, _SIGNS.get(sign, sign.upper()))
