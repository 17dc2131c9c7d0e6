"""Which messages the rules refuse and why, rule by rule; and what the rules with a memory remember."""

# ruff: noqa: E501 (a table of lines is read as a block)

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.blocklist import Blocklist
from bot.chat.rules.authors import viewer_key
from bot.chat.rules.build import build_rules, with_memory
from bot.chat.rules.crowd import Crowd, First, Joined, same_words_key
from bot.chat.rules.links import has_link
from bot.chat.rules.pace import Share
from bot.chat.rules.reasons import SENTENCES, Merged, Reason, Rejected, Rule, sentence
from bot.chat.rules.settings import RuleSettings
from bot.messages import Author, ChatMessage, Fragment, FragmentKind, Medal, Role, Worth

EMOTE, MENTION, CHEER = FragmentKind.EMOTE, FragmentKind.MENTION, FragmentKind.CHEER
ALICE, BOB = Author("1", "Alice", "alice"), Author("2", "Bob", "bob")
MODERATOR = Author("9", "Mod", "mod", frozenset({Role.MODERATOR}))
BITS = Worth(100, "bits")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def message(
    *parts: str | Fragment,
    author: Author = ALICE,
    worth: Worth | None = None,
    source: str = "twitch",
    id: str = "m",  # noqa: A002
) -> ChatMessage:
    fragments = tuple(part if isinstance(part, Fragment) else Fragment(part) for part in parts)
    return ChatMessage(
        source=source, channel="c", id=id, author=author, fragments=fragments, worth=worth
    )  # fmt: skip


def seconds(text: str) -> float:
    return len(text) / 10


class Judge:
    """The rules of some settings, asked in order."""

    def __init__(self, clock: Clock | None = None, crowd: Crowd | None = None, **settings: Any) -> None:
        self.clock = clock or Clock()
        blocklist = Blocklist(None, self.clock, self.clock, blocked=["fuck", "傻逼"])
        chosen = RuleSettings(**settings)
        self.rules: list[Rule] = build_rules(
            chosen, self.clock, seconds, blocklist, with_memory(chosen, self.clock, seconds, crowd)
        )

    def __call__(self, asked: ChatMessage) -> str:
        rejected = self.why(asked)
        return rejected.reason if rejected else ""

    def why(self, asked: ChatMessage) -> Rejected | None:
        return next((rejected for rule in self.rules if (rejected := rule(asked))), None)


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
    ({}, message("hi", author=Author("1", "Nightbot", "nightbot")), "bot"),
    ({}, message("hi", author=Author("1", "別名", "streamelements")), "bot"),
    ({}, message("hi", author=Author("1", "ＦＯＳＳＡＢＯＴ")), "bot"),
    ({}, message("hi", author=Author("1", "nightbot_fan", "nightbot_fan")), ""),
    ({"ignore": ("SPAMMER",)}, message("hi", author=Author("1", "Spammer", "spammer")), "ignored"),
    ({"ignore": ("@alice",)}, message("hi"), "ignored"),
    ({"ignore": ("1",)}, message("hi"), "ignored"),
    ({"ignore": ("0", "")}, message("hi", author=Author("0", "", "")), ""),
    ({"ignore": ("小号",)}, message("hi", author=Author("7", "小号")), "ignored"),
    ({"ignore": ("小号",)}, message("hi", author=Author("7", "小号二")), ""),
    ({"ignore": ("alice",)}, message("hi", worth=BITS), "ignored"),
    ({"bots": ()}, message("hi", author=Author("1", "Nightbot", "nightbot")), ""),
    # roles, levels, money
    ({"roles": ("subscriber", "vip")}, message("hi"), "role"),
    ({"roles": ("subscriber", "vip")}, message("hi", author=Author("1", "A", roles=frozenset({Role.VIP}))), ""),
    ({"roles": ("subscriber",)}, message("hi", author=Author("1", "A", roles=frozenset({Role.BROADCASTER}))), ""),
    ({"roles": ("subscriber",)}, message("hi", author=MODERATOR), ""),
    ({"roles": ("subscriber",), "staff_pass": False}, message("hi", author=MODERATOR), "role"),
    ({"roles": ("subscriber",)}, message("hi", worth=BITS), ""),
    ({"roles": ("subscriber",)}, message("hi", worth=Worth(100, "points")), "role"),
    ({"guard_level": 1}, message("hi", source="bilibili"), "level"),
    ({"guard_level": 1}, message("hi"), ""),
    ({"guard_level": 2}, message("hi", source="bilibili", author=Author("1", "A", guard=2)), ""),
    ({"guard_level": 2}, message("hi", source="bilibili", author=Author("1", "A", guard=1)), "level"),
    ({"medal_level": 5}, message("hi", source="bilibili", author=Author("1", "A", medal=Medal("x", 5, True))), ""),
    ({"medal_level": 5}, message("hi", source="bilibili", author=Author("1", "A", medal=Medal("x", 9))), "level"),
    ({"medal_level": 5}, message("hi", source="bilibili", author=Author("1", "A", medal=Medal("x", 4, True))), "level"),
    ({"account_level": 3}, message("hi", source="bilibili", author=Author("1", "A", level=2)), "level"),
    ({"account_level": 3}, message("hi", source="bilibili", author=Author("1", "A", level=3)), ""),
    ({"paid_only": True}, message("hi"), "unpaid"),
    ({"paid_only": True}, message("hi", worth=BITS), ""),
    ({"paid_only": True}, message("hi", worth=Worth(0, "bits")), "unpaid"),
    ({"paid_only": True}, message("hi", author=MODERATOR), ""),
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
    ({}, message("fuck", author=MODERATOR), "blocked"),
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


# ------------------------------------------------------------------ memory


