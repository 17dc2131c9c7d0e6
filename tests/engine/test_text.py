"""What is taken out of a text, and where it is cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.pieces import cut, pause_after
from bot.engine.speakable import clean, is_speakable

ANY_TEXT = st.text(st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("hello", "hello"),
        ("a\x00b\x01c\n\td", "a b c d"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("z" + "\u0301" * 50 + "a", "ź\u0301a"),
        ("e\u0301", "é"),
        ("\ud800x", "x"),
        ("[[h@loU]]", "h@loU"),
        ("<speak>hi</speak>", "speak hi /speak"),
        ("*wow*~~", "wow"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(ANY_TEXT)
def test_nothing_harmful_is_left(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned)
    assert "[" not in cleaned
    assert clean(cleaned) == cleaned or len(clean(cleaned)) < len(cleaned)


@pytest.mark.parametrize(
    ("text", "speakable"),
    [
        ("a", True),
        ("你", True),
        ("7", True),
        ("🎉", True),
        ("€", True),
        ("...", False),
        ("?!", False),
        ("", False),
    ],
)
def test_speakable(text: str, speakable: bool) -> None:
    assert is_speakable(text) is speakable


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("One two.", ["One two."]),
        ("One two. Three?! Four.", ["One two.", " Three?!", " Four."]),
        ("好的。“是吗？”对", ["好的。", "“是吗？”", "对"]),
        ("One two three. Four five six.", ["One two three.", " Four five six."]),
        ("aaa bbb, ccc ddd eee", ["aaa bbb,", " ccc ddd eee"]),
        ("aaa bbb ccc ddd eee fff", ["aaa bbb ccc ", "ddd eee fff"]),
        ("x" * 40, ["x" * 15, "x" * 15, "x" * 10]),
        ("一二三四，五六七八", ["一二三四，", "五六七八"]),
        ("costs 3.50 or so", ["costs ", "3.50 ", "or so"]),
        ("123456", ["123", "456"]),
    ],
)
def test_cut(text: str, pieces: list[str]) -> None:
    assert cut(text, limit=15) == pieces


@given(ANY_TEXT, st.integers(1, 60))
def test_pieces_join_to_the_text_and_keep_the_limit(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= limit for piece in pieces)


def test_pauses_are_longer_after_longer_breaks() -> None:
    assert (
        pause_after("Yes.")
        == pause_after("好。 ")
        > pause_after("well,")
        == pause_after("嗯，")
        > pause_after("no")
    )
    assert pause_after("") == pause_after(" ") == pause_after("no")
