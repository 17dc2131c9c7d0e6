"""Which voice speaks for whom: the one they chose, one for their role or such events, or their own by id."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence

from bot.config import Viewers as VoiceSettings
from bot.messages import (
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Rank,
    Role,
    SuperChat,
    Viewer,
)

_INLINE = re.compile(r"\[([A-Za-z0-9_-]{1,40})\]")
# In one message. Each change takes a while by itself: a line of one-letter runs would hold the microphone.
_MOST_RUNS = 8
_BY_ROLE = (Role.BROADCASTER, Role.MODERATOR, Role.VIP, Role.SUBSCRIBER)


class Voices:
    """`known` is what the engine has, as it last said; until then every choice is `default`."""

    def __init__(self, settings: VoiceSettings, default: str) -> None:
        self.settings = settings  # may be exchanged at any time
        self.default = default
        self.known: Sequence[str] = ()

    def choose(self, event: ChatEvent | None, viewer: Viewer | None, rank: Rank = Rank.VIEWER) -> str:
        """What the viewer chose, else what the streamer gave their role or such events, else their own.

        `rank`: the event's in the queue, for what was paid and counts has a voice too.
        """
        if viewer and viewer.voice in self.known:
            return viewer.voice
        if event is None:
            return self.default
        given = self._given(event, rank)
        if given:
            return given
        if self.settings.voices == "same" or not viewer or not viewer.id or not self.known:
            return self.default
        # By a checksum, so that no list has to be kept. It is the same in every run and whatever the order of
        # the voices, and a voice that comes or goes changes only its own viewers'.
        return max(self.known, key=lambda voice: (_checksum(f"{viewer.id} {voice}"), voice))

    def runs(self, fragments: Sequence[Fragment], voice: str) -> list[tuple[str, tuple[Fragment, ...]]]:
        """(voice, what it says) of "[leo] hello [mei] hi"; empty if no known voice is named in brackets.

        After so many changes the last voice goes on, and names stay as they were typed.
        """
        if not self.settings.inline or not any("[" in fragment.text for fragment in fragments):
            return []
        runs: list[tuple[str, list[Fragment]]] = [(voice, [])]
        for fragment in fragments:
            start = 0
            if fragment.kind is FragmentKind.TEXT:
                for match in _INLINE.finditer(fragment.text):
                    if len(runs) < _MOST_RUNS and (name := self._named(match[1])):
                        runs[-1][1].append(Fragment(fragment.text[start : match.start()]))
                        runs.append((name, []))
                        start = match.end()
            runs[-1][1].append(Fragment(fragment.text[start:], fragment.kind))
        if len(runs) == 1:
            return []
        return [(name, tuple(said)) for name, said in runs if any(one.text.strip() for one in said)]

    def find(self, name: str) -> tuple[str, list[str]]:
        """(the voice of this name or "", the nearest names). A name is data, never a path."""
        wanted = name.strip()
        if known := self._named(wanted):
            return known, []
        by_folded = {known.casefold(): known for known in self.known}
        near = difflib.get_close_matches(wanted[:40].casefold(), by_folded, n=3, cutoff=0.4)
        return "", [by_folded[folded] for folded in near]

    def _named(self, name: str) -> str:
        """The known voice of this name, in any case of letters; "" if there is none."""
        folded = name.casefold()
        return next((known for known in self.known if known.casefold() == folded), "")

    def _given(self, event: ChatEvent, rank: Rank) -> str:
        settings = self.settings
        if rank is Rank.PAID and settings.paid:
            return settings.paid
        if not isinstance(event, ChatMessage | SuperChat):
            return settings.event or self.default
        roles = event.author.roles
        return next((given for role in _BY_ROLE if role in roles and (given := getattr(settings, role))), "")


def _checksum(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
