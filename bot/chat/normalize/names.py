"""Names of viewers made speakable: decorations off, words apart, digits read or left out."""

from __future__ import annotations

import re

from bot.chat.normalize import numerals
from bot.chat.normalize.spelling import humps

_FRAME = re.compile(
    r"^(?:x+_+|_*x{2,}_*(?=[A-Za-z0-9])|丶|灬|乄|丿)+|(?:_+x+|_x+_*|丶|灬|乄|丿)+$", re.IGNORECASE
)
_BETWEEN_XX = re.compile(r"^xx(.+)xx$", re.IGNORECASE)
_LETTERS = str.maketrans("0134578", "oieastb")
_LEET = re.compile(r"(?<=[A-Za-z])(?:(?:00|33)(?![A-Z])|(?<=[A-Z])(?:00|33)|[013457])(?=[A-Za-z])")
_PIECES = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]+|\d+|[^\W\d_A-Za-zÀ-ÖØ-öø-ɏ]+")
_HAN = re.compile("[㐀-鿿]")
_ANYBODY = frozenset(
    [
        "user",
        "bili",
        "viewer",
        "guest",
        "player",
        "fan",
        "anonymous",
        "justinfan",
        "uid",
        "用户",
        "观众",
        "游客",
        "玩家",
    ]
)
_LONGEST_NUMBER = 4
_NAMED_LONGEST = 6


def speak_name(name: str, language: str = "en") -> str:
    """ "xX_Dark_Wolf_Xx" -> "Dark Wolf", "旅行者01号" -> "旅行者零一号"; "" if nothing of it can be said.

    `name` is clean text (see characters.clean). Long numbers at the end are left out, unless they are all
    that tells it from others ("user_8472913": its last four digits).
    """
    bare = _BETWEEN_XX.sub(r"\1", name)
    bare = _FRAME.sub("", bare) or bare
    bare = _LEET.sub(lambda digit: digit[0].translate(_LETTERS), bare)
    pieces = _PIECES.findall(bare)
    chinese = bool(_HAN.search(bare)) or language == "zh"
    said: list[str] = []
    for at, piece in enumerate(pieces):
        if piece.isdecimal():
            last = at == len(pieces) - 1
            number = _number(
                piece, chinese, last and bool(said), all(word.lower() in _ANYBODY for word in pieces[:at])
            )
            said.append(number)
        elif piece.isascii():
            said.append(_word(piece))
        else:
            said.append(piece)
    return _joined([piece for piece in said if piece])


def _word(piece: str) -> str:
    if piece.isupper() or piece.islower():
        return piece.lower() if piece.isupper() and len(piece) > 4 else piece
    parts = humps(piece)
    if len(parts) > len(piece) / 2:
        return piece.lower()
    joined = " ".join(parts)
    return joined if min(map(len, parts)) > 1 else piece


def _number(digits: str, chinese: bool, trailing: bool, anybody: bool) -> str:
    if trailing and anybody:
        digits = digits if len(digits) <= _NAMED_LONGEST else digits[-_LONGEST_NUMBER:]
        return numerals.zh_digits(digits) if chinese else numerals.en_digits(digits)
    if trailing and len(digits) > _LONGEST_NUMBER:
        return ""
    digits = digits[:16]
    if chinese:
        if len(digits) < 3 and digits[0] != "0":
            return numerals.zh_cardinal(digits)
        return numerals.zh_digits(digits)
    if digits[0] == "0" or len(digits) == 3 or len(digits) > _LONGEST_NUMBER:
        return numerals.en_digits(digits)
    return numerals.en_pairs(digits)


def _joined(pieces: list[str]) -> str:
    text = ""
    for piece in pieces:
        text += (" " if text and (text[-1].isascii() or piece[0].isascii()) else "") + piece
    return text
