"""The language that digits and signs of a line belong to, and its runs of one language."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from bot.chat.normalize.lexicon import Lexicon

OTHER = "other"  # a language whose numbers are the engine's own business

_ZH = "々〇㐀-鿿\uf900-\ufaff\U00020000-\U000323af"
_EN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_LETTERS = re.compile(f"(?P<zh>[{_ZH}]+)|(?P<en>[{_EN}]+)|(?P<other>[^\\W\\d_{_EN}{_ZH}]+)")
_HAN = re.compile(f"[{_ZH}]")
_WORD = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2,}(?![0-9A-Za-z])|\b[IiAaUu]\b")
_DIGIT = re.compile("[0-9]")
_COUNTER = frozenset(
    ("lv", "lvl", "no", "top", "vol", "ver", "ep", "uid", "id", "qq", "tel")
)  # before numbers, in any language
# Letters that are no unit of a number: "60km/h" is of no language, "8pm" and "1st" are English.
_LATIN_ALONE = re.compile(
    r"(?<![0-9A-Za-z/°.])[A-Za-z]{2}|(?<![0-9])[A-Za-z]{4}|(?<![0-9A-Za-z/°.])[A-Za-z](?![A-Za-z0-9])|[0-9]\s?(?:[aApP][mM]|st|nd|rd|th)\b"
)
# What a line of digits has when it is not typed by a Chinese: their money, their measures, their phones.
_ENGLISH_AMOUNT = re.compile(
    r"[$€£]\s?\d|\d\s?(?:[€£$¢]|°F|(?:mph|lbs?|oz|ft|inch|miles?|hrs?)\b)|\b[3-8]'\d|\d/\d{1,2}/(?:19|20)\d\d\b"
    r"|\d\.\d/10\b|\b1?-?\(?[2-9]\d\d\)?[- ]\d{3}-\d{4}\b"
)
_ENGLISH_DIGITS = re.compile(r"\W*(?:1337|420|50/50|24/7)\W*")  # as only those say them
_COUNTED = re.compile(r"\bnumber\s$", re.IGNORECASE)  # 中国 number 1
_KANA = re.compile("[ぁ-のは-ゖァ-ヺｦ-ﾟ]|の.*[ぁ-ゖァ-ヺ]")
_FOREIGN = re.compile(r"[^\W\d_A-Za-z々〇㐀-鿿\uf900-\ufaff]")
_SCRIPTS = (
    ("ja", re.compile("[ぁ-ゖァ-ヺー]")),
    ("ko", re.compile("[ᄀ-ᇿㄱ-ㆎ가-힣]")),
    ("ru", re.compile("[Ѐ-ӿ]")),
    ("el", re.compile("[Ͱ-Ͽἀ-῿]")),
    ("ar", re.compile("[؀-ۿ]")),
    ("he", re.compile("[֐-׿]")),
    ("th", re.compile("[฀-๿]")),
    ("hi", re.compile("[ऀ-ॿ]")),
)
# Words that are frequent in a language and none in English.
_TELLING = {
    word: language
    for language, words in {
        "es": "que el los las una por para está muy qué cómo como pero hola gracias yo mi su más eres bueno",
        "fr": "les des une pas je vous nous avec dans merci bonjour c'est ça très trop mais",
        "de": "der das und ist nicht ich du wir ein eine mit für auf wie auch sehr danke hallo aber noch",
        "pt": "não você uma muito obrigado boa isso está eu meu pra mas",
        "it": "gli che non è sono una ciao grazie molto perché bello questo",
    }.items()
    for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one language, by its code: "zh", "en", "ja", "ko", "ru", …"""

    language: str
    text: str


def has_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


