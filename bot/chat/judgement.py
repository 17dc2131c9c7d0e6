"""The judgement on chat as the settings want it: rules, block list, taught words, and the reader."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.chat.blocklist import Blocklist
from bot.chat.commands import command_words
from bot.chat.moderation import Blocked, Taught
from bot.chat.reader import Reader
from bot.chat.readings import ReadingRows, Readings, Unkept
from bot.chat.rules.authors import People
from bot.chat.rules.build import build_rules, rules_of_words, rules_of_writers, with_memory
from bot.chat.rules.reasons import Rule
from bot.chat.rules.settings import BOTS, RuleSettings
from bot.messages import ChatMessage

if TYPE_CHECKING:
    from bot.config import Settings


_USUAL_BLOCKLIST = "blocklist.txt"
_REMEMBERING = ("cooldown", "same_viewer", "same_words", "share", "share_of", "staff_pass", "paid_from")


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
        self._memory = with_memory(given, clock, estimate)
        self._people = People.of(given)
        self.blocklist = Blocklist(
            settings.rules.blocklist,
            clock,
            time.time,
            blocked=settings.rules.blocked,
            allowed=settings.rules.allowed,
            # One of the usual name comes into being with the first word that is blocked from chat.
            expected=settings.rules.blocklist.name != _USUAL_BLOCKLIST,
        )
        self.readings = Readings(rows or Unkept(), time.time, self.is_blocked)
        self.taught = Taught(self.readings)
        self.blocked = Blocked(self.blocklist)
        self._given = given
        self._clock = clock
        self._chat = settings.chat
        self._templates = settings.templates
        self.reader = self._make_reader(
            build_rules(given, clock, estimate, self.blocklist, self._memory, self._people)
        )

    def prepare(self, settings: Settings) -> Callable[[], None]:
        """Returns what puts other settings in force, but for the block list's file.

        What the rules remember they keep, unless they are to remember something else from then on.
        SettingsError: these cannot be.
        """
        after = copy.copy(self)
        after.__dict__.pop("trial", None)
        after._given = given = rule_settings(settings)
        after._chat, after._templates = settings.chat, settings.templates
        after._people = People.of(given)
        if any(getattr(given, name) != getattr(self._given, name) for name in _REMEMBERING):
            after._memory = with_memory(given, self._clock, self._estimate)
        rules = build_rules(given, self._clock, self._estimate, self.blocklist, after._memory, after._people)
        after.reader = after._make_reader(rules)
        blocked, allowed = settings.rules.blocked, settings.rules.allowed

        def put_in_force() -> None:
            self.__dict__.pop("trial", None)
            self.__dict__.update(after.__dict__)
            self.blocklist.exchange_settings(blocked, allowed)

        return put_in_force

    @cached_property
    def trial(self) -> Reader:
        """As `reader`, without the rules that remember: asking it changes nothing."""
        forgetful = replace(self._given, cooldown=0, same_viewer=0, same_words=0, share=0)
        rules = build_rules(forgetful, self._clock, self._estimate, self.blocklist, people=self._people)
        return self._make_reader(rules)

    def unheard(self, message: ChatMessage) -> None:
        """A message that was passed is not spoken after all: it neither counts nor stands for others."""
        self._memory.unheard(message)

    def _make_reader(self, rules: Sequence[Rule]) -> Reader:
        return Reader(
            self._chat,
            self._templates,
            rules,
            paid_from=self._given.paid_from,
            rules_of_words=rules_of_words(self._given),
            rules_of_writers=rules_of_writers(self._given),
            taught=self.readings.parts,
            blocked=self.is_blocked,
            unread=self._people.unread,
        )

    def is_blocked(self, text: str) -> bool:
        """Whether a text holds what must not be said."""
        return bool(text) and self.blocklist.find(text) is not None


def rule_settings(settings: Settings) -> RuleSettings:
    """The streamer's settings as the rules want them."""
    given = settings.rules.model_dump(exclude={"blocklist", "blocked", "allowed"})
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    bots = [name for name in fields["bots"] if name != "standard"]
    fields["bots"] = (*bots, *(BOTS if "standard" in fields["bots"] else ()))
    fields["command_words"] = command_words(settings.commands)
    return RuleSettings(**fields, command_prefix=settings.chat.command_prefix)
