"""Which messages the rules refuse and why, rule by rule; any text, and any length of it."""

# ruff: noqa: E501 (a table of lines is read as a block)

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.rules.links import has_link
from bot.chat.rules.reasons import SENTENCES, Reason, Rejected, sentence
from bot.messages import Author, ChatMessage, Fragment, FragmentKind, Medal, Role, Worth
from tests.chat.judge import BITS, Judge
from tests.people import MODERATOR, STREAMER, message

EMOTE, MENTION, CHEER = FragmentKind.EMOTE, FragmentKind.MENTION, FragmentKind.CHEER

LINES: list[tuple[dict[str, Any], ChatMessage, str]] = [
    # the defaults let people talk
    *(({}, message(line), "") for line in ("hello", "666", "哈哈哈哈哈哈", "主播晚上好", "1", "草", "привет", "LET'S GOOOO")),
    *(({}, message(line), "") for line in ("a" * 300, "hahahahahahahahahahahahahahahahahahahahahahahahaha", "xD", "?1")),
    *(({}, message(line), "") for line in ("awsl " * 20, "look: https://example.com", "wow!", "！太强了", "hi (all)")),
    # nothing and symbols
    *(({}, message(line), "empty") for line in ("", " ", "\t\n", "\u3000")),
    *(({}, message(line), "symbols only") for line in ("...", "？？？", "?!", "~~~", ":)", "┻━┻", "\u2800", "\u0301")),
    ({}, message(), "empty"),
    # emotes and emoji
    *(({}, message(line), "emotes only") for line in ("👍", "👨‍👩‍👧‍👦", "❤️❤️", "👍🏽!", "🎉 🎉")),
    ({}, message(Fragment("Kappa", EMOTE)), "emotes only"),
    ({}, message(Fragment("Kappa", EMOTE), " ", Fragment("[妙啊]", EMOTE)), "emotes only"),
    ({}, message("nice ", Fragment("Kappa", EMOTE)), ""),
    ({}, message("1️⃣ first"), ""),
    ({"emotes_only": False}, message(Fragment("Kappa", EMOTE)), ""),
    ({"emotes_only": False}, message("👍"), ""),
    ({"emotes_only": False}, message("..."), "symbols only"),
    ({"most_emotes": 2}, message("a", *[Fragment("Kappa", EMOTE)] * 3), "too many emotes"),
    ({"most_emotes": 2}, message("a", *[Fragment("Kappa", EMOTE)] * 2), ""),
    ({"most_emotes": 2}, message("nice 🎉🎉🎉"), "too many emotes"),
    ({"most_emotes": 2}, message("nice 👨‍👩‍👧‍👦👍🏽"), ""),
    # kaomoji
    *(
        ({}, message(line), "kaomoji only")
        for line in ("(ツ)", "¯\\_(ツ)_/¯", "(つ≧▽≦)つ", "T_T", "QAQ", "o_O", ":D", "ヽ(°ロ°)ﾉ", "(´・ω・`)", "Σ(っ°Д°;)っ", ":P :D")
    ),
    *(({}, message(line), "symbols only") for line in ("(╯°□°)╯︵ ┻━┻", "(^_^)", ">_<", "^_^", "-_-")),
    *(({}, message(line), "") for line in ("(笑)", "(lol)", "(5-3)", "好的 T_T", "ok :D", "（草）", "T T", "(a)", "D:", "QA")),
    ({"kaomoji_only": False}, message("T_T"), ""),
    # names
    ({}, message("hi", by=Author("1", "Nightbot", "nightbot")), "bot"),
    ({}, message("hi", by=Author("1", "別名", "streamelements")), "bot"),
    ({}, message("hi", by=Author("1", "ＦＯＳＳＡＢＯＴ")), "bot"),
    ({}, message("hi", by=Author("1", "nightbot_fan", "nightbot_fan")), ""),
    ({"ignore": ("SPAMMER",)}, message("hi", by=Author("1", "Spammer", "spammer")), "ignored"),
    ({"ignore": ("@alice",)}, message("hi"), "ignored"),
    ({"ignore": ("1",)}, message("hi"), "ignored"),
    ({"ignore": ("0", "")}, message("hi", by=Author("0", "", "")), ""),
    ({"ignore": ("小号",)}, message("hi", by=Author("7", "小号")), "ignored"),
    ({"ignore": ("小号",)}, message("hi", by=Author("7", "小号二")), ""),
    ({"ignore": ("alice",)}, message("hi", worth=BITS), "ignored"),
    ({"bots": ()}, message("hi", by=Author("1", "Nightbot", "nightbot")), ""),
    # who is not read may command, but for viewers who are ignored
    ({"ignore": ("streamer",)}, message("!skip", by=STREAMER), "command"),
    ({"ignore": ("streamer",)}, message("hi", by=STREAMER), "ignored"),
    ({"ignore": ("alice",)}, message("!skip"), "ignored"),
    ({"paid_only": True}, message("!voice leo"), "command"),
    ({"roles": ("subscriber",)}, message("!voice leo"), "command"),
    # roles, levels, money
    ({"roles": ("subscriber", "vip")}, message("hi"), "role"),
    ({"roles": ("subscriber", "vip")}, message("hi", by=Author("1", "A", roles=frozenset({Role.VIP}))), ""),
    ({"roles": ("subscriber",)}, message("hi", by=Author("1", "A", roles=frozenset({Role.BROADCASTER}))), ""),
    ({"roles": ("subscriber",)}, message("hi", by=MODERATOR), ""),
    ({"roles": ("subscriber",), "staff_pass": False}, message("hi", by=MODERATOR), "role"),
    ({"roles": ("subscriber",)}, message("hi", worth=BITS), ""),
    ({"roles": ("subscriber",)}, message("hi", worth=Worth(100, "points")), "role"),
    ({"guard_level": 1}, message("hi", source="bilibili"), "level"),
    ({"guard_level": 1}, message("hi"), ""),
    ({"guard_level": 2}, message("hi", source="bilibili", by=Author("1", "A", guard=2)), ""),
    ({"guard_level": 2}, message("hi", source="bilibili", by=Author("1", "A", guard=1)), "level"),
    ({"medal_level": 5}, message("hi", source="bilibili", by=Author("1", "A", medal=Medal("x", 5, True))), ""),
    ({"medal_level": 5}, message("hi", source="bilibili", by=Author("1", "A", medal=Medal("x", 9))), "level"),
    ({"medal_level": 5}, message("hi", source="bilibili", by=Author("1", "A", medal=Medal("x", 4, True))), "level"),
    ({"account_level": 3}, message("hi", source="bilibili", by=Author("1", "A", level=2)), "level"),
    ({"account_level": 3}, message("hi", source="bilibili", by=Author("1", "A", level=3)), ""),
    ({"paid_only": True}, message("hi"), "unpaid"),
    ({"paid_only": True}, message("hi", worth=BITS), ""),
    ({"paid_only": True}, message("hi", worth=Worth(0, "bits")), "unpaid"),
    ({"paid_only": True}, message("hi", by=MODERATOR), ""),
    ({"paid_only": True, "paid_from": 1.0}, message("hi", worth=Worth(99, "bits")), "unpaid"),
    ({"paid_only": True, "paid_from": 1.0}, message("hi", worth=Worth(100, "bits")), ""),
    ({"paid_from": 1.0}, message("!hype", worth=Worth(1, "bits")), "command"),
    # commands, bots' business
    *(({}, message(line), "command") for line in ("!voice leo", "  !skip", "!声音 小美")),
    ({"command_prefix": ""}, message("!skip me"), ""),
    ({"command_prefix": "#"}, message("#x"), "command"),
    ({}, message(Fragment("!", EMOTE), "x"), "command"),
    ({"command_prefix": "#"}, message("!join"), "bot line"),
    ({"command_prefix": "#"}, message("!Play 5"), "bot line"),
    ({"command_prefix": "#"}, message("!playful"), ""),
    *(({}, message(line), "bot line") for line in ("签到", "打卡！", "簽到", "抽獎", "点歌 七里香", "#点歌 晴天", "老板大气！点点红包抽礼物！", "已中奖")),
    *(({}, message(line), "") for line in ("今天签到了吗", "点歌系统怎么用", "打卡上班了", "我昨天抽奖中了", "join us", "排队买票")),
    ({"bot_lines": False}, message("签到"), ""),
    ({"more_bot_lines": ("冲鸭",)}, message("冲鸭!!"), "bot line"),
    ({"more_bot_lines": ("*secret code*",)}, message("my SECRET code 7"), "bot line"),
    ({}, message(Fragment("@Nightbot", MENTION), " thanks"), "bot reply"),
    ({}, message("@nightbot, thanks"), "bot reply"),
    ({}, message("＠Nightbot thanks"), "bot reply"),
    ({}, message(Fragment("@Nightbot_fan", MENTION), " hi"), ""),
    ({}, message("thanks @nightbot"), ""),
    ({"bot_replies": False}, message("@nightbot thanks"), ""),
    # length and seconds
    ({}, message("a b " * 501), "too long"),
    ({"longest": 5}, message("123456"), "too long"),
    ({"longest": 5}, message("12345"), ""),
    ({"longest": 5}, message("123456", worth=BITS), ""),
    ({"longest": 0, "repeats": 0}, message("ab c" * 1000), ""),
    ({"shortest": 2}, message("a!!"), "too short"),
    ({"shortest": 2}, message("ab"), ""),
    ({"shortest": 2}, message("ⓗⓘ"), ""),
    ({"shortest": 3}, message("ⓗⓘ!"), "too short"),
    ({"shortest": 2}, message("ⓗ😀"), "too short"),
    # letters in fancy dress are letters
    *(({}, message(line), "") for line in ("ⓗⓘ", "🅷🅸 ❤", "🄷🄸", "⒣⒤", "𝓱𝓲", "ʰⁱ")),
    ({"emotes_only": False}, message("ⓗⓘ"), ""),
    ({"shortest": 2}, message("a", worth=BITS), ""),
    ({"longest_seconds": 3}, message("x" * 31), "too long"),
    ({"longest_seconds": 3}, message("x" * 30), ""),
    ({"shortest_seconds": 1}, message("x" * 9), "too short"),
    # the same over and over
    ({}, message("buy followers now at my shop " * 8), "repeats"),
    ({}, message("关注主播不迷路，主播带你上高速" * 8), "repeats"),
    ({}, message("buy followers now " * 3), ""),
    ({}, message("哈" * 300), ""),
    ({}, message("2" + "3" * 200), ""),
    ({}, message("lol " * 60), ""),
    ({"repeats": 0}, message("buy followers now at my shop " * 8), ""),
    ({}, message("buy followers now at my shop " * 8, worth=BITS), ""),
    # languages
    ({"languages": ("zh", "en")}, message("привет как дела"), "language"),
    ({"languages": ("zh",)}, message("hello there"), "language"),
    ({"languages": ("zh",)}, message("主播 nice"), ""),
    ({"languages": ("zh",)}, message("666"), ""),
    ({"languages": ("en",)}, message("hi ", Fragment("[妙啊妙啊妙啊]", EMOTE)), ""),
    ({"languages": ("zh", "en", "ja", "ko", "ru", "other")}, message("สวัสดี"), ""),
    # words: whoever pays
    ({}, message("what the f.u.c.k"), "blocked"),
    ({}, message("fuck", worth=BITS), "blocked"),
    ({}, message("fuck", by=MODERATOR), "blocked"),
    ({}, message("fu", "ck"), "blocked"),
    ({}, message("a ", Fragment("傻逼", EMOTE)), "blocked"),
]  # fmt: skip


