"""What holds of every text, and of the nastiest: hypothesis over all of Unicode, and 100 kB bombs."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.chat.normalize import Normalizer
from bot.chat.normalize.characters import clean, finish
from bot.chat.reader import Reader
from bot.chat.rules.reasons import Rejected
from bot.config import Chat, Templates
from bot.messages import Author, ChatMessage, Fragment, FragmentKind

# Every code point, the lone surrogates too, with what chat is made of more often than chance would give.
PIECES = st.one_of(
    st.text(st.characters(), max_size=20),
    st.sampled_from(
        ["https://", "www.", ".com", "x.tv", "@", "_", "/", "-", ".", ":", "e\u0301", "\u0301", "\u0344",
         "\u200b", "\u200d", "\ufe0f", "\u20e3", "\ud83d", "\ude00", "\ufeff", "\x1b[31m", "\u202e", "链接",
         "ｱ", "ﾞ", "Ａ", "\u0958", "\u212b", "\u1160", "[[", "  ", "\n", "\U0001d15e", "\U0001d400", "1", "a"]
    ),
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=12).map("".join)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def said(*texts: str, limit: int = 300, kind: FragmentKind = FragmentKind.TEXT) -> str:
    return Normalizer(limit=limit).read([Fragment(text, kind) for text in texts]).text


@settings(max_examples=600, deadline=None)
@given(TEXT)
@example("\ufeff\ufeffx")
@example("x\ud83d")
@example("((\u0301x")
@example("https://x.tv\u0301\u0301\u0301")
@example("e\u200b\u0301")
@example("Ａ\u0301")
@example("\u0344\u0344\u0344a\u0344\u0344")
@example("0.tvhttp://0")
@example("user@x.com foo_x.com @x.com")
def test_any_text(text: str) -> None:
    spoken = said(text)
    assert not [character for character in spoken if unicodedata.category(character) in FORBIDDEN]
    assert len(spoken) <= 300
    assert spoken == " ".join(spoken.split())
    assert spoken.splitlines() in ([], [spoken])
    assert spoken.isprintable()
    assert spoken == "" or any(character.isalnum() for character in spoken)
    assert spoken == unicodedata.normalize("NFC", spoken)
    spoken.encode()
    # A reading is not read again, but it is clean: what takes signs out finds none.
    assert finish(clean(spoken)) == spoken


@settings(max_examples=200, deadline=None)
@given(TEXT, st.integers(1, 60))
def test_the_limit_holds(text: str, limit: int) -> None:
    spoken = said(text, limit=limit)
    assert len(spoken) <= limit
    assert spoken == spoken.strip()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXT, st.sampled_from(FragmentKind)), max_size=8))
def test_no_fragment_is_too_odd_for_the_reader(parts: list[tuple[str, FragmentKind]]) -> None:
    message = ChatMessage(
        source="twitch",
        channel="c",
        id="m",
        author=Author("1", "Alice"),
        fragments=tuple(Fragment(text, kind) for text, kind in parts),
    )
    read = Reader(Chat(), Templates()).read(message)
    assert isinstance(read, Rejected) or (read and all(text.isprintable() for text in read))


def test_marks_pile_no_higher_than_a_language_stacks_them() -> None:
    spoken = said("a" + "\u0317\u0323\u0324" * 50 + "b" + "\u0488" * 9)
    assert spoken.startswith("a")
    assert spoken.endswith("b")
    assert len(spoken) <= 4


BOMBS: dict[str, Callable[[int], str]] = {
    "dots": lambda size: "a." * (size // 2),
    "dots, then a host": lambda size: "a." * (size // 2) + "com",
    "hyphens": lambda size: "a-" * (size // 2) + ".",
    "schemes": lambda size: "http://" * (size // 7),
    "schemes with spaces": lambda size: "http:// " * (size // 8),
    "www": lambda size: "www." * (size // 4),
    "www labels": lambda size: "www.a " * (size // 6),
    "one label": lambda size: "a" * size,
    "ats": lambda size: "@" * size,
    "letters at": lambda size: "a@" * (size // 2),
    "plus": lambda size: "+" * size,
    "percent words": lambda size: "%a_" * (size // 3),
    "hosts": lambda size: "x.com/" * (size // 6),
    "zalgo": lambda size: "a" + "\u0301\u0317\u0489" * (size // 3),
    "spaces": lambda size: " " * size + "x",
    "marks and spaces": lambda size: "( " * (size // 2) + "x",
    "escapes": lambda size: "\x1b[" + "0;" * (size // 2),
    "escape after escape": lambda size: "\x1b[0;" * (size // 4),
    "surrogates": lambda size: "\ud800" * size,
    "zero width": lambda size: "\u200b" * size,
    "families": lambda size: "👨\u200d👩\u200d👧" * (size // 5),
    "han": lambda size: "字" * size,
    "han and links": lambda size: "字https://x.tv " * (size // 14),
    "ﷺ": lambda size: "ﷺ" * size,
    "full width": lambda size: "Ａ" * size,
}


def cost(work: Callable[[], object]) -> float:
    """Seconds of this process's own time: the best of three, whatever else the machine does."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_what_its_length_does(make: Callable[[int], str]) -> None:
    # With a limit as long as the message nothing is cut off before the patterns see it.
    half, whole = make(50_000), make(100_000)
    small = cost(lambda: said(half, limit=100_000))
    large = cost(lambda: said(whole, limit=100_000))
    assert large < 4 * small + 0.01  # what costs the square of its length costs four times as much
    assert large < 10


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_a_bomb_in_chat_costs_next_to_nothing(make: Callable[[int], str]) -> None:
    reader = Reader(Chat(), Templates(message="{name}: {text}"))
    bomb = make(100_000)
    message = ChatMessage(
        source="twitch", channel="c", id="m", author=Author("1", bomb), fragments=(Fragment(bomb),)
    )
    assert cost(lambda: reader.read(message)) < 0.02


def test_a_hundred_thousand_fragments() -> None:
    emotes = [Fragment("Kappa", FragmentKind.EMOTE)] * 100_000
    assert Normalizer().read([*emotes, Fragment("hi")]).text == "hi"
