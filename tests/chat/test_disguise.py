"""The quick ways of matching give what the slow ones would: readings, folding, words and patterns."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.chat import folding
from bot.chat.blockfile import Entry, Kind
from bot.chat.blockmatch import BlockMatcher
from bot.chat.disguise import undisguised
from bot.chat.folding import fold
from bot.chat.patterns import Patterns, fault
from tests.chat import plain_disguise

# What the disguises are made of, thickly.
_PIECES = [
    *("a", "b", "e", "k", "ss", "shit", "fuck", "hello", "i", "傻", "逼", "操作", "你好", "か", "각", "ด"),
    *(" ", "  ", ".", "-", "_", "*", "·", "❤️", "...", ",", "，", "'", "’", "\n", "!", "|", "+", "/"),
    *("1", "0", "5", "2", "$", "@", "€", "¢", "aaa", "ww", "aa", "lll", "哈哈哈", "é", "⺀", "\u3099", "İ"),
]
DISGUISED = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
ANY = st.text(st.characters(codec=None), max_size=60)


@given(DISGUISED | ANY)
@example("f uck")
@example("傻 逼")
@example("a_b")
@example("⺀·⺀")
@example("s h 1 t")
@example("hi!a b!5")
@settings(max_examples=1000)
def test_readings_are_those_of_the_definition(text: str) -> None:
    folded = fold(text)
    plain = plain_disguise.undisguised(folded)
    readings = undisguised(folded)
    assert readings.lines == plain.lines
    assert readings.spelled == plain.spelled


@given(DISGUISED)
@settings(max_examples=500)
def test_text_with_line_breaks_too(text: str) -> None:
    """What is allowed is cut out of a folded text and leaves a line break."""
    plain = plain_disguise.undisguised(text)
    assert undisguised(text).lines == plain.lines


@given(ANY | DISGUISED)
@settings(max_examples=1000)
def test_folding_once_is_enough_where_it_is_done_once(text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    assert fold(text) == folding._once(folding._once(whole))


def test_every_character_folds_as_it_would_in_two_steps() -> None:
    for code in range(0x80, 0x30000):
        if not 0xD800 <= code <= 0xDFFF:
            assert fold("x" + chr(code)) == folding._once(folding._once("x" + chr(code)))


PATTERNS = ["a+b", "^a", "b$", r"\bk", r"a\s+b", "[^a]b", r"\[^x", r"\Ab", r"b\z", r"傻\W逼", "s.?h"]
WORDS = [piece for piece in _PIECES if piece.strip(" .-_*·!,'")]


@given(st.lists(st.sampled_from(PATTERNS), max_size=4), st.lists(DISGUISED, min_size=1, max_size=4))
@settings(max_examples=500)
def test_patterns_fit_together_what_they_fit_one_by_one(patterns: list[str], texts: list[str]) -> None:
    assert not any(map(fault, patterns))
    alone = {pattern for pattern in patterns if any(Patterns([pattern]).first([text]) for text in texts)}
    found = Patterns(patterns).first(texts)
    assert (found in alone) if alone else found is None


@given(DISGUISED, st.lists(st.sampled_from(WORDS), max_size=4))
@settings(max_examples=500)
def test_a_word_in_any_reading_is_found(text: str, words: list[str]) -> None:
    matcher = BlockMatcher([Entry(word, Kind.WORD) for word in words if fold(word)])
    some = any(matcher._in_line(line) is not None for line in plain_disguise.undisguised(fold(text)).lines)
    assert matcher.find(text) is not None or not some
