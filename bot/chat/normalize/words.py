"""Reads the Latin words of a line: chat's own words by the table, acronyms spelled, shouting calmed."""

from __future__ import annotations

import re

from bot.chat.normalize.language import OTHER, Context
from bot.chat.normalize.lexicon import Lexicon
from bot.chat.normalize.numerals import en_cardinal, en_ordinal, zh_cardinal
from bot.chat.normalize.spelling import ROMAN, VOWEL, reigns, roman, said, spelled

_WORD = re.compile(r"(?<![0-9@À-ɏḀ-ỿ])[A-Za-zÀ-ɏḀ-ỿ]+(?:['’][A-Za-z]+)*(?:/(?![A-Za-z0-9]))?", re.ASCII)
_LANGUAGES = re.compile(
    r"(?<![A-Za-z0-9])(C\+\+|[A-G]#|c\+\+|c#|Q&A|q&a|R&B|r&b|D&D|d&d|AT&T)(?![A-Za-z0-9])"
)
_INITIALS = re.compile(r"(?<![A-Za-z0-9.])[A-Za-z](?:\.[A-Za-z]){1,5}(?![A-Za-z0-9])\.?(?![A-Za-z0-9])")
_LAUGH_H = re.compile(r"(?<![A-Za-z])h{3,}(?![A-Za-z])", re.IGNORECASE)
_LAUGH_W = re.compile(r"(?<![A-Za-z.])w{3,}(?![A-Za-z.])", re.IGNORECASE)
_CHEER_NB = re.compile(r"(?<![A-Za-z])(?:nb){2,}(?![A-Za-z])", re.IGNORECASE)
_CHEER_GG = re.compile(r"(?<![A-Za-z])g{2,}(?![A-Za-z])", re.IGNORECASE)
# "ur" before one of these is "you are".
_YOU_ARE = re.compile(
    r"\s+(?:so|a|an|the|bad|good|not|my|gonna|going|welcome|too|such|very|really|trash|insane|cracked|crazy|cute|right"
    r"|wrong|amazing|awesome|great|just|literally|actually|doing|getting|playing|being|dead|nuts|hard|lucky|funny|back)\b",
    re.IGNORECASE,
)
_RUSSIAN = re.compile(r"\s(?:servers?|region|lobby|players?|teams?)\b", re.IGNORECASE)
_NAMED = re.compile(r"\s[A-Z][a-z]")
_STRETCHED = re.compile(r"([a-z])\1+$")
# A lone letter says something of its own only in the company of certain words.
_ASKS = frozenset(
    [
        "how",
        "who",
        "what",
        "where",
        "why",
        "when",
        "we",
        "they",
        "you",
        "u",
        "these",
        "those",
        "guys",
        "friends",
    ]
)
_WHOSE = frozenset(
    ("on", "my", "your", "ur", "his", "her", "their", "the", "an", "her's", "check")
)  # before "ig": Instagram
_HAN = re.compile("[一-鿿]")
_MOST_ORDINARY = 10_000  # words remembered as said the way they are typed


