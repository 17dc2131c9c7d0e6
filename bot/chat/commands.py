"""Chat commands: which there are, who may use them, and what a line calls; the same on every platform."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from bot.chat.normalize import has_chinese
from bot.chat.rules.authors import viewer_key
from bot.chat.rules.prefix import CommandWords, after_prefix
from bot.config import Commands as CommandSettings
from bot.config import SettingsError
from bot.messages import Author, ChatMessage, Role

_REMEMBERED = 4096  # viewers whose last command is remembered


class Standing(IntEnum):
    """Who may use a command: these, and everyone above."""

    EVERYONE = 0
    SUBSCRIBER = 1
    VIP = 2
    MODERATOR = 3
    BROADCASTER = 4
    NOBODY = 5


def standing(author: Author) -> Standing:
    for role, rank in (
        (Role.BROADCASTER, Standing.BROADCASTER),
        (Role.MODERATOR, Standing.MODERATOR),
        (Role.VIP, Standing.VIP),
        (Role.SUBSCRIBER, Standing.SUBSCRIBER),
    ):
        if role in author.roles:
            return rank
    return Standing.EVERYONE


@dataclass(frozen=True, slots=True)
class Command:
    """`aliases` are other words for it, the first one Chinese; `usage` is what follows the word.

    `unspaced`: how that begins where it follows a Chinese word without a space (a regular expression).
    """

    name: str
    aliases: tuple[str, ...]
    standing: Standing
    usage: str = ""
    usage_zh: str = ""
    unspaced: str = "."

    def word(self, *, chinese: bool) -> str:
        return self.aliases[0] if chinese else self.name


EVERYONE, MODERATOR = Standing.EVERYONE, Standing.MODERATOR

COMMANDS = {
    command.name: command
    for command in (
        Command(
            "voice",
            ("声音", "音色"),
            EVERYONE,
            "NAME | random | default | list",
            "名字 | 随机 | 默认 | 列表",
            unspaced=r"[a-z0-9_-]|(?:随机|默认|列表)$",
        ),
        Command("voices", ("声音列表", "音色列表"), EVERYONE),
        Command("speed", ("语速",), EVERYONE, "0.5-2.0", "0.5-2.0", unspaced=r"\d"),
        Command("callme", ("叫我",), EVERYONE, "NAME", "名字"),
        Command("teach", ("教", "读作"), EVERYONE, "WORD = READING", "词 = 读音", unspaced=".*[=＝]"),
        Command("forget", ("忘记", "忘"), EVERYONE, "WORD", "词"),
        Command("readings", ("读音",), EVERYONE),
        Command("skip", ("跳过", "下一条"), EVERYONE),
        Command("queue", ("队列",), EVERYONE),
        Command("help", ("帮助", "commands"), EVERYONE),
        Command("tts", ("朗读",), MODERATOR, "on | off", "开 | 关", unspaced="(?:on|off|开|关)$"),
        Command("pause", ("暂停",), MODERATOR),
        Command("resume", ("继续",), MODERATOR),
        Command("clear", ("清空",), MODERATOR),
        Command("mute", ("禁言", "静音"), MODERATOR, "VIEWER", "观众"),
        Command("unmute", ("取消禁言", "取消静音"), MODERATOR, "VIEWER", "观众"),
        Command("block", ("屏蔽",), MODERATOR, "WORD | @VIEWER", "词 | @观众"),
        Command("unblock", ("取消屏蔽",), MODERATOR, "WORD | @VIEWER", "词 | @观众"),
        Command("volume", ("音量",), MODERATOR, "0-100", "0-100", unspaced=r"\d"),
    )
}


_BEGINS_SENTENCES = {"忘"}  # "忘带钥匙了": as a command it has a space after it


@dataclass(frozen=True, slots=True)
class Call:
    """A command that may be carried out. `chinese`: it was given by a Chinese word, and is answered so."""

    command: str
    arguments: str
    message: ChatMessage
    standing: Standing
    chinese: bool = False


class Router:
    """Finds the command in a line. Unknown ones, forbidden ones and those that come too soon are no calls.

    Raises SettingsError if the settings name a command that there is not.
    """

    def __init__(self, settings: CommandSettings, prefix: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self.change(settings, prefix)

    def change(self, settings: CommandSettings, prefix: str) -> None:
        """From now on other settings count. SettingsError: as for the first ones; nothing changes."""
        _check("commands.roles", settings.roles)
        _check("commands.aliases", settings.aliases.values())
        self._prefix = prefix
        self._cooldown = settings.cooldown
        self._needed = _needed(settings)
        self._names = _names(settings.aliases)
        self._words = command_words(settings)

    def call(self, message: ChatMessage) -> Call | None:
        """What `message` calls, if it does, and its author may."""
        # What cannot be seen is no argument: some chat programs add it, for Twitch wants no line twice.
        text = "".join(one if one.isprintable() else " " for one in message.text).strip()
        word, arguments = self._words.split(after_prefix(text, self._prefix, self._words))
        if not word:
            return None
        name, own = self._names[word], standing(message.author)
        if own < self._needed[name] or not self._is_time(message, own):
            return None
        return Call(name, arguments, message, own, chinese=has_chinese(word))

    def allowed(self, author: Author) -> list[Command]:
        """The commands that somebody may use."""
        own = standing(author)
        return [command for name, command in COMMANDS.items() if own >= self._needed[name]]

    def _is_time(self, message: ChatMessage, author_standing: Standing) -> bool:
        if author_standing >= Standing.MODERATOR:
            return True
        who = viewer_key(message, message.author)
        now = self._clock()
        if now - self._last.get(who, float("-inf")) < self._cooldown:
            return False
        self._last.pop(who, None)
        self._last[who] = now
        if len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]
        return True


def command_words(settings: CommandSettings) -> CommandWords:
    """The words of all commands. "!清空购物车" clears nothing: only what takes an argument is written so."""
    names, needed = _names(settings.aliases), _needed(settings)
    opening = {
        word: re.compile(COMMANDS[name].unspaced, re.IGNORECASE)
        for word, name in names.items()
        if COMMANDS[name].usage and not word.isascii() and word not in _BEGINS_SENTENCES
    }
    return CommandWords(
        frozenset(names), opening, lambda author, word: standing(author) >= needed[names[word]]
    )


def _needed(settings: CommandSettings) -> dict[str, Standing]:
    """Who may use each command at least."""
    return {
        name: Standing[settings.roles[name].upper()] if name in settings.roles else command.standing
        for name, command in COMMANDS.items()
    }


def _names(aliases: Mapping[str, str]) -> dict[str, str]:
    """Each word in lower case, and the command that it is for."""
    names = {alias.casefold(): command.name for command in COMMANDS.values() for alias in command.aliases}
    names |= {name: name for name in COMMANDS}
    return names | {alias.casefold(): name for alias, name in aliases.items()}


def _check(setting: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in COMMANDS:
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(COMMANDS)}"
            raise SettingsError(f'{setting}: there is no command "{name}"; {hint}', setting)
