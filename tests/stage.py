"""The real rules, queue, speaker and desk around an intake, with a voice that makes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.controls import Controls
from bot.desk import Desk
from bot.feed import Feed
from bot.intake import Intake
from bot.messages import (
    Answered,
    AudioChunk,
    ChatEvent,
    FeedEntry,
    Gift,
    Refused,
    Retraction,
    RetractionScope,
    Spoken,
    Utterance,
    Worth,
)
from bot.sources.event_json import from_json, to_json
from bot.speech.estimate import seconds
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import Store
from tests.people import BOB, Clock

BITS = Worth(100, "bits")
GIFT = Gift(source="twitch", channel="c", id="g", author=BOB, gift="rose", worth=Worth(1, "USD"))
NAMED = {"message": "{name} says {text}"}


class Silent:
    """A voice that is asked and makes nothing, an ear, and a player's volume and pause."""

    volume = 1.0
    paused = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cuts: list[str] = []

    async def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]:
        self.asked.append(utterance.id)
        await asyncio.Event().wait()
        yield  # type: ignore[misc]  # never reached: it makes this a generator

    async def play(self, chunk: AudioChunk) -> bool:
        return True

    async def end(self, utterance: Utterance) -> None: ...

    def cut(self, utterance_id: str) -> None:
        self.cuts.append(utterance_id)


class Stage:
    def __init__(self, folder: Path, *, keeping: bool = False, **given: Any) -> None:
        rules = {"blocklist": folder / "blocklist.txt", "blocked": ["fuck"], **given.pop("rules", {})}
        commands = {"cooldown": 0, **given.pop("commands", {})}
        settings = Settings.model_validate({"rules": rules, "commands": commands, **given})
        self.clock = Clock()
        self.entries: list[FeedEntry] = []
        self.feed = Feed()
        self.store = Store(folder / "bot.sqlite3", to_json, from_json) if keeping else None
        self.judgement = Judgement(settings, self.store, self.clock, seconds)
        limits = Limits(**settings.queue.model_dump())
        self.queue = SpeechQueue(limits, clock=self.clock, dropped=self.feed.publish)
        self.silent = Silent()
        self.speaker = Speaker(self.queue, self.silent, self.silent, self.feed)
        self.viewers = Viewers(self.store)
        self.voices = Voices(settings.viewers, "mei")
        self.voices.known = ["leo", "mei"]
        self.router = Router(settings.commands, "!", self.clock)
        self.intake = Intake(
            feed=self.feed,
            reader=self.judgement.reader,
            router=self.router,
            viewers=self.viewers,
            voices=self.voices,
            queue=self.queue,
            speaker=self.speaker,
            speech=settings.speech,
            templates=settings.templates,
            store=self.store,
            unheard=self.judgement.unheard,
            clock=self.clock,
        )
        self.controls = Controls(
            queue=self.queue,
            speaker=self.speaker,
            player=self.silent,
            viewers=self.viewers,
            intake=self.intake,
        )
        self.desk = Desk(
            controls=self.controls,
            queue=self.queue,
            speaker=self.speaker,
            viewers=self.viewers,
            voices=self.voices,
            taught=self.judgement.taught,
            blocked=self.judgement.blocked,
            router=self.router,
            name=self.judgement.reader.name,
            hear=self.intake.hear,
        )
        self.intake.desk = self.desk
        self.feed.subscribe(self.entries.append)

    def take(self, *events: ChatEvent) -> None:
        for event in events:
            self.intake.take(event)

    @property
    def waiting(self) -> list[str]:
        return [utterance.text for utterance in self.queue]

    @property
    def refused(self) -> list[str]:
        return [entry.reason for entry in self.entries if isinstance(entry, Refused)]

    @property
    def answers(self) -> list[str]:
        return [entry.text for entry in self.entries if isinstance(entry, Answered)]

    def one(self) -> Utterance:
        (utterance,) = self.queue
        return utterance

    def speak(self) -> str:
        """Has the next one spoken to its end; returns what was said."""
        utterance = self.queue.take()
        assert utterance
        self.feed.publish(Spoken(utterance))
        return utterance.text


def deleted(target: str) -> Retraction:
    return Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.MESSAGE, target=target)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def unread(stage: Stage) -> list[str]:
    assert stage.store
    return [event.id for event in stage.store.unread()]
