"""The judgement on chat as the settings want it: rules, block list, taught words, and the reader."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.chat.blocklist import Blocklist
from bot.chat.commands import command_names
from bot.chat.moderation import Blocked, Taught
from bot.chat.reader import Reader
from bot.chat.readings import ReadingRows, Readings, Unkept
from bot.chat.rules.authors import Names, is_paid, is_staff, unread, viewer_key
from bot.chat.rules.build import build_rules
from bot.chat.rules.crowd import Crowd
from bot.chat.rules.pace import Share
from bot.chat.rules.settings import BOTS, RuleSettings
from bot.messages import ChatMessage

if TYPE_CHECKING:
    from bot.config import Settings

_ESTIMATED = 2000  # characters


class Judgement:
    """`reader` says what is read and how; `taught` and `blocked` are for those who change that.

    `estimate` gives a text's seconds of speech. Without `rows` nothing that is taught is kept.
    """

    def __init__(
        self,
        settings: Settings,
        rows: ReadingRows | None,
        clock: Callable[[], float],
        estimate: Callable[[str], float],
    ) -> None:
        given = rule_settings(settings)
        self._estimate = estimate
        self._staff_pass = given.staff_pass
        self._crowd = Crowd(given.same_words) if given.same_words else None
        self._share = Share(given.share, given.share_of, estimate, clock) if 0 < given.share < 1 else None
        self.blocklist = Blocklist(
            settings.rules.blocklist,
            clock,
            time.time,
            blocked=settings.rules.blocked,
            allowed=settings.rules.allowed,
        )
        self.readings = Readings(rows or Unkept(), time.time, self._is_blocked)
        self.taught = Taught(self.readings)
        self.blocked = Blocked(self.blocklist)
        self.reader = Reader(
            settings.chat,
            settings.templates,
            build_rules(given, clock, estimate, self.blocklist, self._crowd, self._share),
            taught=self.readings.apply,
            blocked=self._is_blocked,
            unread=unread(Names(given.bots), Names(given.ignore)),
        )

    def unheard(self, message: ChatMessage) -> None:
        """A message that was passed is not spoken after all: it neither counts nor stands for others."""
        if self._crowd:
            self._crowd.retract(message.id)
        free = is_paid(message) or (self._staff_pass and is_staff(message.author))
        if self._share and not free:  # who is spared the rule was not charged
            seconds = self._estimate(message.text[:_ESTIMATED])
            self._share.charge(viewer_key(message, message.author), -seconds)

    def _is_blocked(self, text: str) -> bool:
        return bool(text) and self.blocklist.find(text) is not None


def rule_settings(settings: Settings) -> RuleSettings:
    """The streamer's settings as the rules want them."""
    given = settings.rules.model_dump(exclude={"blocklist", "blocked", "allowed"})
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    bots = [name for name in fields["bots"] if name != "standard"]
    fields["bots"] = (*bots, *(BOTS if "standard" in fields["bots"] else ()))
    fields["command_words"] = tuple(command_names(settings.commands.aliases))
    return RuleSettings(**fields, command_prefix=settings.chat.command_prefix)
