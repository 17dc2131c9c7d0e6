"""Folding: what is matched as the same, what stays apart, and that any Unicode is fine."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.disguise import undisguised
from bot.chat.folding import fold
from bot.chat.language import LANGUAGES, foreign, languages
from bot.chat.words import Word, Words

ANY = st.text(st.characters(codec=None), max_size=200) | st.text(max_size=200)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello  World", "hello world"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("𝓗𝓮𝓵𝓵𝓸 𝟙𝟚", "hello 12"),
        ("Z\u0351\u036bA\u0334L", "zal"),
        ("İstanbul", "istanbul"),
        ("Straße", "strasse"),
        ("ΣΑΣ", "σaσ".replace("σ", "o")),
        ("рaу", "pay"),
        ("Ꭺ", "a"),
        ("ﬁne", "fine"),
        ("①②", "12"),
        ("龍龜", "龙龟"),
        ("が", "が"),
        ("か\u3099", "が"),
        ("각", "각"),
        ("नमस्ते", "नमस्ते"),
        ("a\u200bb\ufeffc", "abc"),
        ("a\ud800b", "ab"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\r\n\tb\x00c", "a bc"),
        ("\u3164", ""),
        ("👍🏽", "👍🏽"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(ANY)
@settings(max_examples=500)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    once.encode()  # no half characters


def test_folding_every_character_twice_changes_nothing() -> None:
    for start in range(0, 0x110000, 64):
        for number in range(start, start + 64, 7):
            once = fold("x" + chr(number) + "é")
            assert fold(once) == once


@given(ANY)
def test_the_text_itself_comes_first_and_there_are_few(text: str) -> None:
    folded = fold(text)
    readings = undisguised(folded)
    assert readings.lines[0] == folded
    assert len(readings.lines) <= 27
    assert len(set(readings.lines)) == len(readings.lines)
    assert all(len(line) <= len(folded) for line in readings.lines)


@pytest.mark.parametrize(
    "unit", ["a", "傻", "ﷺ", "\u0301", "é", "\ud800", "𝓕", "🇨", "\u200b", " ", "龍 "], ids=ascii
)
def test_linear(unit: str) -> None:
    def cost(length: int) -> float:
        begun = time.process_time()
        undisguised(fold((unit * length)[:length]))
        return time.process_time() - begun

    cost(1000)
    small, large = (min(cost(length) for _ in range(2)) for length in (50_000, 100_000))
    assert large < 4 * small + 0.05


# ------------------------------------------------------------------ words

ALPHABET = "ab1 傻逼.c"


def naive(words: dict[str, tuple[bool, bool]], text: str) -> list[tuple[int, int]]:
    """Every word at every place, by the definition."""
    letter = re.compile(r"[^\W_\u3400-\u9fff]")
    found = []
    for start in range(len(text)):
        for end in range(len(text), start, -1):
            word = text[start:end]
            if word not in words:
                continue
            open_left, open_right = words[word]
            inside_left = start > 0 and letter.match(text[start - 1]) and letter.match(word[0])
            inside_right = end < len(text) and letter.match(text[end]) and letter.match(word[-1])
            if (open_left or not inside_left) and (open_right or not inside_right):
                found.append((start, end))
    return found


WORDS = st.dictionaries(
    st.text(ALPHABET, min_size=1, max_size=4), st.tuples(st.booleans(), st.booleans()), max_size=8
)


@given(WORDS, st.text(ALPHABET, max_size=30))
@settings(max_examples=600)
def test_words_are_found_as_by_the_definition(words: dict[str, tuple[bool, bool]], text: str) -> None:
    finder = Words(Word(word, word, left, right) for word, (left, right) in words.items())
    found = [(one.start, one.end) for one in finder.every(text)]
    assert found == naive(words, text)
    assert finder.may_be_in(text) or not found
    end = 0
    for one in finder.longest(text):
        assert one.start >= end
        assert (one.start, one.end) == max(at for at in found if at[0] == one.start)
        end = one.end


@given(WORDS, st.text(ALPHABET + "23", max_size=30))
@settings(max_examples=600)
def test_beside_digits_too_nothing_is_passed_over(words: dict[str, tuple[bool, bool]], text: str) -> None:
    closed = Words((Word(word, word, *ends) for word, ends in words.items()), beside_digits=False)
    beside = Words((Word(word, word, *ends) for word, ends in words.items()), beside_digits=True)
    found = set(beside.every(text))
    assert set(closed.every(text)) <= found
    assert beside.may_be_in(text) or not found


# ------------------------------------------------------------------ languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello there", "en"),
        ("主播晚上好", "zh"),
        ("こんにちは、元気？", "ja"),
        ("カタカナ", "ja"),
        ("안녕하세요", "ko"),
        ("привет", "ru"),
        ("สวัสดี", "other"),
        ("مرحبا", "other"),
        ("你の名字", "zh"),
        ("主播 nice", "zh"),
        ("this is 好 stuff", "en"),
        ("café olé", "en"),
        ("666 !!", ""),
        ("", ""),
    ],
)
def test_language(text: str, language: str) -> None:
    assert foreign(text, frozenset()) == language
    assert foreign(text, frozenset({language})) == ""
    assert foreign(text, frozenset(LANGUAGES)) == ""


@given(ANY)
def test_languages_of_any_text(text: str) -> None:
    assert set(languages(text)) <= set(LANGUAGES)
