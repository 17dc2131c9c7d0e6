"""Tokens are those of f5_tts, which is the oracle here; its one module of interest is loaded alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.f5.tokens import Vocabulary, VocabularyError, packaged_vocabulary, tokens, warm, words

pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")

TEXT = """你好
主播晚上好，今天玩什么游戏？
这个操作太厉害了！！！
我昨天晚上看了你的直播；真的很好笑
“能不能唱一首歌？”他说
長安一片月，萬戶擣衣聲。
銀行行長走在行道上
重新开始，重要的是不要重蹈覆辙
一个一不小心，第一，一起，不是，不对，不要
他得了第3名，得了吧，我得走了
哈哈哈哈哈哈
２０２４年１１月１１日
3.5公里 10:30 100% $5 ￥99
1234567890
gg
666
GG WP ez
hello
Hello, world!
I'm fine; thanks… "really"
it's 5 o'clock (maybe)
don't won't can't
C++ and C# / .NET 8.0
user@example.com
semi;colon; and: colon:
‘single’ “double” 'straight' "too"
tabs\tand  double  spaces
🎉🎉 nice 🎉
👍🏽 好 👨‍👩‍👧
ひらがなとカタカナ
안녕하세요 여러분
Привет, мир!
café naïve Ærøskøbing
αβγ δ
สวัสดี
مرحبا
①②③ ㊗️ Ⅳ
𠮷野家で食べた
〇〇 々々 人々
……——·～
…
，
.

"""
PARTS = TEXT.split("\n")
LINES = sorted(
    {
        *PARTS,
        *(f"{a}{between}{b}" for between in ("", " ", "，") for a, b in zip(PARTS, PARTS[7:], strict=False)),
    }
    | {
        "minecraft服务器",
        "我用Python写了3个bot",
        "PS5好还是Xbox好",
        "OK啊",
        "啊OK",
        "B站up主",
        "\n",
        " ",
        "a",
        " a",
        "好 ",
    }
    | {f"{n}块{n}毛" for n in range(60)}
)


@cache
def oracle() -> ModuleType:
    """f5_tts.model.utils without f5_tts.model, whose import takes ten seconds."""
    pytest.importorskip("torch")
    found = importlib.util.find_spec("f5_tts")
    if found is None or not found.submodule_search_locations:
        pytest.skip("f5-tts is not installed")
    path = Path(found.submodule_search_locations[0]) / "model" / "utils.py"
    spec = importlib.util.spec_from_file_location("f5_tts_model_utils", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_enough_lines() -> None:
    assert len(LINES) >= 200


def test_tokens_are_those_of_f5_tts() -> None:
    theirs = oracle().convert_char_to_pinyin(LINES)
    for line, expected in zip(LINES, theirs, strict=True):
        assert tokens(line) == expected, line


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.text("我一不了 a'\";1.9，…あ한🎉é", max_size=40)
)
def test_any_text_has_the_tokens_of_f5_tts(text: str) -> None:
    assert tokens(text) == oracle().convert_char_to_pinyin([text])[0]


def test_ids_are_those_of_f5_tts() -> None:
    module = oracle()
    path = packaged_vocabulary()
    vocabulary = Vocabulary.load(path)
    theirs, size = module.get_tokenizer(str(path), "custom")
    assert vocabulary.numbers == theirs
    assert vocabulary.size == size == 2545
    for line in LINES:
        if line:
            converted = module.convert_char_to_pinyin([line])
            assert vocabulary.ids(line) == module.list_str_to_idx(converted, theirs)[0].tolist(), line
    assert vocabulary.ids("") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", [" ", "ni2", " ", "hao3"]),
        ("hi 好", ["h", "i", " ", " ", "hao3"]),
        ("a;b", ["a", ",", "b"]),
        ("\ud800好", [" ", "hao3"]),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_words_join_to_the_text() -> None:
    assert words("我今天去超市") == ["我", "今天", "去", "超市"]
    assert all("".join(words(line)) == line for line in LINES)


def test_what_is_not_known_is_a_space(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text(" \na\nhao3\n", encoding="utf-8")
    assert Vocabulary.load(path).ids("a好b") == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("content", "words_of_it"),
    [(None, "cannot be read"), (b"\xff\xfe", "not a text file"), (b"", "is empty")],
)
def test_a_vocabulary_that_cannot_be_used(tmp_path: Path, content: bytes | None, words_of_it: str) -> None:
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VocabularyError, match=words_of_it):
        Vocabulary.load(path)


def test_importing_loads_no_dictionary_and_warming_does() -> None:
    program = (
        "import sys, bot.engine.f5.tokens as t, bot.engine.f5.cuts\n"
        "slow = {'rjieba', 'pypinyin', 'f5_tts', 'torch'}\n"
        "assert not slow & set(sys.modules)\n"
        "t.warm(); t.packaged_vocabulary()\n"
        "assert slow & set(sys.modules) == {'rjieba', 'pypinyin'}"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root, timeout=30)
    warm()  # twice is once
