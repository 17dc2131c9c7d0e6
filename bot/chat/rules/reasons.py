"""Why something is not spoken: a short stable word to count, and a sentence for people in two languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.messages import ChatMessage


class Reason(StrEnum):
    BOT = "bot"
    IGNORED = "ignored"
    ROLE = "role"
    LEVEL = "level"
    UNPAID = "unpaid"
    COMMAND = "command"
    BOT_REPLY = "bot reply"
    BOT_LINE = "bot line"
    EMPTY = "empty"
    SYMBOLS = "symbols only"
    KAOMOJI = "kaomoji only"
    EMOTES = "emotes only"
    MANY_EMOTES = "too many emotes"
    SHORT = "too short"
    LONG = "too long"
    REPEATS = "repeats"
    LINK = "link"
    LANGUAGE = "language"
    BLOCKED = "blocked"
    COOLDOWN = "cooldown"
    SHARE = "share"
    REPEATED = "repeated"
    MERGED = "merged"
    # Not of the rules, but of those who ask them.
    MUTED = "muted"
    HELD = "held"
    OFF = "off"
    NOT_ANNOUNCED = "not announced"
    RETRACTION = "retraction"


# Reason -> (English, Chinese)
SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.MUTED: ("a moderator has muted its writer", "发送者被房管禁言"),
    Reason.HELD: ("it was paid for, and its writer is blocked", "付费消息，发送者被屏蔽"),
    Reason.OFF: ("reading aloud is turned off", "朗读已关闭"),
    Reason.BOT: ("written by a bot", "机器人发的"),
    Reason.IGNORED: ("its writer is on the ignore list", "发送者在忽略名单里"),
    Reason.ROLE: ("its writer has none of the roles that are read", "发送者没有可朗读的身份"),
    Reason.LEVEL: ("its writer's level is too low", "发送者等级不够"),
    Reason.UNPAID: ("only paid messages are read", "只朗读付费消息"),
    Reason.COMMAND: ("a command", "指令"),
    Reason.BOT_REPLY: ("addressed to a bot", "回复机器人的"),
    Reason.BOT_LINE: ("meant for a bot or a lottery", "抽奖口令或机器人指令"),
    Reason.EMPTY: ("there is nothing in it", "内容为空"),
    Reason.SYMBOLS: ("symbols alone", "只有符号"),
    Reason.KAOMOJI: ("emoticons alone", "只有颜文字"),
    Reason.EMOTES: ("emotes alone", "只有表情"),
    Reason.MANY_EMOTES: ("too many emotes", "表情太多"),
    Reason.SHORT: ("too short", "太短"),
    Reason.LONG: ("too long", "太长"),
    Reason.REPEATS: ("the same thing over and over", "内容反复重复"),
    Reason.LINK: ("there is a link in it", "含有链接"),
    Reason.LANGUAGE: ("in a language that is not read", "不朗读这种语言"),
    Reason.BLOCKED: ("there is a blocked word in it", "含有屏蔽词"),
    Reason.COOLDOWN: ("its writer was read a moment ago", "发送者刚刚说过，冷却中"),
    Reason.SHARE: ("its writer has had a large share of late", "发送者最近占用太多时间"),
    Reason.REPEATED: ("its writer has said it already", "发送者刚说过同样的话"),
    Reason.MERGED: ("said together with others' same words", "与他人相同的内容已合并"),
    Reason.NOT_ANNOUNCED: ("this kind of event is not announced", "此类事件不播报"),
    Reason.RETRACTION: ("it takes something back", "撤回"),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something is not spoken. `reason` is one of Reason, to be counted; `detail` is for the streamer."""

    reason: str
    detail: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Merged(Rejected):
    """Not spoken by itself: others said it first, in the message `into`; `count` people have, with this."""

    into: str = ""  # the id of the event that was let through
    count: int = 0


Rule = Callable[[ChatMessage], Rejected | None]


def sentence(reason: str, language: str = "en") -> str:
    """What `reason` means, for people; the reason itself if it is of another part of the bot."""
    try:
        english, chinese = SENTENCES[Reason(reason)]
    except ValueError:
        return reason
    return chinese if language.startswith("zh") else english
