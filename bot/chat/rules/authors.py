"""Rules on who wrote: bots, the ignored, and the roles, levels and money that a streamer asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.chat.folding import fold
from bot.chat.rules.reasons import Reason, Rejected, Rule
from bot.chat.rules.settings import RuleSettings
from bot.messages import Author, ChatMessage, Event, Rank, Role, rank_of

STAFF = frozenset({Role.BROADCASTER, Role.MODERATOR})
# Where accounts, medals and guards have levels; elsewhere everybody would be of level 0.
_LEVELLED = {"bilibili"}
_BOT = Rejected(Reason.BOT)
_IGNORED = Rejected(Reason.IGNORED)
_ROLE = Rejected(Reason.ROLE)
_LEVEL = Rejected(Reason.LEVEL)
_UNPAID = Rejected(Reason.UNPAID)


def is_staff(author: Author) -> bool:
    return not STAFF.isdisjoint(author.roles)


def paid_for(settings: RuleSettings) -> Callable[[ChatMessage], bool]:
    """Tells whether a message was paid for, and enough to count."""
    least = settings.paid_from
    return lambda message: message.worth is not None and rank_of(message, least) is Rank.PAID


def viewer_key(event: Event, author: Author) -> str:
    """The same viewer's key whenever they write, "twitch:123"; by name where the platform hides the id."""
    if author.hidden:
        return f"{event.source}:@{fold(author.login or author.name)}"
    return f"{event.source}:{author.id}"


class Names:
    """A list of people, each given by login, name or id."""

    def __init__(self, names: Iterable[str]) -> None:
        self.all = {folded for name in names if (folded := fold(name.strip().removeprefix("@")))}

    def has(self, author: Author) -> bool:
        names = self.all
        return bool(names) and (
            fold(author.login) in names
            or fold(author.name) in names
            or (author.id in names and not author.hidden)
        )


@dataclass(frozen=True, slots=True)
class People:
    """Those whom nothing is said of."""

    bots: Names
    ignored: Names

    @classmethod
    def of(cls, settings: RuleSettings) -> People:
        return cls(Names(settings.bots), Names(settings.ignore))

    def unread(self, author: Author) -> Rejected | None:
        """For what is not typed (gifts, super chats)."""
        return _BOT if self.bots.has(author) else _IGNORED if self.ignored.has(author) else None


def from_bot(names: Names) -> Rule:
    return lambda message: _BOT if names.has(message.author) else None


def from_ignored(names: Names, command: Rule | None = None) -> Rule:
    """But for what staff `command`: streamers who do not want to hear themselves still direct the bot."""

    def ignored(message: ChatMessage) -> Rejected | None:
        if not names.has(message.author) or (command and is_staff(message.author) and command(message)):
            return None
        return _IGNORED

    return ignored


def requirements(settings: RuleSettings) -> Rule | None:
    """Any one of the roles, and every level that is asked for; who pays needs neither."""
    roles = frozenset(Role(role) for role in settings.roles)
    guard, medal, account = settings.guard_level, settings.medal_level, settings.account_level
    if not (roles or guard or medal or account or settings.paid_only):
        return None
    paid = paid_for(settings)

    def required(message: ChatMessage) -> Rejected | None:
        author = message.author
        if paid(message) or (settings.staff_pass and is_staff(author)):
            return None
        if settings.paid_only:
            return _UNPAID
        if roles and roles.isdisjoint(author.roles):
            return _ROLE
        if message.source in _LEVELLED:
            own = author.medal.level if author.medal and author.medal.own else 0
            if author.guard < guard or own < medal or author.level < account:
                return _LEVEL
        return None

    return required
