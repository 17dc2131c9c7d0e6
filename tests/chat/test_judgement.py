"""Rules, block list, taught words and normaliser together, as the settings want them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import Router
from bot.chat.judgement import Judgement, rule_settings
from bot.chat.readings import Untaught
from bot.chat.rules.prefix import CommandWords
from bot.chat.rules.reasons import Reason, Rejected
from bot.chat.rules.settings import BOTS, RuleSettings
from bot.config import Settings, load_settings
from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Gift,
    Notice,
    NoticeKind,
    Redemption,
    Subscription,
    SuperChat,
    Viewer,
    Worth,
)
from tests.chat.court import BITS, Court
from tests.people import ALICE, BOB, MODERATOR, SUBSCRIBER, message

NAMED = {"message": "{name}: {text}"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello", "hello"),
        ("666", "six six six"),
        ("主播晚上好", "主播晚上好"),
        ("!voice leo", "-command"),
        ("  !skip", "-command"),
        ("!声音小明", "-command"),
        ("!!! wow", "wow"),
        ("wow!", "wow!"),
        ("what the fuck", "-blocked"),
        ("ＦＵＣＫ", "-blocked"),
        ("f.u.c.k", "-blocked"),
        ("你是傻 逼", "-blocked"),
        ("", "-empty"),
        ("...", "-symbols only"),
        ("\u2800", "-symbols only"),
        ("(・ω・)", "-kaomoji only"),
        ("(╯°□°)╯︵ ┻━┻", "-symbols only"),
        ("👍", "-emotes only"),
        ("xD", "-symbols only"),  # passes the rules, and nothing of it can be said
        ("look https://x.tv/a", "look link"),
        ("buy my stuff " * 20, "-repeats"),
        ("@nightbot hi", "-bot reply"),
    ],
)
def test_lines(line: str, said: str, court: Court) -> None:
    assert court.said(message(line)) == said


def test_a_command_is_a_command_however_it_is_cut_up(court: Court) -> None:
    assert court.said(message(Fragment("!", FragmentKind.EMOTE), "x")) == "-command"


@pytest.mark.parametrize(
    ("author", "said"),
    [
        (Author("1", "Nightbot", "nightbot"), "-bot"),
        (Author("1", "別名", "streamelements"), "-bot"),
        (Author("1", "FOSSABOT"), "-bot"),
        (Author("1", "Mine", "mybot"), "-bot"),
        (Author("1", "Spammer", "spammer"), "-ignored"),
        (Author("1", "小号"), "-ignored"),
        (Author("77", "x"), "-ignored"),
        (Author("1", "小号二"), "hi"),
        (Author("1", "nightbot_fan", "nightbot_fan"), "hi"),
        (Author("1", "", ""), "hi"),  # an empty name in the list is nobody's
    ],
)
def test_authors(author: Author, said: str, tmp_path: Path) -> None:
    court = Court(tmp_path, ignore=["SPAMMER", "小号", "", "77"], bots=["standard", "mybot"])
    assert court.said(message("hi", by=author)) == said
    # Whatever they write: who it is comes first.
    assert court.said(message("!x", by=author)) == (said if said != "hi" else "-command")


@pytest.mark.parametrize(
    ("prefix", "line", "said"),
    [
        ("", "!x", "x"),
        ("#", "!x", "x"),
        ("#", "#x", "-command"),
        ("！", "！跳过", "-command"),
        (".", ".x", "-command"),
    ],
)
def test_command_prefix(prefix: str, line: str, said: str, tmp_path: Path) -> None:
    assert Court(tmp_path, {"command_prefix": prefix}).said(message(line)) == said


def test_the_settings_reach_the_rules() -> None:
    settings = Settings.model_validate(
        {"rules": {"bots": ["standard", "MyBot"], "roles": ["vip"]}, "chat": {"command_prefix": "#"}}
    )
    given = rule_settings(settings)
    assert given.bots == ("MyBot", *BOTS)
    assert given.roles == ("vip",)
    assert given.command_prefix == "#"
    assert {"voice", "声音"} <= given.command_words.whole
    # config.toml's defaults are the rules' own.
    assert replace(rule_settings(Settings()), command_words=CommandWords()) == RuleSettings()


COMMANDS = [
    # (line, a viewer's, a viewer's who pays, a moderator's)
    ("!voice leo", "command", "command", "command"),
    ("!pause please", "command", "", "command"),
    ("!uptime", "command", "", "command"),
    ("!教练我想打篮球", "command", "", "command"),
    ("！声音 leo", "command", "command", "command"),
    ("！屏蔽他", "", "", "command"),
    ("！教练我想打篮球", "", "", ""),
    ("！忘了带钥匙", "", "", ""),
    ("！音量太小了", "", "", ""),
]


@pytest.mark.parametrize(("line", "free", "paid", "staff"), COMMANDS)
def test_what_is_not_carried_out_is_read_where_it_was_meant_to_be(
    line: str, free: str, paid: str, staff: str, tmp_path: Path
) -> None:
    court = Court(tmp_path)
    judged = [
        court.said(one) for one in (message(line), message(line, worth=BITS), message(line, by=MODERATOR))
    ]
    refused = ["command" if one == "-command" else "" for one in judged]
    assert refused == [free, paid, staff]


def test_what_is_paid_is_spared_form_and_never_words(court: Court) -> None:
    for _ in range(2):
        assert court.said(message("again", worth=BITS)) == "Alice: again"
    assert court.said(message("fuck", worth=BITS)) == "-blocked"
    assert court.said(message("...", worth=BITS)) == "Alice:"
    # What looks as if it were for another bot is read if it was paid for.
    assert court.said(message("!hype train", worth=BITS)) == "Alice: hype train"
    assert court.said(message("签到", worth=BITS)) == "Alice: 签到"
    assert court.said(message("@Nightbot look", worth=BITS)) == "Alice: Nightbot look"
    assert court.said(message("!voice leo", worth=BITS)) == "-command"
    assert court.said(message("a b " * 501, worth=BITS)).startswith("Alice: a b")


@pytest.mark.parametrize(
    ("rules", "text", "said"),
    [
        ({"links": "refuse"}, "see www.x.tv/a", "-link"),
        ({"links": "refuse"}, "see you", "Alice: see you"),
        ({"languages": ["en"]}, "晚上好", "-language"),
        ({"languages": ["en"]}, "", "Alice:"),
    ],
)
def test_what_is_typed_with_something_else_is_judged_by_its_words(
    rules: dict[str, Any], text: str, said: str, tmp_path: Path
) -> None:
    event = SuperChat(source="b", channel="c", id="e", author=ALICE, text=text, worth=Worth(30, "CNY"))
    assert Court(tmp_path, **rules).said(event) == said


def test_a_platforms_warning_is_told_in_any_language(tmp_path: Path) -> None:
    warning = Notice(source="b", channel="c", id="e", text="请注意 www.x.cn", kind=NoticeKind.WARNING)
    assert Court(tmp_path, links="refuse", languages=["en"]).said(warning) == "请注意 链接"


@pytest.mark.parametrize(
    "event",
    [
        SuperChat(source="b", channel="c", id="e", author=ALICE, text="傻逼主播", worth=Worth(30, "CNY")),
        Redemption(source="t", channel="c", id="e", author=ALICE, reward="Say", text="f u c k"),
        Subscription(source="t", channel="c", id="e", author=ALICE, text="fuck yes"),
        Notice(source="t", channel="c", id="e", author=MODERATOR, text="fuck"),
    ],
)
def test_words_are_blocked_wherever_they_are_typed(event: ChatEvent, tmp_path: Path) -> None:
    court = Court(tmp_path, templates={"announcement": "{text}"})
    assert court.said(event) == "-blocked"


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Alice", "hi", "Alice: hi"),
        ("xX_Dark_Wolf_Xx", "hi", "Dark Wolf: hi"),
        ("fuck", "hi", "somebody: hi"),
        ("FuckYou", "hi", "somebody: hi"),  # blocked once its words are apart
        ("f.u.c.k", "hi", "somebody: hi"),
        ("傻逼本人", "hi", "somebody: hi"),  # in the template's language
        ("♥♥", "hi", "somebody: hi"),
        ("", "hi", "somebody: hi"),
        ("\u202e\u200b", "hi", "somebody: hi"),
    ],
)
def test_names(name: str, text: str, said: str, tmp_path: Path) -> None:
    court = Court(tmp_path, templates=NAMED)
    assert court.said(message(text, by=Author("1", name))) == said


def test_a_name_that_cannot_be_said_in_a_chinese_sentence(tmp_path: Path) -> None:
    court = Court(tmp_path, templates={"message": "{name}说：{text}"})
    assert court.said(message("hi", by=Author("1", "傻逼本人"))) == "有人说：hi"


def test_nicknames(tmp_path: Path) -> None:
    court = Court(tmp_path, templates=NAMED)
    assert court.read(message("hi"), Viewer("twitch:1", "Alice", "Big Al")) == [
        *("Big Al: hi", "Big: hi", "hi"),
    ]
    # What is blocked after it was chosen is not said any more.
    assert court.judgement.blocked.block("big al", "Mod") is None
    assert court.said(message("ho"), Viewer("twitch:1", "Alice", "Big Al")) == "Alice: ho"


@pytest.mark.parametrize(
    ("name", "said"), [("Big_Al", "Big Al"), ("小明", "小明"), ("fuck", ""), ("♥", ""), ("a傻逼b", "")]
)
def test_a_name_as_it_is_said(name: str, said: str, court: Court) -> None:
    assert court.judgement.reader.name(name) == said


@pytest.mark.parametrize("dressed", ["ⓗⓘ", "🅷🅸", "⒣⒤", "𝓱𝓲", "ＨＩ"])
def test_letters_in_fancy_dress_are_read(dressed: str, court: Court) -> None:
    assert court.said(message(dressed)) == "hi"


# ------------------------------------------------------------------ readings and words


def test_readings_are_applied_for_everybody_or_for_one(court: Court) -> None:
    assert court.judgement.taught.teach("gg", "good game", message("x", by=SUBSCRIBER)) is None
    assert court.judgement.taught.teach("wp", "well done", message("x")) is None
    assert court.said(message("gg wp"), Viewer("twitch:1")) == "good game well done"
    assert court.said(message("gg, wp!", by=BOB), Viewer("twitch:2")) == "-merged"  # it is the same line
    court.clock.now += 10
    assert court.said(message("gg wp", by=BOB), Viewer("twitch:2")) == "good game well played"
    assert court.said(message("eggs"), Viewer("twitch:1")) == "eggs"
    emote = message("so ", Fragment("gg", FragmentKind.EMOTE))
    assert court.said(emote, Viewer("twitch:1")) == "so"  # no text, and no word


def test_readings_that_join_to_a_blocked_word(court: Court) -> None:
    taught = court.judgement.taught
    assert taught.teach("ab", "fu", message("x", by=MODERATOR)) is None
    assert taught.teach("cd", "ck", message("x", by=MODERATOR)) is None
    assert court.said(message("ab")) == "fu"
    assert court.said(message("cd")) == "ck"
    assert court.said(message("ab-cd")) == "-blocked"
    assert court.said(message("c", "d-a", "b")) == "ck-fu"  # cut up by the platform, it is what was typed


@pytest.mark.parametrize(
    ("word", "reading", "typed", "said"),
    [
        ("bz", "B站", "我在bz看的", "我在B站看的"),
        ("cd", "ck", "cd? CD", "ck? ck"),
        ("xx", "hmm", "xx", "hmm"),
        ("yes", "gg", "yes wp", "gg well played"),
        ("aa", "u r NASA xD www", "aa", "u r NASA xD www"),
        ("aa", "PogChamp", "aa aa", "PogChamp PogChamp"),
        ("aa", "orz", "aa", "orz"),
        ("wp", "brb c", "gg wp brb", "G G brb c be right back"),  # what was typed is read as ever
        ("aa", "tl;dr", "aa", "tl;dr"),
        ("aa", "top 3", "aa", "top three"),  # digits are read
        ("aa", "v2", "aa", "V two"),
        ("aa", "第2名", "aa来了", "第二名来了"),
        ("aa", "grrrrrrr", "aa", "grrr"),  # and what repeats is kept short
        ("aa", "café", "at the aa", "at the café"),
        ("aa", "\U00010428\U00010429", "hi aa", "hi"),
        ("aa", "ck", "aa \U0001042e\U0001043c\U0001042a\U00010432", "ck"),  # nor can it be typed
        ("luc", "look", "lucx xluc luc", "lucx xluc look"),
        ("g", "gee", "gg g", "G G gee"),
    ],
)
def test_a_taught_reading_is_said_as_it_was_taught(
    word: str, reading: str, typed: str, said: str, court: Court
) -> None:
    assert court.judgement.taught.teach(word, reading, message("x", by=MODERATOR)) is None
    assert court.said(message(typed)) == said


def test_the_longest_taught_word_is_said_as_it_was_taught(court: Court) -> None:
    for word, reading in (("rn", "rn"), ("rn now", "nw")):
        assert court.judgement.taught.teach(word, reading, message("x", by=MODERATOR)) is None
    assert court.said(message("rn now rn")) == "nw rn"


@pytest.mark.parametrize(("word", "reading"), [("x", "fuck"), ("fuck", "x"), ("x", "ｆ.ｕ.ｃ.ｋ")])
def test_a_blocked_word_cannot_be_taught(word: str, reading: str, court: Court) -> None:
    refused = court.judgement.taught.teach(word, reading, message("x", by=MODERATOR))
    assert isinstance(refused, Untaught)
    assert refused.reason == "blocked"


def test_what_moderators_block_counts_at_once(court: Court) -> None:
    assert court.said(message("pineapple on pizza")) == "pineapple on pizza"
    assert court.judgement.blocked.block("pineapple", "Mod") is None
    assert court.said(message("more PINEAPPLE")) == "-blocked"
    assert court.judgement.blocked.unblock("pineapple", "Mod") is None
    assert court.said(message("more pineapple!")) == "more pineapple!"


def test_an_edited_file_counts_a_second_later(court: Court, tmp_path: Path) -> None:
    (tmp_path / "blocklist.txt").write_text("mango\n+fuck\n")
    court.clock.now += 1
    assert court.said(message("mango")) == "-blocked"
    assert court.said(message("fuck")) == "fuck"


@pytest.mark.parametrize("typed", ["！声音 leo", "!声音 leo", "  ！voice leo"])
def test_a_full_width_mark_is_the_prefix_too(typed: str) -> None:
    settings = load_settings({}, None)
    judgement = Judgement(settings, None, lambda: 0.0, lambda text: 1.0)
    router = Router(settings.commands, "!", lambda: 0.0)
    message = ChatMessage(
        source="bilibili", channel="1", id="1", author=Author("1", "A"), fragments=(Fragment(typed),)
    )
    assert judgement.reader.judge(message) == Rejected(Reason.COMMAND)
    called = router.call(message)
    assert called
    assert (called.command, called.arguments) == ("voice", "leo")


def test_nothing_is_said_of_the_ignored_and_of_bots_gifts_included() -> None:
    judgement = Judgement(load_settings({"rules.ignore": "Bob"}, None), None, lambda: 0.0, lambda text: 1.0)
    for name, reason in (("Bob", Reason.IGNORED), ("Nightbot", Reason.BOT)):
        gift = Gift(source="twitch", channel="c", id="1", author=Author("1", name), gift="rose")
        assert judgement.reader.judge(gift) == Rejected(reason)
    other = Gift(source="twitch", channel="c", id="1", author=Author("2", "Alice"), gift="rose")
    assert judgement.reader.judge(other) is None
