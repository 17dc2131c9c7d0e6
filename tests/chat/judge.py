"""The rules of some settings, asked in order."""

from __future__ import annotations

from typing import Any

from bot.chat.blocklist import Blocklist
from bot.chat.rules.build import build_rules, with_memory
from bot.chat.rules.crowd import Crowd
from bot.chat.rules.reasons import Rejected, Rule
from bot.chat.rules.settings import RuleSettings
from bot.messages import ChatMessage, Worth
from tests.people import Clock

BITS = Worth(100, "bits")


def seconds(text: str) -> float:
    return len(text) / 10


class Judge:
    """The rules of some settings, asked in order."""

    def __init__(self, clock: Clock | None = None, crowd: Crowd | None = None, **settings: Any) -> None:
        self.clock = clock or Clock()
        blocklist = Blocklist(None, self.clock, self.clock, blocked=["fuck", "傻逼"])
        chosen = RuleSettings(**settings)
        self.rules: list[Rule] = build_rules(
            chosen, self.clock, seconds, blocklist, with_memory(chosen, self.clock, seconds, crowd)
        )

    def __call__(self, asked: ChatMessage) -> str:
        rejected = self.why(asked)
        return rejected.reason if rejected else ""

    def why(self, asked: ChatMessage) -> Rejected | None:
        return next((rejected for rule in self.rules if (rejected := rule(asked))), None)