def test_cooldown() -> None:
    judge = Judge(cooldown=10, same_words=0)
    assert judge(message("one")) == ""
    assert judge(message("two")) == "cooldown"
    assert judge(message("two", author=BOB)) == ""
    assert judge(message("two", worth=BITS)) == ""
    assert [judge(message(f"m{number}", author=MODERATOR)) for number in range(3)] == ["", "", ""]
    judge.clock.now += 9.9
    assert judge(message("three")) == "cooldown"
    judge.clock.now += 0.1
    assert judge(message("four")) == ""
    assert judge(message("five")) == "cooldown"


def test_a_refused_message_starts_no_cooldown() -> None:
    judge = Judge(cooldown=10)
    assert judge(message("fuck")) == "blocked"
    assert judge(message("hello")) == ""
    judge.clock.now += 5
    assert judge(message("hello", author=BOB)) == "merged"
    assert judge(message("other", author=BOB)) == ""


def test_the_hidden_are_told_apart_by_name() -> None:
    judge = Judge(cooldown=10, same_words=0)
    assert judge(message("one", author=Author("0", "张***"))) == ""
    assert judge(message("two", author=Author("0", "李***"))) == ""
    assert judge(message("three", author=Author("0", "张***"))) == "cooldown"
    assert viewer_key(message("x"), ALICE) != viewer_key(message("x", source="bilibili"), ALICE)


def test_the_same_viewer_again() -> None:
    judge = Judge(same_words=0)
    assert judge(message("Hello!")) == ""
    assert judge(message("hello")) == "repeated"
    assert judge(message("other")) == ""
    judge.clock.now += 29
    assert judge(message("HELLO ...")) == "repeated"  # and the wait begins anew
    judge.clock.now += 29
    assert judge(message("hello")) == "repeated"
    judge.clock.now += 30
    assert judge(message("hello")) == ""


def test_a_crowd_is_merged_into_the_first() -> None:
    crowd = Crowd(10)
    judge = Judge(crowd=crowd)
    assert judge(message("666", id="first")) == ""
    for number in range(2, 6):
        merged = judge.why(
            message("6666 !" * (number % 2) or "６６６", author=Author(str(number), "x"), id="n")
        )
        assert merged == Merged("merged", "", "first", number) or (
            isinstance(merged, Merged) and (merged.into, merged.count) == ("first", number)
        )
    assert crowd.count("first") == 5
    assert judge(message("777", author=BOB)) == ""
    assert judge(message("666", author=BOB, worth=BITS)) == ""
    judge.clock.now += 10
    assert judge(message("666", author=Author("77", "x"), id="second")) == ""
    assert crowd.count("first") == 1


def test_what_is_refused_leads_no_crowd() -> None:
    judge = Judge(cooldown=10)
    assert judge(message("one")) == ""
    assert judge(message("666")) == "cooldown"
    assert judge(message("666", author=BOB)) == ""


def test_crowd_by_itself() -> None:
    crowd = Crowd(10)
    assert crowd.offer("gg", "a", 0, "1") == First()
    assert crowd.offer("GG!", "b", 5, "2") == Joined("1", 2)
    assert crowd.offer("gg", "b", 6, "3") == Joined("1", 2)
    crowd.retract("1")
    assert crowd.offer("gg", "b", 7, "4") == First()
    assert crowd.offer("x" * 201, "a", 7, "5") == First()
    assert crowd.offer("x" * 201, "b", 7, "6") == First()
    assert crowd.count("nobody's") == 1


@pytest.mark.parametrize(
    ("one", "other"), [("666", "666666"), ("哈哈哈", "哈哈哈哈!"), ("Nice", "nice~"), ("太強了", "太强了")]
)
def test_same_words(one: str, other: str) -> None:
    assert same_words_key(one) == same_words_key(other)


@pytest.mark.parametrize(("one", "other"), [("66", "666"), ("good", "god"), ("1-0", "11-0"), ("?", "!")])
def test_other_words(one: str, other: str) -> None:
    assert same_words_key(one) != same_words_key(other)


def test_memory_is_bounded() -> None:
    crowd, clock = Crowd(1e9), Clock()
    judge = Judge(clock, crowd, cooldown=1e9, share=0.5)
    for number in range(12_000):
        judge(message(f"text {number}", author=Author(str(number), "x")))
    assert len(crowd._sayings) <= 1000
    assert crowd.count("m") >= 1


def test_nobody_has_more_than_a_share_while_others_wait() -> None:
    judge = Judge(share=0.5, share_of=20, same_words=0)
    long = "x" * 60  # six seconds
    assert judge(message(long + "1")) == ""
    assert judge(message(long + "2")) == ""  # nobody else is there
    assert judge(message(long + "3")) == ""
    assert judge(message("hi", author=BOB)) == ""
    assert judge(message(long + "4")) == "share"
    assert judge(message(long + "4", worth=BITS)) == ""
    for number in range(3):
        assert judge(message(f"{long}{number}", author=Author(f"b{number}", "x"))) == ""
    assert judge(message("short")) == ""
    judge.clock.now += 61
    assert judge(message(long + "5")) == ""
    assert judge(message(long + "6")) == ""


def test_a_share_is_given_back() -> None:
    share = Share(0.5, 20, seconds, Clock())
    one = message("x" * 90)
    share.heard(one)
    assert share(message("hi", author=BOB)) is None
    assert share(message("y" * 90)) == Rejected("share")
    share.charge(viewer_key(one, ALICE), -9)
    assert share(message("y" * 90)) is None


# ------------------------------------------------------------------ any text, any length

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
    assert judge(message(text, author=Author(text, text, text), worth=BITS)) in {"", *Reason}


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
