"""How Latin words are said: spelled, as a word, or in the parts that their capitals show."""

from __future__ import annotations

import re

from bot.chat.normalize.lexicon import Lexicon, are_initials

_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")
VOWEL = re.compile("[aeiouyAEIOUYÀ-ÿ]")
# Noises, not initials: grr, pfft, hmm.
_SOUND = re.compile(
    r"..(.)\1$|ff|ss|[hm]m|^(?:mm|hh|zz)$"
    r"|^(?:[hm]+|z+|[bg]r+|[pt]?s+[ht]+|p?f+t+|tch|mr|ms|dr|st|nd|rd|th|ng|vs|ft)$"
)
ROMAN = {
    "II": 2, "III": 3, "IV": 4, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "XI": 11, "XII": 12, "XIII": 13,
    "XIV": 14, "XV": 15, "XVI": 16, "XVII": 17, "XVIII": 18, "XIX": 19, "V": 5, "X": 10,
}  # fmt: skip
# After these a lone V or X is a number as well.
_SERIES = frozenset(
    ["gta", "ff", "fantasy", "civ", "civilization", "iphone", "persona", "elizabeth", "fighter", "souls"]
)
# Those who reign are counted: "Henry VIII" is the eighth.
_REIGN = frozenset(
    re.findall(
        "[a-z]+",
        "alexander benedict catherine charles edward elizabeth ferdinand francis frederick george henry james"
        " leopold louis napoleon nicholas paul philip pius pope ramses richard wilhelm william",
    )
)
_LONGEST_ACRONYM = 4
_ALPHABET = "abcdefghij"


def spelled(letters: str) -> str:
    return " ".join(letters.upper())


def roman(word: str, before: str) -> int | None:
    """The value of a Roman numeral that follows a name; None if `word` is none."""
    value = ROMAN.get(word)
    if value is None or not before or (word in ("V", "X") and before.lower() not in _SERIES):
        return None
    return value


def reigns(name: str) -> bool:
    """`name` is one that kings, queens and popes have had more than once."""
    return name.lower() in _REIGN


def humps(word: str) -> list[str]:
    """ "PogChamp" -> ["Pog", "Champ"], "xdGG" -> ["xd", "GG"]."""
    return _HUMPS.findall(word)


def said(word: str, lexicon: Lexicon, *, shouting: bool, chinese: bool) -> str:
    """A Latin word without a reading of its own in the tables."""
    lower = word.lower()
    if (len(word) > 2 and _ALPHABET.startswith(lower)) or lower == "xyz":
        return spelled(word)
    if word in lexicon.names:
        return lexicon.names[word]
    if lower in lexicon.acronyms:
        return spelled(word)
    if word.isupper():
        return _capitals(word, lower, lexicon, shouting=shouting)
    if word.islower() or word.istitle():
        if 2 <= len(word) <= 5 and word.isascii():
            if chinese and are_initials(lower):
                return spelled(word)  # initials of a phrase in pinyin
            if word.islower() and not VOWEL.search(word) and not _SOUND.search(word):
                return spelled(word)
        return word
    parts = humps(word) if word.isascii() else [word]
    plural = re.fullmatch("([A-Z]{2,5})s", word)
    if plural:
        return f"{said(plural[1], lexicon, shouting=False, chinese=chinese)}'s"
    if len(parts) < 2 or "".join(parts) != word or len(parts) > len(word) / 2.4:
        # aLtErNaTiNg capitals are a tone, not parts.
        return lower if len(parts) > 2 else word
    if len(parts[0]) == 1 and parts[0].islower():
        return word
    return " ".join(
        said(part, lexicon, shouting=len(part) > 3, chinese=False) if len(part) > 1 else part.upper()
        for part in parts
    )


def _capitals(word: str, lower: str, lexicon: Lexicon, *, shouting: bool) -> str:
    if len(word) == 1:
        return word
    if len(set(word)) == 1 and not VOWEL.search(word) and lower not in lexicon.capitals:
        return spelled(word)  # FFFF, WWW
    if word in lexicon.acronyms and (not shouting or (len(word) > 2 and lower not in lexicon.capitals)):
        return spelled(word)
    if lower in lexicon.capitals:
        return lower if word != "OK" else word
    if not VOWEL.search(word) and len(word) <= 6 and len(set(word)) > 1:
        return spelled(word)
    if len(word) <= _LONGEST_ACRONYM and not shouting and not re.search(r"(.)\1\1", word):
        return spelled(word)
    return lower
