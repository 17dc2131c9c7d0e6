"""A judgement with a clock of its own and a block list in an empty folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.chat.judgement import Judgement
from bot.chat.rules.reasons import Rejected
from bot.config import Settings
from bot.messages import ChatEvent, Viewer, Worth
from bot.speech.estimate import seconds
from tests.people import Clock

BITS = Worth(100, "bits")


class Court:
    """A judgement with a clock of its own and a block list in an empty folder."""

    def __init__(self, folder: Path, chat: Any = None, templates: Any = None, **rules: Any) -> None:
        self.clock = Clock()
        rules = {"blocklist": folder / "blocklist.txt", "blocked": ["fuck", "傻逼"], **rules}
        given = {"rules": rules, "chat": chat or {}, "templates": templates or {}}
        settings = Settings.model_validate(given)
        self.judgement = Judgement(settings, None, self.clock, seconds)

    def read(self, event: ChatEvent, viewer: Viewer | None = None) -> list[str] | Rejected:
        return self.judgement.reader.read(event, viewer)

    def said(self, event: ChatEvent, viewer: Viewer | None = None) -> str:
        """What is said in full, or "-" and why nothing is."""
        said = self.read(event, viewer)
        return f"-{said.reason}" if isinstance(said, Rejected) else said[0]
