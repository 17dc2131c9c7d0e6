"""The words of a reference: their end, their syllables, and which of them a cut holds."""

from __future__ import annotations

import pytest

from bot.engine.references.transcript import ended, language_of, plain, syllables, words_between


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("对，这就是我。", "对，这就是我。"),
        ("Hello.", "Hello. "),
        ("Hello. ", "Hello. "),
        ("Hello", "Hello. "),
        ("你好", "你好. "),
        ("Hello!", "Hello!. "),
    ],
)
def test_the_end_is_f5_ttss(text: str, end: str) -> None:
    """As of `preprocess_ref_audio_text` in f5_tts/infer/utils_infer.py, 1.1.10 and 1.1.22."""
    assert ended(text) == end


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("对，这就是我，万人敬仰的太乙真人。", 14),
        ("Some call me nature, others call me mother nature.", 13),
        ("你好 hello", 4),
        ("こんにちは", 5),
        ("안녕하세요", 5),
        ("666", 3),
        ("", 0),
        ("!?… 🙂", 0),
        ("Привет мир", 3.6),
    ],
)
def test_syllables(text: str, count: float) -> None:
    assert syllables(text) == pytest.approx(count)


@pytest.mark.parametrize(
    ("text", "language"), [("你好", "zh"), ("hello", "en"), ("你好 all of you here", "en"), ("42", "")]
)
def test_the_language_is_that_of_most_syllables(text: str, language: str) -> None:
    assert language_of(text) == language


def test_words_between_shares_are_whole_clauses() -> None:
    text = "One two three four. 五六七八。 Nine, ten!"
    assert words_between(text, 0, 1) == text
    assert words_between(text, 0, 0.45) == "One two three four."
    assert words_between(text, 0.45, 0.8) == "五六七八。"
    assert words_between(text, 0.99, 1) == ""
    assert words_between("", 0, 1) == ""


def test_plain_text_is_one_printable_line() -> None:
    assert plain("  a\n\tb\x00c\u202e d\ud800  ") == "a b c d"