def test_there_are_enough_lines() -> None:
    assert len(LINES) >= 120


@pytest.mark.parametrize(
    ("settings", "asked", "reason"), LINES, ids=[f"{line.text[:30]!a} {number}" for number, (_, line, _) in enumerate(LINES)]
)  # fmt: skip
def test_line(settings: dict[str, Any], asked: ChatMessage, reason: str) -> None:
    assert Judge(**settings)(asked) == reason


LINKS = [
    *("https://example.com/x", "example.com", "看bilibili.com吧", "www.qun.com", "b23.tv/abc", "discord.gg/abc"),
    *("EXAMPLE.COM", "ｅｘａｍｐｌｅ．ｃｏｍ", "ex\u200bample.com", "x.com:8080", "a@example.com", "ftp://x", "steam://run"),
    *("example (dot) com", "example[.]com", "example dot com", "example。com", "example . com", "example点com", "1.2.3.4:80"),
    *("exаmple.com", "example. com"),
]  # fmt: skip

NO_LINKS = [
    *("hello", "awww... so cute", "node.js", "1.5.2 is out", "hi.this is", "3.5 stars", "10:30", "草www.", "U.S.A."),
    *("nice. gg", "see you. tv later", "no dots", "e.g. this", "v1.2.3.4", "12.5.3.1", "dotted", "。。。"),
]  # fmt: skip