class Context:
    """The languages of one line; `of` tells the one that a number in it is read in."""

    __slots__ = ("_letters", "_text", "chinese", "main")

    def __init__(self, text: str, language: str, lexicon: Lexicon) -> None:
        self._text = text
        self._letters: list[tuple[int, int, str]] | None = None
        han = _HAN.search(text) is not None
        self.chinese = han and not (_FOREIGN.search(text) and _KANA.search(text))
        self.main = "zh" if self.chinese else _main(text, language, lexicon, han)

    def of(self, start: int, end: int) -> str:
        """The language of what stands between `start` and `end`: "zh", "en" or OTHER."""
        if not self.chinese:
            return self.main
        if self._letters is None:
            self._letters = [
                (letters.start(), letters.end(), letters.lastgroup or "en")
                for letters in _LETTERS.finditer(self._text)
            ]
        at = bisect_left(self._letters, (start, 0, ""))
        before = self._letters[max(0, at - 3) : at]
        if before and before[-1][1] > start:
            before = before[:-1]
        after = self._letters[at : at + 4]
        while after and after[0][0] < end:
            after = after[1:]
        left = before[-1][2] if before else ""
        right = after[0][2] if after else ""
        if OTHER in (left, right) and "zh" not in (left, right):
            return OTHER
        if left == "en" and _COUNTED.search(self._text, max(0, start - 8), start):
            return "en"
        if "zh" in (left, right):
            # English that goes on for some words ends with its number where a space parts it from Chinese.
            ends = left == "en" and right == "zh" and self._text[end : end + 1] == " "
            return "en" if ends and [run[2] for run in before] == ["en"] * 3 else "zh"
        # Capitals are names and acronyms, single letters keys and axes: they stand in Chinese sentences too.
        english = sum(
            tag == "en" and last - first > 1 and not self._text[first:last].isupper()
            for first, last, tag in (*before, *after)
        )
        beside = left == right == "en" and english > 1
        return "en" if english >= 3 or beside else "zh"


def _main(text: str, language: str, lexicon: Lexicon, han: bool) -> str:
    """The language of a line without Chinese characters."""
    if han:
        return OTHER
    if not text.isascii() and _FOREIGN.search(text):
        if any(pattern.search(text) for _, pattern in _SCRIPTS):
            return OTHER
        if foreign_latin(text):
            return OTHER
    words = _WORD.findall(text)
    # "www" laughs in any language, once there are other words to tell which.
    if any(
        lexicon.is_pattern_of_chinese(word.lower())
        for word in words
        if word.strip("wW") or (len(words) == 1 and not (language == "en" and word.isupper()))
    ):
        return "zh"
    if len(words) > 1 and foreign_latin(text):
        return OTHER
    if language != "auto":
        # A line of nothing but signs, initials and names of models is of the channel's language.
        told = [word for word in words if len(word) > 1 and word.islower() and word not in _COUNTER]
        told = [word for word in told if language == "en" or word not in lexicon.models]
        if language == "zh":
            # One English word beside a number is a term of the game: "elo 2400", "ping 30ms".
            words_of_english = sum(not lexicon.is_initials_of_chinese(word) for word in told)
            return "zh" if words_of_english <= (1 if _DIGIT.search(text) else 0) else "en"
        return "en" if told else language
    if _ENGLISH_DIGITS.fullmatch(text):
        return "en"
    return "en" if words or _LATIN_ALONE.search(text) or _ENGLISH_AMOUNT.search(text) else "zh"


def foreign_latin(text: str) -> str:
    """The language of a Latin text that is not English, "" if it may be."""
    found = [
        _TELLING[word] for word in re.findall(r"[^\W\d_']+(?:'[^\W\d_]+)?", text.lower()) if word in _TELLING
    ]
    for language in found:
        if found.count(language) >= 2 or (not text.isascii() and _FOREIGN.search(text)):
            return language
    return ""


def runs(text: str) -> tuple[Run, ...]:
    """Runs which join to `text`; digits and signs go with the letters before them."""
    if not text:
        return ()
    latin = foreign_latin(text) or "en"
    japanese = _FOREIGN.search(text) is not None and _KANA.search(text) is not None
    found: list[Run] = []
    language = ""
    start = gap = 0
    for letters in _LETTERS.finditer(text):
        script = letters.lastgroup
        if script == "zh":
            tag = "ja" if japanese else "zh"
        elif script == "en":
            tag = latin
        else:
            tag = next((tag for tag, known in _SCRIPTS if known.match(letters[0])), "en")
        if language and tag != language:
            space = text.rfind(" ", gap, letters.start())
            cut = letters.start() if space < 0 else space + 1
            found.append(Run(language, text[start:cut]))
            start = cut
        language = tag
        gap = letters.end()
    found.append(Run(language or "zh", text[start:]))
    return tuple(found)
