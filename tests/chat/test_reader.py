"""What is said of a chat line, and why not: lines as people type them, then templates. No rules here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from bot.chat.reader import Reader
from bot.chat.readings import Matcher
from bot.chat.rules.reasons import Rejected
from bot.config import Chat, SettingsError, Templates
from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Event,
    Fragment,
    FragmentKind,
    Gift,
    Interaction,
    InteractionKind,
    Notice,
    Raid,
    Reading,
    Redemption,
    Retraction,
    RetractionScope,
    Subscription,
    SuperChat,
    Worth,
)

EMOTE, MENTION, CHEER = FragmentKind.EMOTE, FragmentKind.MENTION, FragmentKind.CHEER
ALICE = Author("1", "Alice", "alice")
SYMBOLS = Rejected("symbols only")


def message(*parts: str | Fragment, author: Author = ALICE) -> ChatMessage:
    fragments = tuple(part if isinstance(part, Fragment) else Fragment(part) for part in parts)
    return ChatMessage(source="twitch", channel="c", id="m", author=author, fragments=fragments)


def read(event: ChatEvent, templates: Templates | None = None, **chat: object) -> str | Rejected:
    said = Reader(Chat.model_validate(chat), templates or Templates()).read(event)
    return said if isinstance(said, Rejected) else said[0]


LINES: list[tuple[str, str | Rejected]] = [
    # plain talk
    ("hello", "hello"),
    ("LET'S GOOOO", "let's go"),
    ("gg wp, well played!", "G G well played, well played!"),
    ("I'm at 3.5 stars by 10:30", "I'm at three point five stars by ten thirty"),
    ("50% off + tax", "fifty percent off plus tax"),
    ("$100 for you", "one hundred dollars for you"),
    ("主播晚上好，今天播到几点呀？", "主播晚上好，今天播到几点呀？"),
    ("大家好 I'm new here, 请问 this game 叫什么名字？", "大家好 I'm new here, 请问 this game 叫什么名字？"),
    ("2333333", "hahaha"),
    ("666", "six six six"),
    ("哈哈哈哈哈哈", "哈哈哈"),
    ("躲！！！", "躲！"),
    ("！太强了", "太强了"),
    ("Tiếng Việt", "Tiếng Việt"),
    ("e\u0302\u0301", "ế"),  # decomposed, as macOS types it
    ("привет, как дела?", "привет, как дела?"),
    ("こんにちは、元気？", "こんにちは、元気？"),
    ("안녕하세요", "안녕하세요"),
    ("สวัสดี", "สวัสดี"),
    ("नमस्ते", "नमस्ते"),
    ("مرحبا بالعالم", "مرحبا بالعالم"),
    ("שלום", "שלום"),
    ("  spaced \t out  ", "spaced out"),
    # links
    ("look: https://example.com/watch?v=1&t=2", "look: link"),
    ("看https://x.tv/a很好", "看 链接 很好"),
    ("看bilibili.com吧", "看 链接 吧"),
    ("我的群www.qun.com加入", "我的群 链接 加入"),
    ("b23.tv/abc 快看", "链接 快看"),
    ("https://a.com https://b.com", "link link"),
    ("www.twitch.tv/foo", "link"),
    ("discord.gg/abc", "link"),
    ("EXAMPLE.COM", "link"),
    ("x.com:8080/path", "link"),
    ("my_site.com", "my link"),
    ("x.tvhttps://y.tv", "link link"),  # pasted twice
    ("mail user_1@example.com please", "mail link please"),
    ("https://ex\u200bample.com", "link"),
    ("awww... so cute", "aw, so cute"),
    ("awwww.so cute", "aw.so cute"),
    ("草www.", "草哈哈哈."),
    ("node.js rocks", "node dot J S rocks"),
    ("1.5.2 is out", "one point five point two is out"),
    ("hi.this is", "hi.this is"),
    # markup and what terminals do
    ("<b>bold</b> text", "b bold b text"),
    ("<script>alert('x')</script>", "script alert x script"),
    ("`code` **bold** ~~no~~", "code bold no"),
    ("[[phonemes]]", "phonemes"),
    ("{name} {0.__class__}", "name zero. class"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("line1\r\nline2\u2028line3\x85line4", "line one line two line three line four"),
    ("nul\x00 bell\x07", "nul bell"),
    ("【公告】今晚八点", "公告 今晚八点"),
    ("《原神》启动", "原神 启动"),
    # what only looks
    ("\u202egnp.exe\u202c", "G N P dot exe"),
    ("ab\u200bc\ufeff", "A B C"),
    ("Z\u0351\u036b\u0343\u036a\u0302A\u0334\u0335\u031cL", "Z A L"),
    ("\u0301\u0301\u0301", SYMBOLS),
    ("ＨＥＬＬＯ　３倍", "hello 三倍"),
    ("𝓗𝓮𝓵𝓵𝓸 𝟙𝟚", "Hello twelve"),
    ("葛\U000e0100", "葛"),
    ("한\u3164글", "한글"),
    ("\u3164\u3164", SYMBOLS),
    ("\u2800", SYMBOLS),
    ("private \ue000 use", "private use"),
    ("\ud800 lone \udc00", "lone"),
    ("a\ud83d\ude00b", "a b"),  # a pair that is an emoji
    # symbols
    ("...", SYMBOLS),
    ("？？？", SYMBOLS),
    ("！！！", SYMBOLS),
    ("~~~", SYMBOLS),
    (":)", SYMBOLS),
    ("(╯°□°)╯︵ ┻━┻", SYMBOLS),
    ("¯\\_(ツ)_/¯", SYMBOLS),
    ("T_T", SYMBOLS),
    ("xD", SYMBOLS),
    ("👨‍👩‍👧‍👦", SYMBOLS),
    ("❤️❤️", SYMBOLS),
    ("1️⃣ first", "one first"),
    ("👍🏽 nice 🇨🇳", "nice"),
    # nothing
    ("", Rejected("empty")),
    (" \t\n", Rejected("empty")),
    # commands are for the rules
    ("!voice leo", "voice leo"),
    ("wow!", "wow!"),
    ("/me waves", "me waves"),
]


def test_there_are_enough_lines() -> None:
    assert len(LINES) >= 60
    assert len({line for line, _ in LINES}) == len(LINES)


@pytest.mark.parametrize(("line", "said"), LINES, ids=[ascii(line) for line, _ in LINES])
def test_line(line: str, said: str | Rejected) -> None:
    assert read(message(line)) == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((Fragment("@linxi_plays", MENTION), " hi"), "linxi plays hi"),
        (("much better ", Fragment("Pog", EMOTE)), "much better"),
        (("a", Fragment("Kappa", EMOTE), "b"), "a b"),
        ((Fragment("LUL", EMOTE), " ", Fragment("LUL", EMOTE)), SYMBOLS),
        ((Fragment("Cheer100", CHEER), " well done"), "well done"),
        (("小鱼干大气！", Fragment("[妙啊]", EMOTE)), "小鱼干大气！"),
        (("exam", "ple.com"), "link"),
        ((), Rejected("empty")),
    ],
)
def test_fragments(parts: tuple[str | Fragment, ...], said: str | Rejected) -> None:
    assert read(message(*parts)) == said


@pytest.mark.parametrize("word", ["a web page", "", "\\1", "\\g<0>", "{text}", "x.com"])
def test_the_link_word_is_the_streamers(word: str) -> None:
    shown = {"\\1": "one", "\\g<0>": "g zero", "{text}": "text"}.get(word, word)
    assert read(message("see https://x.tv now"), link=word) == " ".join(f"see {shown} now".split())


def test_a_long_message_is_cut_at_a_word() -> None:
    said = read(message("alpha beta gamma delta " * 3 + "more"), max_length=52)
    assert said == "alpha beta gamma delta alpha beta gamma delta alpha"
    assert read(message("甲乙丙丁戊己庚辛壬癸"), max_length=7) == "甲乙丙丁戊己庚"


def event(kind: str, /, **fields: object) -> ChatEvent:
    base = {"source": "twitch", "channel": "c", "id": "e", "author": Author("1", "Bob")}
    classes: dict[str, type[Event]] = {
        "gift": Gift,
        "sub": Subscription,
        "raid": Raid,
        "notice": Notice,
        "super chat": SuperChat,
        "redemption": Redemption,
        "follow": Interaction,
    }
    return cast("ChatEvent", classes[kind](**{**base, **fields}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("happening", "said"),
    [
        (event("gift", gift="小花花", count=10, worth=Worth(1, "CNY")), "Bob: 十 小花花"),
        (event("sub", months=3, text="love it https://x.tv"), "Bob subscribed, month three. love it link"),
        (event("sub", months=1), "Bob subscribed, month one."),
        (event("raid", viewers=42), "Bob raids with forty-two viewers"),
        (event("notice", text="hi"), Rejected("not announced")),
        (event("super chat", text="主播加油 x.tv", worth=Worth(30, "CNY")), "Bob: 主播加油 链接"),
        (event("super chat", text="🎉🎉", worth=Worth(30, "CNY")), "Bob:"),  # who paid is named at least
        (event("redemption", reward="Hydrate", text="drink!"), "Bob: drink!"),
        (event("redemption", reward="Hydrate"), Rejected("empty")),
        (event("follow", kind=InteractionKind.FOLLOW), Rejected("not announced")),
        (event("gift", gift="♥", author=Author("1", "☆☆")), "somebody: one"),
    ],
)  # fmt: skip
def test_default_templates(happening: ChatEvent, said: str | Rejected) -> None:
    assert read(happening) == said


def test_a_retraction_is_never_said() -> None:
    retraction = Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.ALL)
    assert read(retraction) == Rejected("retraction")


@pytest.mark.parametrize(
    ("template", "happening", "said"),
    [
        ({"message": "{name} says: {text}"}, message("hi"), "Alice says: hi"),
        ({"message": "{text} {text}"}, message("hi"), "hi hi"),
        ({"message": ""}, message("hi"), Rejected("not announced")),
        ({"raid": ""}, event("raid", viewers=1), Rejected("not announced")),
        ({"announcement": "{text}"}, event("notice", text="hi"), "hi"),
        ({"announcement": "{text}"}, event("notice", text="...", author=None), Rejected("symbols only")),
        ({"subscription": "{name} subscribed! {text}"}, event("sub"), "Bob subscribed!"),
        ({"redemption": "{name} wants a song {text}"}, event("redemption", reward="r"), "Bob wants a song"),
        ({"message": "{name}: {text}"}, message("x", author=Author("1", "♥♥")), "somebody: x"),
        ({"message": "{name}说{text}"}, message("x", author=Author("1", "♥♥")), "有人说x"),
    ],
)
def test_templates(template: dict[str, str], happening: ChatEvent, said: str | Rejected) -> None:
    assert read(happening, Templates.model_validate(template)) == said


@pytest.mark.parametrize(
    "value", ["{text}", "{name}", "{0.__class__}", "{text.__class__}", "%s", "\\1", "{{"]
)
def test_values_in_templates_are_data(value: str) -> None:
    templates = Templates(message="{name} says {text}", gift="{name} gives {gift}")
    plain = Templates(message="{text}")
    spoken = read(message(f"a {value} b"), plain)
    assert isinstance(spoken, str)
    named = message("words", author=Author("1", f"a {value} b"))
    name = read(named, Templates(message="{name}"))
    assert read(named, templates) == f"{name} says words"
    assert read(message(f"a {value} b"), templates) == f"Alice says {spoken}"
    gift = event("gift", gift=f"a {value} b", author=Author("1", "{gift}"))
    assert read(gift, templates) == f"gift gives {spoken}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"\xff\xfe", "cannot be read ("),
    ],
)
def test_a_lexicon_that_cannot_be_read_is_a_sentence(
    content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "words.tsv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(f"chat.lexicon: {file} {sentence}")):
        Reader(Chat(lexicon=str(file)), Templates())


def test_the_streamers_own_words(tmp_path: Path) -> None:
    file = tmp_path / "words.tsv"
    file.write_text("xqc\t叉Q\tx Q C\n", "utf-8")
    assert read(message("go xqc"), lexicon=str(file)) == "go x Q C"


def test_one_reader_reads_many_and_keeps_nothing() -> None:
    reader = Reader(Chat(), Templates())
    once = [reader.read(message(line)) for line, _ in LINES]
    assert [reader.read(message(line)) for line, _ in reversed(LINES)] == once[::-1]


def test_a_taught_word_that_a_platform_has_cut_in_two() -> None:
    reading = Reading("rtfm", "read the manual", "", "Mod", 0.0)
    reader = Reader(Chat(), Templates(), taught=lambda text, viewer: Matcher([reading]).parts(text))
    assert reader.read(message("please rt", "fm now")) == ["please read the manual now"]
    assert reader.read(message("rt", Fragment("Kappa", EMOTE), "fm")) == reader.read(message("rt fm"))
