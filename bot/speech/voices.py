"""Which voice speaks for whom: the one they chose, one for their role or such events, or their own by id."""

from __future__ import annotations

import difflib
import re
import zlib
from collections.abc import Sequence

from bot.config import Viewers as VoiceSettings
from bot.messages import ChatEvent, ChatMessage, Part, Rank, Role, SuperChat, Viewer, rank_of

_INLINE = re.compile(r"\[([A-Za-z0-9_-]{1,40})\]")
_BY_ROLE = (Role.BROADCASTER, Role.MODERATOR, Role.VIP, Role.SUBSCRIBER)


class Voices:
    """`known` is what the engine has, as it last said; until then every choice is `default`."""

    def __init__(self, settings: VoiceSettings, default: str) -> None:
        self._settings = settings
        self.default = default
        self.known: Sequence[str] = ()

    def choose(self, event: ChatEvent | None, viewer: Viewer | None) -> str:
        """What the viewer chose, else what the streamer gave their role or such events, else their own."""
        if viewer and viewer.voice in self.known:
            return viewer.voice
        if event is None:
            return self.default
        given = self._given(event)
        if given:
            return given
        if self._settings.voices == "same" or not viewer or not viewer.id or not self.known:
            return self.default
        # By a checksum, so that it is the same in every run, and no list has to be kept.
        return self.known[zlib.crc32(viewer.id.encode("utf-8", "replace")) % len(self.known)]

    def parts(self, text: str, voice: str) -> tuple[Part, ...]:
        """The runs of "[leo] hello [mei] hi"; empty if there is no known voice's name in brackets."""
        if not self._settings.inline or "[" not in text:
            return ()
        parts: list[Part] = []
        start = 0
        for match in _INLINE.finditer(text):
            name = match[1].lower()
            if name not in self.known:
                continue
            parts.append(Part(voice, text[start : match.start()].strip()))
            voice, start = name, match.end()
        if not start:
            return ()
        parts.append(Part(voice, text[start:].strip()))
        return tuple(part for part in parts if part.text)

    def find(self, name: str) -> tuple[str, list[str]]:
        """(the voice of this name or "", the nearest names). A name is data, never a path."""
        wanted = name.strip().lower()
        if wanted in self.known:
            return wanted, []
        return "", difflib.get_close_matches(wanted[:40], self.known, n=3, cutoff=0.4)

    def _given(self, event: ChatEvent) -> str:
        settings = self._settings
        if rank_of(event) is Rank.PAID and settings.paid:
            return settings.paid
        if not isinstance(event, ChatMessage | SuperChat):
            return settings.event or self.default
        roles = event.author.roles
        return next((given for role in _BY_ROLE if role in roles and (given := getattr(settings, role))), "")
