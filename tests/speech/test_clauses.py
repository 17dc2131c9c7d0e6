"""Where texts are cut, that nothing is lost, and how long they are thought to sound."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.speech.clauses import clauses
from bot.speech.estimate import seconds

TEXTS: list[tuple[str, list[str]]] = [
    ("", []),
    ("   \n ", []),
    ("hello", ["hello"]),
    ("你好", ["你好"]),
    # a pause, where there is enough before it to be worth one
    ("hello there everybody. how are you today?", ["hello there everybody.", "how are you today?"]),
    ("主播晚上好，今天播到几点呀？", ["主播晚上好，", "今天播到几点呀？"]),
    ("好，今天播到几点呀？明天呢我们还播吗", ["好，今天播到几点呀？", "明天呢我们还播吗"]),
    ("哈哈哈哈哈！！！真的好好笑啊。", ["哈哈哈哈哈！！！", "真的好好笑啊。"]),
    ("他说：“今天真的很好。”然后就走了不回来", ["他说：“今天真的很好。”", "然后就走了不回来"]),
    ('he said "that is it." and then he left', ['he said "that is it."', "and then he left"]),
    ("this is one side — and that is the other", ["this is one side —", "and that is the other"]),
    ("well well well... that was close", ["well well well...", "that was close"]),
    # no pause within numbers, names and addresses
    ("it is 3.5 seconds and it opens at 10:30 or so", ["it is 3.5 seconds and it opens at 10:30 or so"]),
    ("it cost 1,000,000 gold and node.js crashed", ["it cost 1,000,000 gold and node.js crashed"]),
    ("a well-known co-op game", ["a well-known co-op game"]),
    # a short end is no clause of its own
    ("that was really close, ok", ["that was really close, ok"]),
    ("今天真的好好笑，哈", ["今天真的好好笑，哈"]),
    # marks alone are none either
    ("what was that ! ? ! ? ! ? ! ?", ["what was that ! ? ! ? ! ? ! ?"]),
    ("! ? ! ? ! ? ! ? hello there", ["! ? ! ? ! ? ! ? hello there"]),
    ("? ! ? ! ? ! ? !", ["? ! ? ! ? ! ? !"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cut"), TEXTS)
def test_table(text: str, cut: list[str]) -> None:
    assert clauses(text) == cut


def bare(text: str) -> str:
    return "".join(text.split())


SPOKEN = st.one_of(
    st.text(st.characters(), max_size=200),
    st.lists(
        st.sampled_from(
            [
                *"，。！？；：、,.!?;:…—–”\"')",
                " ",
                "\n",
                "a",
                "word",
                "字",
                "3",
                "3.5",
                "10:30",
                "￼",
                "\u3000",
                "😀",
            ]
        ),
        max_size=120,
    ).map("".join),
    st.builds(lambda piece, times: piece * times, st.text(st.characters(), max_size=4), st.integers(0, 300)),
)


@settings(max_examples=500, deadline=None)
@given(SPOKEN)
@example("a" * 5000)
@example("字" * 5000)
@example(" a" * 3000)
@example("a " + "b" * 3000)
@example("9" * 1000)
@example("\x1f\x1fa\x85" * 100)
def test_any_text(text: str) -> None:
    cut = clauses(text)
    assert bare("".join(cut)) == bare(text)
    assert all(clause and clause == clause.strip() for clause in cut)
    assert all(seconds(clause) <= 12 for clause in cut)
    if len(cut) > 1 and bare(text).isalnum():
        assert all(seconds(clause) <= 6 for clause in cut)


def test_the_first_clause_of_a_long_message_is_short() -> None:
    english = "wait for this, " + "there is so much more to say about this and that, " * 5
    assert clauses(english)[0] == "wait for this,"
    assert seconds(clauses(english)[0]) < 1.5
    chinese = "我觉得吧，" + "这个游戏的难度其实没有大家说的那么高啊，" * 5
    assert clauses(chinese)[0] == "我觉得吧，"


def test_a_text_without_pauses_is_cut_between_words() -> None:
    text = " ".join(["word"] * 200)
    cut = clauses(text)
    assert " ".join(cut) == text
    assert all(clause.split() == ["word"] * len(clause.split()) for clause in cut)
    assert all(1 < seconds(clause) <= 6 for clause in cut)
    han = clauses("字" * 100)
    assert len(han) > 3
    assert all(1 < seconds(clause) <= 6 for clause in han)


@pytest.mark.parametrize(
    "bomb",
    ["— " * 25_000, " " * 200_000 + "x", "." * 200_000 + "x", ".:," * 16_000 + "x", "! " * 25_000,
     "a, " * 16_000, "”" * 50_000, "!”" * 25_000, "1." * 25_000, "a" * 50_000, "a " * 25_000],
    ids=lambda bomb: ascii(bomb[:6]),
)  # fmt: skip
def test_bombs_are_cut_in_time(bomb: str) -> None:
    began = time.process_time()
    cut = clauses(bomb)
    assert time.process_time() - began < 2
    assert bare("".join(cut)) == bare(bomb)


# ------------------------------------------------------------------ estimates


def test_an_estimate_goes_by_what_is_heard() -> None:
    assert seconds("你好吗朋友们") == pytest.approx(1.22)
    assert seconds("hello") == pytest.approx(0.48)
    assert seconds("2026") > seconds("abcd")  # digits are read as words
    assert seconds("well, yes") > seconds("well yes")
    assert seconds("wow!!!!!!") == seconds("wow!")
    per_character = (seconds("字" * 50) - seconds("字" * 5)) / 45
    assert seconds("字" * 100) - seconds("字" * 50) == pytest.approx(50 * per_character)


@pytest.mark.parametrize("text", ["", " ", "😀😀", "a"])
def test_nothing_is_shorter_than_a_quarter_second(text: str) -> None:
    assert seconds(text) == 0.25


def test_speed_divides() -> None:
    assert seconds("hello everybody", 2.0) == pytest.approx(seconds("hello everybody") / 2)
    assert seconds("", 0.5) == pytest.approx(0.5)


@given(st.text(st.characters()), st.text(st.characters()))
def test_more_text_is_never_shorter(text: str, more: str) -> None:
    assert seconds(text + " " + more) >= seconds(text)
