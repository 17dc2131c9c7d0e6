"""What nobody says in one go is split where it harms least."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.f5.cuts import cut
from bot.engine.f5.duration import seconds
from bot.engine.f5.joints import Joint, Token
from bot.engine.f5.long_tokens import LONGEST, split

pytest.importorskip("rjieba")

_BITS = st.lists(
    st.sampled_from([*"a7%好w𠮷ラーж한&-'", "tr", "aeiou", "a\u0301", " ", ", ", "."]), max_size=4
)
ANY = (
    st.tuples(_BITS, st.integers(1, 80)).map(lambda made: "".join(made[0]) * made[1])
    | st.text("𠮷我3%aeb.,:!? ラーж한&-'\u0301wE", max_size=200)
    | st.text(max_size=300)
)


@settings(deadline=None)
@given(ANY)
def test_no_piece_is_too_long_to_be_said_in_one_go(text: str) -> None:
    pieces = cut(text)
    assert "".join(piece.text for piece in pieces) == (text if pieces else "")
    assert all(0 < seconds(piece.text) <= LONGEST for piece in pieces)


@pytest.mark.parametrize(
    "parts",
    [
        "12345678|90123456",
        "3,141,592,|653,589,793",
        "supercalifragilistic|expialidocious" * 4,
        "𠮷" * 10 + "|" + "𠮷" * 10,
        "%" * 8 + "|" + "%" * 8,
    ],
)
def test_where(parts: str) -> None:
    text = parts.replace("|", "")
    found = list(split(Token(text, Joint.CLAUSE)))
    assert "".join(part.text for part in found) == text
    assert len(found) > 1
    assert [part.joint for part in found] == [*[Joint.TIED] * (len(found) - 1), Joint.CLAUSE]
    if parts.count("|") == 1:
        assert [part.text for part in found] == parts.split("|")
    elif text.isascii():  # before a syllable
        assert all(part.text[0] not in "aeiouy" and part.text[1] in "aeiouy" for part in found[1:])


def test_accents_and_small_signs_stay_with_what_they_belong_to() -> None:
    for text in ("a\u0301ж\u0301" * 40, "チャーシュー" * 20):
        parts = list(split(Token(text, Joint.SENTENCE)))
        assert len(parts) > 1
        assert all(part.text[0] not in "\u0301ャーュ" for part in parts)


@pytest.mark.parametrize("text", ["a", "a" + "!" * 4000, "好,", "word "])
def test_what_is_short_stays_whole(text: str) -> None:
    assert list(split(Token(text, Joint.WORD))) == [Token(text, Joint.WORD)]
