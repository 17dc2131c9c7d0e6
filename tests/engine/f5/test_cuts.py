"""Where texts are cut for a voice that is quick to begin, and where never."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.f5.cuts import cut
from bot.engine.f5.duration import seconds
from bot.engine.f5.joints import Joint, tokenize
from bot.engine.f5.long_tokens import LONGEST

pytest.importorskip("rjieba")


@pytest.mark.parametrize(
    "pieces",
    [
        # short texts are one piece
        "好",
        "gg",
        "Nice shot.",
        "你吃饭了吗？",
        "晚安，做个好梦。",
        "No way, that is impossible!",
        "ok. lol. nice one",
        # sentences and clauses
        "Why did you sell the sword? |You needed it for the last quest.",
        "Thanks for the follow, |it means a lot to me.",
        "主播晚上好，|今天玩什么游戏？",
        "这游戏多少钱，|值得买吗？",
        "“你好吗？”|他问。（其实他知道）",
        # within a clause: before conjunctions and prepositions, between words
        "I have been watching |since last year and I still love it.",
        "He ran all the way home |because he forgot his keyboard.",
        "What a beautiful day |for a walk in the park with my dog.",
        "我昨天晚上|看了你的直播，|真的很好笑。",
        "妈妈问我为什么|跪着看直播。",
        # no marks at all
        "我昨天在超市|花了三百二十五块钱|买了两箱牛奶|然后回家发现已经|过期了真的很生气",
        # names, numbers and brackets in one piece
        '3.5公里外的超市,|买了"三个"苹果 hello world',
        'I paid 3,000 dollars |(which is a lot of money) |for the "best keyboard in the world" |'
        "and it broke after 3 days.",
        "Mr. Smith said hi. |ok. lol. nice one",
    ],
)
def test_cut(pieces: str) -> None:
    assert [piece.text for piece in cut(pieces.replace("|", ""))] == pieces.split("|")


LONG = [
    "新来的朋友点个关注不要走丢了我们每天晚上八点准时开播欢迎大家来玩",
    "so I was walking down the street the other day and this guy comes up to me and asks for the time",
    "感谢老板送的礼物，老板大气，祝老板身体健康万事如意，今年发大财！下次再来玩啊。",
    "Honestly, I think the second album was better than the first one, but my brother does not agree at all.",
    "主播你昨天说的那个minecraft服务器什么时候开我想和朋友一起玩可以吗",
]


@pytest.mark.parametrize("text", LONG)
def test_pieces_are_of_a_second_or_two(text: str) -> None:
    lengths = [seconds(piece.text) for piece in cut(text)]
    assert lengths[0] <= 2.0
    assert all(0.6 <= each <= 2.8 for each in lengths), lengths


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("他昨天给我买了三十五个苹果和二十个梨", ["三十五个", "二十个"]),
        ("一共花了128块钱还有3公斤的行李和50%的折扣以及12℃", ["128块", "3公斤", "50%", "12℃"]),
        (
            "it took twenty five minutes and 30 seconds to run 10 km in the rain",
            ["five minutes", "30 seconds", "10 km"],
        ),
        (
            "see example.com/page or mail me at a.b@c.de for the 10:30 show at $5.50 each",
            ["example.com/page", "a.b@c.de"],
        ),
        ("the score was 1,234,567 points at 10:30 in the morning for $5.50", ["1,234,567", "10:30", "$5.50"]),
        (
            "I don't think that they've ever said it wasn't the best of them all",
            ["don't", "they've", "wasn't"],
        ),
        ("我觉得(这个东西真的非常好)所以我就买了一个给我的女朋友当礼物", ["(这个东西真的非常好)"]),
        ("第三名的奖品是第二次世界大战的模型你们想要吗", ["第三名", "第二次"]),
    ],
)
def test_what_stays_together(text: str, together: list[str]) -> None:
    pieces = [piece.text for piece in cut(text)]
    assert len(pieces) > 1
    for each in together:
        assert any(each in piece for piece in pieces), pieces


def test_joints() -> None:
    assert [(token.text, token.joint) for token in tokenize("Well, the dog ran and hid. 3个人")] == [
        ("Well, ", Joint.CLAUSE),
        ("the ", Joint.TIED),
        ("dog ", Joint.WORD),
        ("ran ", Joint.PHRASE),
        ("and ", Joint.TIED),
        ("hid. ", Joint.SENTENCE),
        ("3", Joint.TIED),
        ("个人", Joint.SENTENCE),
    ]


def test_quotes_lower_what_is_inside_them() -> None:
    joints = {token.text: token.joint for token in tokenize("他说“来，走。”然后走，")}
    assert joints["“来，"] is Joint.PHRASE
    assert joints["走。”"] is Joint.SENTENCE
    straight = {token.text.strip(): token.joint for token in tokenize('He said "well, no" to me, twice')}
    assert straight['"well,'] is Joint.PHRASE
    assert straight["me,"] is Joint.CLAUSE


@pytest.mark.parametrize("text", ["", "  ", "...!!!", "🎉🎉", "？"])
def test_nothing_to_say_is_no_piece(text: str) -> None:
    assert cut(text) == []


ANY = st.text(max_size=80) | st.text("我们的三个 abc the,。，.!?1“”()\"'🎉", max_size=120)


@settings(deadline=None)
@given(ANY)
def test_pieces_join_to_the_text_and_have_something_to_say(text: str) -> None:
    pieces = cut(text)
    assert "".join(piece.text for piece in pieces) == (text if pieces else "")
    assert "".join(token.text for token in tokenize(text)) == text
    assert all(seconds(piece.text) > 0 for piece in pieces)
    assert not pieces or pieces[-1].joint is Joint.SENTENCE


@settings(deadline=None)
@given(st.text("abcdefgh 123,.的人我", max_size=120))
def test_no_cut_is_within_a_word_or_after_a_number(text: str) -> None:
    for one, other in zip(cut(text), cut(text)[1:], strict=False):
        assert (
            not re.search(r"[a-z0-9]$", one.text) or not re.match(r"[a-z0-9]", other.text) or len(text) > 24
        )
        if len(text) < 60:
            assert not re.search(r"\d$", one.text) or not re.match(r"[\u4e00-\u9fff]", other.text)


@pytest.mark.parametrize(
    "text", ["a" * 5000, "好" * 5000, "a,b" * 1500, "((((" * 1000 + "a", "3" * 5000, "a\u0301" * 2000]
)
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    pieces = cut(text)
    assert time.perf_counter() - start < 2.0
    assert max(seconds(piece.text) for piece in pieces) <= LONGEST
