"""Which letters go to which language."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.languages import split

ZH_EN = ("zh", "en")


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", []),
        ("你好", [("zh", "你好")]),
        ("hello there", [("en", "hello there")]),
        ("我喜欢hello世界", [("zh", "我喜欢"), ("en", "hello"), ("zh", "世界")]),
        ("今天 play game 吗？", [("zh", "今天 "), ("en", "play game "), ("zh", "吗？")]),
        ("我有3个苹果", [("zh", "我有3个苹果")]),
        ("I have 3 apples", [("en", "I have 3 apples")]),
        ("I have 3个", [("en", "I have "), ("zh", "3个")]),
        ("3D打印", [("en", "3D"), ("zh", "打印")]),
        ("你好。Hello", [("zh", "你好。"), ("en", "Hello")]),
        ("hello (世界)", [("en", "hello "), ("zh", "(世界)")]),
        ("666", [("zh", "666")]),
        ("!?🎉", [("zh", "!?🎉")]),
        ("  hi", [("en", "  hi")]),
        ("café naïve Ελλάδα", [("en", "café naïve "), ("el", "Ελλάδα")]),
        ("こんにちは世界", [("ja", "こんにちは"), ("zh", "世界")]),
        ("안녕 Привет", [("ko", "안녕 "), ("ru", "Привет")]),
        ("ＨＥＬＬＯ你好", [("en", "ＨＥＬＬＯ"), ("zh", "你好")]),
        ("𠀀𠀁", [("zh", "𠀀𠀁")]),
    ],
)
def test_runs(text: str, runs: list[tuple[str, str]]) -> None:
    assert [(run.language, run.text) for run in split(text, ZH_EN)] == runs


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("Guten Tag", ("de",), ["de"]),
        ("Guten Tag", ("zh", "de", "en"), ["de"]),
        ("你好", ("en", "yue"), ["yue"]),
        ("你好", ("en",), ["zh"]),
        ("Привіт", ("uk",), ["uk"]),
        ("42", ("en", "zh"), ["en"]),
    ],
)
def test_a_voices_own_languages_come_first(
    text: str, languages: tuple[str, ...], expected: list[str]
) -> None:
    assert [run.language for run in split(text, languages)] == expected


@given(st.text(st.characters(), max_size=200) | st.text("a你 3,。あ!é가\u202e", max_size=40))
def test_runs_join_to_the_text_and_alternate(text: str) -> None:
    runs = split(text, ZH_EN)
    assert "".join(run.text for run in runs) == text
    assert all(run.text for run in runs)
    assert all(one.language != next_.language for one, next_ in pairwise(runs))
