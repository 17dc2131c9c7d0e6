"""A reference's transcript: as the model wants it, its syllables, and which of its words a cut may hold."""

from __future__ import annotations

import re

from bot.engine.f5.syllables import syllables as of_word
from bot.engine.languages import script_of

LONGEST = 600  # characters: twelve seconds of the fastest speech are a third of it

_CLAUSE = re.compile(r"[^,.!?;:，。！？；：、…]*[,.!?;:，。！？；：、…]*\s*")
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー")
_SYLLABARIES = frozenset({"han", "kana", "hangul"})  # a character is a syllable


def plain(text: str) -> str:
    """On one line, without what is not printed: fit for a file, a terminal and the model."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def ended(text: str) -> str:
    """With the end that f5_tts's `preprocess_ref_audio_text` gives it: ". " unless it ends in "。"."""
    if text.endswith((". ", "。")):
        return text
    return text + (" " if text.endswith(".") else ". ")


def syllables(text: str) -> float:
    """How many syllables are spoken, about: one a character in Chinese, by the engine's rules in Latin."""
    count = 0.0
    word = ""
    for character in f"{text} ":
        script = script_of(character)
        if script == "latin" or (word and character in "'’"):
            word += character
            continue
        if word:
            count += of_word(word)
            word = ""
        if script in _SYLLABARIES:
            count += character not in _SMALL_KANA
        elif character.isdigit():
            count += 1
        elif script and character.isalpha():  # Cyrillic, Arabic …: two or three letters a syllable
            count += 0.4
    return count


def language_of(text: str) -> str:
    """ "zh" or "en", by the script that most of its syllables are written in; "" for neither."""
    han = sum(script_of(character) == "han" for character in text)
    latin = syllables("".join(each if script_of(each) == "latin" else " " for each in text))
    if not han and not latin:
        return ""
    return "zh" if han >= latin else "en"


def words_between(text: str, begin: float, end: float) -> str:
    """The clauses that are likely said in this share (0..1) of the speech, by their syllables."""
    clauses = [clause for clause in _CLAUSE.findall(text) if clause.strip()]
    weights = [syllables(clause) for clause in clauses]
    total = sum(weights)
    said: list[str] = []
    before = 0.0
    for clause, weight in zip(clauses, weights, strict=True):
        middle = (before + weight / 2) / total if total else 0.0
        if begin <= middle < end:
            said.append(clause)
        before += weight
    return "".join(said).strip()
