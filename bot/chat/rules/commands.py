"""Rules on lines that are meant for a bot: commands, answers to bots, lotteries and other plugins' words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from bot.chat.folding import fold
from bot.chat.rules.authors import Names
from bot.chat.rules.prefix import CommandWords, after_prefix
from bot.chat.rules.reasons import Reason, Rejected, Rule
from bot.messages import ChatMessage, FragmentKind

_LINES = Path(__file__).parent.parent.parent / "data" / "bot_lines.txt"
_ENDS = "!！。.~～ ,，"
_COMMAND = Rejected(Reason.COMMAND)
_REPLY = Rejected(Reason.BOT_REPLY)
_LINE = Rejected(Reason.BOT_LINE)


def command(prefix: str, words: CommandWords, is_paid: Callable[[ChatMessage], bool]) -> Rule:
    """Commands, of this bot or another; of what is paid for, those of this bot that will be carried out.

    So with the full-width prefix, which other bots do not know: "！屏蔽他" of a viewer is read.
    """

    def no_command(message: ChatMessage) -> Rejected | None:
        rest = after_prefix(message.text, prefix, words)
        if not rest:
            return None
        if is_paid(message) or not message.text.lstrip().startswith(prefix):
            word, _ = words.split(rest)
            return _COMMAND if word and words.may(message.author, word) else None
        return _COMMAND

    return no_command


def bot_reply(bots: Names) -> Rule:
    """Lines that begin with a bot's name, as answers do."""

    def reply(message: ChatMessage) -> Rejected | None:
        first = message.fragments[0] if message.fragments else None
        if first is None or not (
            first.kind is FragmentKind.MENTION or first.text.lstrip()[:1] in ("@", "＠")
        ):
            return None
        words = fold(first.text[:100]).removeprefix("@").split(maxsplit=1)
        return _REPLY if words and words[0].rstrip(",:，：") in bots.all else None

    return reply


def bot_line(more: Iterable[str] = ()) -> Rule:
    """The lines of data/bot_lines.txt and `more`: "whole line", "begins*" or "*holds*"."""
    written = [line for line in _LINES.read_text("utf-8").splitlines() if line and line[:2] != "# "]
    whole: set[str] = set()
    begins: set[str] = set()
    holds: list[str] = []
    for line in (*written, *more):
        text = fold(line)
        bare = text.strip("*").strip()
        if not bare:
            continue
        if text.startswith("*"):
            holds.append(bare)
        elif text.endswith("*"):
            begins.add(bare)
        else:
            whole.add(bare.rstrip(_ENDS) or bare)
    longest = max(map(len, begins), default=0)

    def line_for_a_bot(message: ChatMessage) -> Rejected | None:
        text = fold(message.text)
        if text.rstrip(_ENDS) in whole or text in begins:
            return _LINE
        head = text[: longest + 1]
        space = head.find(" ")
        while space > 0:
            if head[:space] in begins:
                return _LINE
            space = head.find(" ", space + 1)
        return _LINE if any(part in text for part in holds) else None

    return line_for_a_bot
