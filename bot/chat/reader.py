"""Decides what is said of a chat event: its wordings from the fullest to the shortest, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.speakable import speakable
from bot.chat.templates import fields_of, is_all_text, short_name, template_for, text_of, wordings
from bot.config import Chat, Templates
from bot.messages import ChatEvent, ChatMessage, Fragment, Retraction, Viewer, author_of


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

    def judge(self, event: ChatEvent) -> Rejected | None:
        """Whether the rules refuse an event, before anything is made of its words."""
        if isinstance(event, Retraction):
            return Rejected("retraction")
        if isinstance(event, ChatMessage):
            if rejected := next((refused for rule in self._rules if (refused := rule(event))), None):
                return rejected
        return None

    def read(self, event: ChatEvent, viewer: Viewer | None = None) -> list[str] | Rejected:
        """What is to be said of `event`, in full and in fewer words."""
        if rejected := self.judge(event):
            return rejected
        if isinstance(event, ChatMessage) and self.is_command(event):
            return Rejected("command")
        template = template_for(self._templates, event)
        if not template:
            return Rejected("not announced")
        fields = {name: self.speakable(Fragment(value)) for name, value in fields_of(event).items()}
        if isinstance(event, ChatMessage):
            fields["text"] = self.speakable(*event.fragments)
            if not fields["text"]:
                return Rejected("symbols only" if event.text.strip() else "empty")
        else:
            fields["text"] = self.speakable(Fragment(text_of(event)))
            if not fields["text"] and is_all_text(template):
                return Rejected("symbols only" if text_of(event).strip() else "empty")
        said = wordings(template, fields, self._name(event, viewer), short_name)
        said = [text for text in said if any(character.isalnum() for character in text)]
        return said or Rejected("symbols only")

    def is_command(self, message: ChatMessage) -> bool:
        """True if it looks like a command, of this bot or another: "!voice", and not "!!! wow"."""
        prefix = self._chat.command_prefix
        text = message.text.lstrip()
        return bool(prefix) and text.startswith(prefix) and text[len(prefix) :][:1].isalnum()

    def speakable_text(self, text: str) -> str:
        return self.speakable(Fragment(text))

    def speakable(self, *fragments: Fragment) -> str:
        chat = self._chat
        return speakable(fragments, link=chat.link, link_zh=chat.link_zh, limit=chat.max_length)

    def _name(self, event: ChatEvent, viewer: Viewer | None) -> str:
        if viewer and viewer.nickname:
            return viewer.nickname
        author = author_of(event)
        return (self.speakable(Fragment(author.name)) or "?") if author else ""


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

    return [from_bot, from_ignored]
