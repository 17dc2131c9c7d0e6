"""Reads tokens of letters and digits: i7-13700K, PS5, RTX 4090, M4A1, 5800X3D, and chat's u1s1 and gr8."""

from __future__ import annotations

import re

from bot.chat.normalize.lexicon import Lexicon
from bot.chat.normalize.place import Place
from bot.chat.normalize.quantities import amount
from bot.chat.normalize.spelling import spelled

_PIECES = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?")
_SCREEN = re.compile(r"(\d{3,4})([pPiI])(\d{2,3})?(?:[fF][pP][sS])?")
_VIDEO = re.compile(r"BV[0-9A-Za-z]{8,}|[a-z0-9]{0,3}(?:[a-f0-9]{16,})", re.ASCII)
_CHEER = re.compile(r"(\d)\1+|23+|88[16]|521|520(?:1314)?|1314")
_AND_A_HALF = re.compile(r"(\d{1,3})([kKwW])([1-9])")  # "1w5", "3k8"
_HAN = re.compile("[一-鿿]")
# "k1ng", "h4ck3r", "n0pe": digits that stand for the letters they look like.
_LEET = re.compile(r"[A-Za-z]?[a-z]*(?:(?:[0134]|00|33)[a-z]{1,12}){1,4}")
_LEET_LETTERS = str.maketrans("0134", "oiea")
_VOWELS = re.compile("[aeiouy]")
_SYLLABLES = re.compile("up|no|go|ok|hi|he|we|me|my|in|on|to|so|do|be|is|it|of")
_ARMS = re.compile(r"\s?(?:坦克|主战|式|型|战车|狙|榴)")
_ROUND = re.compile(r"[1-9]0?00")  # 100T, 8000VP
# What stands before a number that it is the measure of: "APM300".
_MEASURED = frozenset(("apm", "gpm", "dpm", "adr", "wpm", "bpm", "fps", "mmr", "elo", "iq", "eq", "hp", "mp"))
_AGAINST = re.compile(r"(\d{1,2})([vV][sS]?)(\d{1,2})")