@pytest.mark.parametrize("line", LINKS, ids=ascii)
def test_links(line: str) -> None:
    assert has_link(line)
    assert Judge(links="refuse")(message(line)) == "link"


@pytest.mark.parametrize("line", NO_LINKS, ids=ascii)
def test_no_links(line: str) -> None:
    assert not has_link(line)


def test_every_reason_has_its_sentences() -> None:
    assert set(SENTENCES) == set(Reason)
    assert sentence("blocked", "zh-CN") == "含有屏蔽词"
    assert sentence("elsewhere") == "elsewhere"
    assert Rejected("blocked", "one") == Rejected("blocked", "two")


EVERYTHING: dict[str, Any] = {
    "links": "refuse",
    "languages": ("zh", "en"),
    "shortest": 1,
    "longest": 0,
    "most_emotes": 5,
    "longest_seconds": 30,
    "cooldown": 1,
}


@given(st.text(st.characters(codec=None), max_size=200) | st.text(max_size=200))
def test_any_text(text: str) -> None:
    judge = Judge(**EVERYTHING)
    assert judge(message(text)) in {"", *Reason}
    assert judge(message(text, by=Author(text, text, text), worth=BITS)) in {"", *Reason}


UNITS = [
    "a ",
    "ab",
    "1",
    "(",
    "(a",
    "(´・ω・`)",
    "T_T",
    "👍",
    "👍\u200d",
    ".",
    "a.",
    "a-.",
    "a . ",
    "(dot)",
    "傻 ",
    "@a ",
    "://a",
    "\ud800",
]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_linear(unit: str) -> None:
    def cost(length: int, rule: Callable[[ChatMessage], object]) -> float:
        asked = message((unit * length)[:length])
        begun = time.process_time()
        rule(asked)
        return time.process_time() - begun

    for rule in Judge(**EVERYTHING).rules:
        small, large = (min(cost(length, rule) for _ in range(2)) for length in (50_000, 100_000))
        assert large < 4 * small + 0.05
