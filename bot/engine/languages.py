"""Splits a text into runs of one language, by the script that each letter belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

# The languages that use a script: of these, a voice's own is taken if it has one, else the first.
_LANGUAGES: dict[str, tuple[str, ...]] = {
    "latin": ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "vi", "id", "sv", "cs", "fi"),
    "han": ("zh", "cmn", "yue"),  # not ja: espeak's Japanese reads kana only, and says "Chinese letter"
    "kana": ("ja",),
    "hangul": ("ko",),
    "cyrillic": ("ru", "uk", "bg", "sr"),
    "greek": ("el",),
    "hebrew": ("he",),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr", "ne"),
    "thai": ("th",),
}

# First and last code point. What lies outside (digits, punctuation, emoji, other scripts) is neutral.
_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x41, 0x5A, "latin"),
    (0x61, 0x7A, "latin"),
    (0xC0, 0xD6, "latin"),
    (0xD8, 0xF6, "latin"),
    (0xF8, 0x2AF, "latin"),
    (0x370, 0x3FF, "greek"),
    (0x400, 0x52F, "cyrillic"),
    (0x5D0, 0x5EA, "hebrew"),
    (0x620, 0x64A, "arabic"),
    (0x66E, 0x6D3, "arabic"),
    (0x750, 0x77F, "arabic"),
    (0x904, 0x963, "devanagari"),
    (0xE01, 0xE4E, "thai"),
    (0x1100, 0x11FF, "hangul"),
    (0x1E00, 0x1EFF, "latin"),
    (0x1F00, 0x1FFF, "greek"),
    (0x2E80, 0x2FDF, "han"),
    (0x3005, 0x3007, "han"),
    (0x3041, 0x309F, "kana"),
    (0x30A1, 0x30FA, "kana"),
    (0x30FC, 0x30FF, "kana"),
    (0x3100, 0x312F, "han"),
    (0x3131, 0x318E, "hangul"),
    (0x31F0, 0x31FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7FF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0xFF21, 0xFF3A, "latin"),
    (0xFF41, 0xFF5A, "latin"),
    (0xFF66, 0xFF9F, "kana"),
    (0x20000, 0x323AF, "han"),
)
_STARTS = [first for first, _, _ in _RANGES]


@dataclass(frozen=True, slots=True)
class Run:
    language: str
    text: str


def script_of(character: str) -> str:
    """The name of the script of a letter, "" for what may stand in any language."""
    at = bisect_right(_STARTS, ord(character)) - 1
    return _RANGES[at][2] if at >= 0 and ord(character) <= _RANGES[at][1] else ""


def split(text: str, languages: Sequence[str]) -> list[Run]:
    """Runs of one language each, which join to `text`; `languages` are the voice's, the first for no script.

    Digits and punctuation go with the letters before them, or, from the last space on, with those after
    ("3个" is read in Chinese after English too); at the start with the first letters.
    """
    runs: list[Run] = []
    language = ""  # of the run being read, "" while no letter was seen
    start = gap = 0  # where that run begins, and where its last letter ends
    for at, character in enumerate(text):
        script = script_of(character)
        if not script:
            continue
        found = _language(script, languages)
        if language and found != language:
            space = text.rfind(" ", gap, at)
            cut = at if space < 0 else space + 1
            runs.append(Run(language, text[start:cut]))
            start = cut
        language = found
        gap = at + 1
    if start < len(text):
        runs.append(Run(language or languages[0], text[start:]))
    return runs


def _language(script: str, languages: Sequence[str]) -> str:
    known = _LANGUAGES[script]
    return next((language for language in languages if language in known), known[0])
