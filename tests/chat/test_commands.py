"""Which lines call which command, by whom they may be given, and how often."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.chat.commands import COMMANDS, Router, Standing, standing
from bot.config import Commands, SettingsError
from bot.messages import Author, Fragment, FragmentKind, Role
from tests.people import ALICE, BOB, MODERATOR, STREAMER, SUBSCRIBER, VIP, Clock, message


def router(clock: Clock | None = None, prefix: str = "!", **settings: Any) -> Router:
    return Router(Commands.model_validate(settings), prefix, clock or Clock())


def called(line: str, by: Author = MODERATOR, **settings: Any) -> tuple[str, str] | None:
    call = router(**settings).call(message(line, by=by))
    return (call.command, call.arguments) if call else None


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("!voice", ("voice", "")),
        ("!voice leo", ("voice", "leo")),
        ("  !VOICE   leo  ", ("voice", "leo")),
        ("!voice\tleo", ("voice", "leo")),
        ("!voice\u3000leo", ("voice", "leo")),
        ("!voice\u00a0leo", ("voice", "leo")),
        ("!voice leo \U000e0000", ("voice", "leo")),  # a chat program's way around "no line twice"
        ("!skip \u200b", ("skip", "")),
        ("!callme  Big   Al", ("callme", "Big   Al")),
        ("!teach gg = good game", ("teach", "gg = good game")),
        ("!commands", ("help", "")),
        # Chinese words, with and without a space
        ("!声音 小明", ("voice", "小明")),
        ("!声音leo", ("voice", "leo")),
        ("!声音", ("voice", "")),
        ("!声音列表", ("voices", "")),
        ("!声音列表 ", ("voices", "")),
        ("!音色random", ("voice", "random")),
        ("!语速1.5", ("speed", "1.5")),
        ("!叫我阿明", ("callme", "阿明")),
        ("!教gg=good game", ("teach", "gg=good game")),
        ("!忘记gg", ("forget", "gg")),
        ("!取消禁言 小明", ("unmute", "小明")),
        ("!取消屏蔽坏词", ("unblock", "坏词")),
        ("!音量50%", ("volume", "50%")),
        ("!朗读关", ("tts", "关")),
        # … which only what takes an argument is written with
        ("!继续加油", None),
        ("!清空购物车", None),
        ("!清空 全部", ("clear", "全部")),
        ("!教练我想打篮球", None),
        ("!教 练", ("teach", "练")),
        ("!读作者的话", None),
        ("!读作gg＝good game", ("teach", "gg＝good game")),
        ("!忘了带钥匙", None),
        ("!忘 gg", ("forget", "gg")),
        ("!声音太小了", None),
        ("!声音默认", ("voice", "默认")),
        ("!语速太快了", None),
        ("!音量太小了", None),
        ("!朗读开始了吗", None),
        # no calls
        ("", None),
        ("!", None),
        ("! ", None),
        ("voice leo", None),
        ("hey !voice leo", None),
        ("!voicex", None),
        ("!voice小明", None),
        ("!uptime", None),
        ("!../../x", None),
        ("!{command}", None),
        ("!" + "声" * 5000, None),
        ("#voice", None),
    ],
)
def test_what_a_line_calls(line: str, call: tuple[str, str] | None) -> None:
    assert called(line) == call


def test_every_command_is_called_by_its_name_and_by_every_alias() -> None:
    for command in COMMANDS.values():
        for word in (command.name, *command.aliases):
            assert called(f"!{word} x") == (command.name, "x")


def test_no_word_is_for_two_commands() -> None:
    words = [word for command in COMMANDS.values() for word in (command.name, *command.aliases)]
    assert len(words) == len(set(words))


def test_a_line_is_the_same_however_it_is_cut_up() -> None:
    parts = ("!vo", Fragment("ice", FragmentKind.EMOTE), " ", Fragment("@Bob", FragmentKind.MENTION))
    call = router().call(message(*parts))
    assert call
    assert (call.command, call.arguments) == ("voice", "@Bob")


@pytest.mark.parametrize(
    ("line", "chinese"),
    [("!voice 小明", False), ("!声音 leo", True), ("!声音leo", True), ("!größe 1", False), ("!голос", False)],
)
def test_it_is_answered_in_the_language_of_its_word(line: str, chinese: bool) -> None:
    call = router(aliases={"größe": "volume", "голос": "voice"}).call(message(line, by=MODERATOR))
    assert call
    assert call.chinese is chinese


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize(
    ("author", "rank"),
    [
        (ALICE, Standing.EVERYONE),
        (Author("1", "x", roles=frozenset({Role.FOLLOWER})), Standing.EVERYONE),
        (SUBSCRIBER, Standing.SUBSCRIBER),
        (VIP, Standing.VIP),
        (MODERATOR, Standing.MODERATOR),
        (STREAMER, Standing.BROADCASTER),
        (Author("1", "x", roles=frozenset({Role.SUBSCRIBER, Role.MODERATOR})), Standing.MODERATOR),
    ],
)
def test_standing(author: Author, rank: Standing) -> None:
    assert standing(author) is rank


EVERYONES = {"voice", "voices", "speed", "callme", "teach", "forget", "readings", "skip", "queue", "help"}


@pytest.mark.parametrize("by", [ALICE, SUBSCRIBER, VIP, MODERATOR, STREAMER])
def test_what_each_may_by_default(by: Author) -> None:
    may = {name for name in COMMANDS if called(f"!{name}", by)}
    assert may == (set(COMMANDS) if standing(by) >= Standing.MODERATOR else EVERYONES)
    assert {command.name for command in router().allowed(by)} == may


@pytest.mark.parametrize(
    ("needed", "may"),
    [
        ("everyone", [ALICE, SUBSCRIBER, VIP, MODERATOR, STREAMER]),
        ("subscriber", [SUBSCRIBER, VIP, MODERATOR, STREAMER]),
        ("vip", [VIP, MODERATOR, STREAMER]),
        ("moderator", [MODERATOR, STREAMER]),
        ("broadcaster", [STREAMER]),
        ("nobody", []),
    ],
)
def test_the_streamer_says_who_may(needed: str, may: list[Author]) -> None:
    everybody = [ALICE, SUBSCRIBER, VIP, MODERATOR, STREAMER]
    assert [by for by in everybody if called("!volume 5", by, roles={"volume": needed})] == may
    asked = router(roles={"volume": needed})
    assert [by for by in everybody if COMMANDS["volume"] in asked.allowed(by)] == may


# ------------------------------------------------------------------ how often


def test_a_viewer_waits_between_commands_and_moderators_do_not() -> None:
    clock = Clock()
    one = router(clock, cooldown=3)
    assert one.call(message("!voice a"))
    assert not one.call(message("!speed 1"))
    assert one.call(message("!voice a", by=BOB))
    assert all(one.call(message("!voice a", by=MODERATOR)) for _ in range(3))
    clock.now += 2.9
    assert not one.call(message("!voice a"))
    clock.now += 0.1
    assert one.call(message("!voice a"))


def test_what_is_no_call_costs_no_wait() -> None:
    one = router(cooldown=3)
    for line in ("hello", "!uptime", "!volume 0"):
        assert not one.call(message(line))
    assert one.call(message("!voice"))


def test_no_wait_at_all() -> None:
    one = router(cooldown=0)
    assert all(one.call(message("!voice")) for _ in range(3))


def test_the_wait_is_each_persons_own_also_where_ids_are_hidden() -> None:
    one = router(cooldown=3)
    for source, by in (
        ("twitch", Author("0", "甲")),
        ("bilibili", Author("0", "甲")),
        ("bilibili", Author("0", "乙")),
    ):
        assert one.call(message("!voice", by=by, source=source))
        assert not one.call(message("!voice", by=by, source=source))


def test_the_memory_of_who_waits_is_bounded() -> None:
    one = router(cooldown=3)
    for number in range(5000):
        assert one.call(message("!voice", by=Author(str(number), "x")))
    assert len(one._last) == 4096
    assert not one.call(message("!voice", by=Author("4999", "x")))


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("prefix", "line", "call"),
    [
        ("#", "#voice leo", ("voice", "leo")),
        ("#", "!voice leo", None),
        ("！", "！声音leo", ("voice", "leo")),
        ("bot ", "bot voice leo", ("voice", "leo")),
        (".", ".voice", ("voice", "")),
        ("", "voice leo", None),  # no prefix: no commands
    ],
)
def test_prefix(prefix: str, line: str, call: tuple[str, str] | None) -> None:
    found = router(prefix=prefix).call(message(line))
    assert (found and (found.command, found.arguments)) == call


@pytest.mark.parametrize(
    ("aliases", "line", "call"),
    [
        ({"stimme": "voice"}, "!stimme leo", ("voice", "leo")),
        ({"Stimme": "voice"}, "!STIMME leo", ("voice", "leo")),
        ({"stimme": "voice"}, "!voice leo", ("voice", "leo")),
        ({"说话": "tts"}, "!说话开", ("tts", "开")),
        ({"skip": "clear"}, "!skip", ("clear", "")),  # the streamer has the last word
        ({"教": "help"}, "!教", ("help", "")),
    ],
)
def test_aliases(aliases: dict[str, str], line: str, call: tuple[str, str]) -> None:
    assert called(line, aliases=aliases) == call


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"roles": {"callmee": "nobody"}},
            'commands.roles: there is no command "callmee"; did you mean "callme"?',
        ),
        ({"aliases": {"x": "voise"}}, 'commands.aliases: there is no command "voise"; did you mean "voice"?'),
        (
            {"aliases": {"x": "qqqqq"}},
            'commands.aliases: there is no command "qqqqq"; there are voice, voices, ',
        ),
        ({"roles": {"!voice": "vip"}}, 'commands.roles: there is no command "!voice"; did you mean "voice"?'),
    ],
)
def test_a_misspelt_command_in_the_settings_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        router(**settings)