class Words:
    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        signed = sorted(
            (word for word in lexicon.words if not word.isalnum() and word != "w/"), key=len, reverse=True
        )
        self._signed = re.compile(
            rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, signed))})(?![A-Za-z0-9])", re.IGNORECASE
        )
        self._ordinary: dict[str, set[str]] = {"zh": set(), "en": set()}

    def read(self, text: str, context: Context) -> str:
        chinese = context.chinese or context.main == "zh"
        language = "zh" if chinese else "en"
        if "hhh" in text.lower():
            text = _LAUGH_H.sub(
                "哈哈哈" if chinese or not re.search("[A-GI-Za-gi-z]", text) else "hahaha", text
            )
        if "ww" in text.lower():
            alone = not re.search("[A-VX-Za-vx-z]", text)
            laugh = (
                "W W W"
                if not chinese and "WW" in text
                else "わらわら"
                if context.main == OTHER
                else "哈哈哈"
                if chinese or alone
                else "haha"
            )
            text = _LAUGH_W.sub(laugh, text)
        if "gg" in text.lower():
            text = _CHEER_GG.sub("GG", text)
        if "nb" in text or "NB" in text:
            text = _CHEER_NB.sub("牛逼牛逼", text)
        if context.main == OTHER and not context.chinese:
            return text
        if any(sign in text for sign in "#+/;&.:"):
            text = _LANGUAGES.sub(lambda match: _name_with_signs(match[0], chinese), text)
            text = self._signed.sub(lambda match: self._special(match[0], language), text)
        if "." in text:
            text = _INITIALS.sub(lambda match: spelled(match[0].replace(".", "")) + " ", text)
        shouting = _shouts(text, self._lexicon)
        ordinary = self._ordinary[language]
        before = ""

        def replaced(match: re.Match[str]) -> str:
            nonlocal before
            word = match[0]
            previous, before = before, word
            if word in ordinary:
                return word
            if self._is_ordinary(word, language):
                if len(ordinary) >= _MOST_ORDINARY:
                    ordinary.clear()
                ordinary.add(word)
                return word
            return self._apart(match, self._word(word, previous, match, language, shouting=shouting))

        return _WORD.sub(replaced, text)

    def _is_ordinary(self, word: str, language: str) -> bool:
        """`word` is said as it is typed, whatever stands beside it."""
        if not (len(word) > 3 and word.isascii() and word.isalpha() and word.islower()):
            return False
        if word in self._lexicon.words or _STRETCHED.sub(r"\1", word) in self._lexicon.words:
            return False
        return said(word, self._lexicon, shouting=False, chinese=language == "zh") == word

    def _word(self, word: str, previous: str, match: re.Match[str], language: str, *, shouting: bool) -> str:
        lexicon = self._lexicon
        if not word.isascii() and "’" not in word:
            return word.lower() if word.isupper() else word
        if word.endswith("/"):
            return lexicon.words["w/"].en if word in ("w/", "W/") else word
        text = match.string
        start = match.start()
        named = previous if text[start - len(previous) - 1 : start].rstrip() == previous else ""
        numeral, _, owner = word.partition("'")
        value = roman(
            numeral, named or ("Han" if len(word) > 1 and _HAN.match(text[start - 1 : start]) else "")
        )
        if value is not None and start:
            if language == "zh":
                return zh_cardinal(str(value))
            count = f"the {en_ordinal(str(value))}" if reigns(named) else en_cardinal(str(value))
            return f"{count}'s" if owner == "s" else count
        if len(word) == 1:
            return self._letter(
                word, previous, text[match.end() : match.end() + 16], language, match, shouting=shouting
            )
        key = word.replace("’", "'")
        if key.lower() == "ur" and language == "en" and _YOU_ARE.match(text, match.end()):
            return "you're"
        if key == "op" and text[start - 1 : start] == "-":
            return word  # co-op
        if key == "til" and (previous or text[start - 1 : start] in ("'", "’")):
            return word
        if key.lower() == "ig" and previous.lower() in _WHOSE:
            return "I G"
        if word == "GM" and _NAMED.match(text, match.end()):
            return "G M"  # a grandmaster
        if key.lower() == "ru" and _RUSSIAN.match(text, match.end()):
            return "R U"
        if key.lower() == "vs" and re.match(
            r"\s?(?:Code|Studio|code|studio)(?![a-z])", text[match.end() : match.end() + 8]
        ):
            return "V S"
        known = (lexicon.words.get(key) if word.isupper() else None) or lexicon.words.get(key.lower())
        if (
            known
            and (reading := known.reading(language))
            and not (word.istitle() and len(word) == 2 and previous)
        ) and not (shouting and key.lower() in lexicon.capitals):
            return reading
        stretched = _STRETCHED.sub(r"\1", key.lower())
        # "egg" is no stretched "eg", XSS no "xs": of two letters, only those that nobody says as a word.
        short = len(stretched) == 2 and len(key) == 3 and (VOWEL.search(stretched) or key.isupper())
        known = lexicon.words.get(stretched) if 1 < len(stretched) < len(key) and not short else None
        if known and (reading := known.reading(language)):
            return reading
        if key.endswith("'s") and len(key) > 3 and key[:-2].isupper():
            return f"{said(key[:-2], lexicon, shouting=shouting, chinese=False)}'s"
        if "'" in key:
            head, _, tail = key.partition("'")
            if word.isupper() and len(head) > 1:
                stem = said(head, lexicon, shouting=shouting or len(tail) > 1, chinese=False)
                return f"{stem}'{tail.lower()}"
            return key.lower() if word.isupper() else word
        return said(word, lexicon, shouting=shouting, chinese=language == "zh")

    def _letter(
        self, letter: str, previous: str, after: str, language: str, match: re.Match[str], *, shouting: bool
    ) -> str:
        if match.start() > 1 and match.string[match.start() - 1] == "-":
            return letter.upper()  # type-c
        if language == "zh":
            start, end = match.span()
            beside = match.string[max(0, start - 1) : start] + match.string[end : end + 1]
            return letter.upper() if _HAN.search(beside) else letter
        if letter == "A" and shouting:
            return "a"
        if letter.isupper() and not (letter in "UR" and shouting):
            return letter
        if letter in "uU":
            return "you"
        if letter in "rR" and (previous.lower() in _ASKS or re.match(r"\s+(?:u|you|we|they)\b", after)):
            return "are"
        if letter == "i":
            return "I"
        if letter == "n" and previous and re.match(r"\s+[a-z]", after):
            return "and"
        if letter == "k" and not previous and not after.strip():
            return "okay"
        if letter in "cC" and re.match(r"\s+(?:u|you|ya)\b", after):
            return "see"
        if (
            letter in "yY"
            and not previous
            and re.match(r"\s*(?:$|[?!？]|\s(?:u|r|is|are|you|not|tho)\b)", after)
        ):
            return "why"
        return letter

    def _special(self, text: str, language: str) -> str:
        known = self._lexicon.words.get(text.lower())
        return known.reading(language) if known else text

    def _apart(self, match: re.Match[str], reading: str) -> str:
        """Letters spelled, and Chinese for Latin, stand apart from Latin beside them."""
        if reading == match[0]:
            return reading
        text, (start, end) = match.string, match.span()
        spaced = (reading.isascii() and " " in reading) or len(reading) == 1
        left = " " if start and text[start - 1].isalnum() and (spaced or text[start - 1].isascii()) else ""
        right = " " if text[end : end + 1].isalnum() and (spaced or text[end].isascii()) else ""
        return left + reading + right


def _name_with_signs(name: str, chinese: bool) -> str:
    upper = name.upper()
    if upper == "C++":
        return "C 加加" if chinese else "C plus plus"
    if upper.endswith("#"):
        return f"{upper[0]} sharp"
    return " and ".join(" ".join(part) for part in upper.split("&"))


def _shouts(text: str, lexicon: Lexicon) -> bool:
    """The line is typed in capitals, and not only of acronyms."""
    if any("a" <= character <= "z" for character in text):
        return False
    words = re.findall("[A-Z]{2,}", text)
    if _HAN.search(text):
        return False
    ordinary = [
        word
        for word in words
        if word.lower() not in lexicon.acronyms
        and word not in lexicon.acronyms
        and word not in ROMAN
        and (len(word) > 4 or VOWEL.search(word) or word.lower() in lexicon.words)
    ]
    return bool(ordinary) and (
        len(ordinary) > 1 or len(ordinary[0]) > 3 or len(words) > 1 or ordinary[0].lower() in lexicon.capitals
    )
