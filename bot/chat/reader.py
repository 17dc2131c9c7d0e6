"""Decides what is said of a chat event: a line of speakable text, or a refusal with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.speakable import speakable
from bot.config import Chat, Templates
from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    Gift,
    Interaction,
    Notice,
    Raid,
    Redemption,
    Retraction,
    Subscription,
    SuperChat,
)

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something is not spoken. `reason` is one of a small set, to be counted."""

    reason: str


Rule = Callable[[ChatMessage], Rejected | None]


class Reader:
    """The chat's rules and the streamer's templates, applied to one event at a time; keeps no state."""

    def __init__(self, chat: Chat, templates: Templates) -> None:
        self._chat = chat
        self._templates = templates
        self._rules = rules(chat)

    def read(self, event: ChatEvent) -> str | Rejected:
        """What is to be said of `event`. A retraction is never said."""
        match event:
            case ChatMessage():
                return self._message(event)
            case SuperChat(author=author, text=text) | Redemption(author=author, text=text):
                return self._event(self._templates.message, author, text=text)
            case Gift(author=author, gift=gift, count=count):
                return self._event(self._templates.gift, author, gift=gift, count=str(count))
            case Subscription(author=author, months=months, text=text):
                return self._event(self._templates.subscription, author, months=str(months), text=text)
            case Raid(author=author, viewers=viewers):
                return self._event(self._templates.raid, author, viewers=str(viewers))
            case Notice(text=text, author=author):
                return self._event(self._templates.notice, author, text=text)
            case Interaction():
                return Rejected("not announced")
            case Retraction():
                return Rejected("retraction")

    def _message(self, message: ChatMessage) -> str | Rejected:
        for rule in self._rules:
            if rejected := rule(message):
                return rejected
        text = self._speakable(*message.fragments)
        if not text:
            return Rejected("symbols only" if message.text.strip() else "empty")
        return self._event(self._templates.message, message.author, ready=text)

    def _event(
        self, template: str, author: Author | None, *, ready: str = "", **values: str
    ) -> str | Rejected:
        if not template:
            return Rejected("not announced")
        said = {name: self._speakable(Fragment(value)) for name, value in values.items()}
        if ready:
            said["text"] = ready
        if author:
            said["name"] = self._speakable(Fragment(author.name)) or "?"
        # Values are data: what stands in them is never looked at for fields again.
        text = _FIELD.sub(lambda field: said.get(field[1], ""), template).strip()
        return text if any(character.isalnum() for character in text) else Rejected("symbols only")

    def _speakable(self, *fragments: Fragment) -> str:
        chat = self._chat
        return speakable(fragments, link=chat.link, link_zh=chat.link_zh, limit=chat.max_length)


def rules(chat: Chat) -> list[Rule]:
    """The rules a message must pass, cheapest first."""
    bots = {name.casefold() for name in chat.bots}
    ignored = {name.casefold() for name in chat.ignore}

    def names(message: ChatMessage) -> set[str]:
        return {message.author.login.casefold(), message.author.name.casefold()} - {""}

    def from_bot(message: ChatMessage) -> Rejected | None:
        return Rejected("bot") if bots & names(message) else None

    def from_ignored(message: ChatMessage) -> Rejected | None:
        return Rejected("ignored") if ignored & names(message) else None

    def command(message: ChatMessage) -> Rejected | None:
        prefix = chat.command_prefix
        return Rejected("command") if prefix and message.text.lstrip().startswith(prefix) else None

    return [from_bot, from_ignored, command]