class Models:
    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def read(self, text: str, place: Place) -> str | None:
        lexicon = self._lexicon
        if (word := lexicon.words.get(text.lower())) and (said := word.reading(place.language)):
            return said
        if text.lower() == "3q":
            return place.pick("三 Q", "thank you")
        if _VIDEO.fullmatch(text):
            alone = not (place.before + place.after).strip()
            return ("视频" if place.zh or alone else "a video") if text.startswith("BV") else ""
        if _LEET.fullmatch(text) and len(text) > (2 if "0" in text else 3) and text[0].isalpha():
            plain = text.translate(_LEET_LETTERS)
            if _VOWELS.search(plain.lower()) and sum(map(str.isdigit, text)) <= len(text) / 2:
                return plain
        if re.fullmatch(r"\d{1,2}(?:[xX]\d{1,2}){1,3}", text):
            return place.pick("乘", " by ").join(map(place.number, re.findall(r"\d+", text)))
        cheer = re.fullmatch(r"([A-Za-z]+)(\d{2,})", text)
        if (
            cheer
            and (known := lexicon.words.get(cheer[1].lower()))
            and (said := known.reading(place.language))
        ) and (
            _CHEER.fullmatch(cheer[2])
            and (place.zh or len(cheer[2]) > 2)
            and (digits := lexicon.digit_word(cheer[2]))
        ):
            if _HAN.search(said):
                return said + digits.alone
            return said + place.pick(digits.alone, f" {place.digits(cheer[2][:3])}")
        laughed = re.fullmatch(r"(\d{3,})([a-z]{2,6})", text)
        if laughed and (known := lexicon.words.get(laughed[2])) and _HAN.search(said := known.reading("zh")):
            digits = lexicon.digit_word(laughed[1])
            if digits and digits.alone:
                return digits.alone + said
        if place.zh and (sum_ := _AND_A_HALF.fullmatch(text)):
            return f"{place.two(sum_[1])}{'千' if sum_[2] in 'kK' else '万'}{place.number(sum_[3])}"
        if (amounts := self._amounts(text, place)) is not None:
            return amounts
        if screen := _SCREEN.fullmatch(text):
            lines, scan, rate = screen.groups()
            said = f"{place.model(lines)} {scan.upper()}"
            frames = "帧" if place.zh and place.after[:1] not in ("帧", "幀") else ""
            return f"{said} {place.model(rate)}{frames}" if rate else said
        if best := re.fullmatch(r"[bB][oO]([13579])", text):  # an even one is a game's name
            return f"{place.pick('B O', 'best of')} {place.number(best[1])}"
        if versus := _AGAINST.fullmatch(text):
            return f"{place.number(versus[1])} V {place.number(versus[3])}"
        said_pieces: list[str] = []
        pieces = _PIECES.findall(text)
        for at, piece in enumerate(pieces):
            if piece[0].isdigit():
                said_pieces.append(self._digits(piece, pieces[at - 1] if at else "", place, len(pieces)))
            else:
                said_pieces.append(self._letters(piece, place, at, len(pieces)))
        return " ".join(said_pieces)

    def _amounts(self, text: str, place: Place) -> str | None:
        """Amounts written without a space: "2K165Hz", "8GB512GB"."""
        pieces = re.findall(r"\d+(?:\.\d+)?[A-Za-z]+", text)
        if len(pieces) < 2 or "".join(pieces) != text:
            return None
        said = [amount(piece, place) for piece in pieces]
        return " ".join(part for part in said if part) if all(said) else None

    def _digits(self, digits: str, before: str, place: Place, pieces: int) -> str:
        if "." in digits:
            return place.number(digits)
        if pieces == 2 and not before and place.zh and len(digits) < 3:
            return place.digits(digits) if _ARMS.match(place.after) else place.number(digits)
        if before.lower() in _MEASURED or (not before and pieces == 2 and _ROUND.fullmatch(digits)):
            return place.number(digits)
        if not place.zh and len(digits) == 2 and digits[0] == "0":
            return f"oh {place.number(digits[1])}"
        if len(digits) > 2 and len(set(digits)) == 1:
            return place.digits(digits)
        if before.lower() == "ak" and place.zh:
            return place.digits(digits)
        if before.lower() in ("xx", "room", "user", "id", "no", "qq", "uid", "av"):
            return place.digits(digits)
        return place.model(digits)

    def _letters(self, letters: str, place: Place, at: int, pieces: int) -> str:
        known = self._lexicon.words.get(letters.lower())
        if letters.lower() in ("vs", "x") and 0 < at < pieces - 1:
            return "versus" if letters.lower() == "vs" else "X"
        if len(letters) == 1:
            return letters if letters in "ie" else letters.upper()
        if known and at == 0 and (said := known.reading(place.language)) and len(letters) > 2:
            return said
        lower = letters.lower()
        if (
            lower in self._lexicon.acronyms
            or letters in self._lexicon.acronyms
            or lower in ("ti", "gt", "gs", "ak")
        ):
            return spelled(letters)
        if (
            place.zh
            and len(letters) == 2
            and letters.islower()
            and at == 0
            and pieces == 2
            and not _SYLLABLES.fullmatch(lower)
        ):
            return spelled(letters)
        if lower == "super":
            return "super"
        if len(letters) == 2 and letters.isupper() and at == 0 and pieces == 2 and letters != "NO":
            return spelled(letters)
        if letters.isupper() and len(letters) == 2 and (pieces > 2 or (place.zh and at)):
            return spelled(letters)  # H2SO4, 8AT
        if letters.isupper() and (len(letters) <= 3 and lower not in self._lexicon.capitals):
            return spelled(letters)
        if letters.isupper() and len(letters) > 3 and not re.search("[AEIOUY]", letters):
            return spelled(letters)
        if len(letters) <= 3 and not re.search("[aeiouyAEIOUY]", letters):
            return spelled(letters)
        return lower if letters.isupper() else letters
