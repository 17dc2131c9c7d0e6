"""Builds every stage, passes it what it needs, and owns its lifetime."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.chat.reader import Reader, Rejected
from bot.config import Settings
from bot.feed import Feed
from bot.messages import (
    ChatEvent,
    Dropped,
    FeedEntry,
    Heard,
    Queued,
    Refused,
    Retraction,
    SourceState,
    Spoken,
    State,
    Trouble,
    Utterance,
    retracts,
)
from bot.speech.engine_child import EngineChild
from bot.speech.engine_link import EngineAt, EngineLink
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.synthesizer import Synthesizer
from bot.store import StoreError

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from bot.sources.recording import Recorder
    from bot.store import Store


class Source(Protocol):
    """A supervised source: goes on through drops; ends when there is nothing more to come, or no hope."""

    def __call__(self) -> AsyncGenerator[ChatEvent | SourceState]: ...


class Bot:
    """One run of the bot: `run` ends when every source has ended and all that they sent has been heard.

    `sources` are called once the bot runs. `lines` are spoken before any chat, as the streamer's own words.
    `store` keeps paid messages over a crash and `recorder` keeps everything; either may be None. The clock
    is monotonic seconds, the same as the sources'.
    """

    def __init__(
        self,
        settings: Settings,
        sources: Sequence[Source],
        feed: Feed,
        *,
        voices: Path,
        lines: Sequence[str] = (),
        store: Store | None = None,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sources = sources
        self._feed = feed
        self._lines = lines
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._numbers = itertools.count(1)
        self._reader = Reader(settings.chat, settings.templates)
        self._session: ClientSession | None = None
        self.failures: list[SourceState] = []  # of the sources that gave up
        self.queue = SpeechQueue(
            length=settings.queue.length, max_age=settings.queue.max_age, clock=clock, dropped=feed.publish
        )
        self._engine: EngineLink = (
            EngineAt(settings.engine.url, self._engine_session, feed.publish)
            if settings.engine.url
            else EngineChild(
                voices, self._engine_session, feed.publish, start_timeout=settings.engine.start_timeout
            )
        )
        self._synthesizer = Synthesizer(
            self._engine,
            self._engine_session,
            model=settings.engine.model,
            answer_timeout=settings.engine.answer_timeout,
        )
        if store:
            feed.subscribe(self._forget_paid)

    async def run(self) -> None:
        """Raises, in a group, OutputError if the output cannot be had, or what a bug in a stage raised."""
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._engine.run())]
                # The engine's process is on its way; meanwhile this one loads what it needs itself.
                await asyncio.sleep(0)
                player = self._build_player()
                running += [group.create_task(player.run()), group.create_task(self._speaker.run())]
                self._begin()
                async with asyncio.TaskGroup() as feeding:
                    for source in self._sources:
                        feeding.create_task(self._listen(source))
                await self._speaker.until_idle()
                for task in running:
                    task.cancel()
        finally:
            if self._session:
                await self._session.close()

    def backlog(self) -> tuple[float, int]:
        """Estimated seconds of speech that wait, and how many utterances that is."""
        return self.queue.backlog, len(self.queue)

    def _build_player(self) -> Player:
        from bot.playback import Player, make_output

        settings = self._settings
        player = Player(
            make_output(settings.audio, self._feed.publish),
            volume=settings.audio.volume,
            loudness=settings.audio.loudness,
            pause=settings.speech.pause,
            on_started=lambda utterance, at: self._speaker.started(utterance, at),
            on_finished=lambda utterance, at, whole: self._speaker.finished(utterance, at, whole),
        )
        self._speaker = Speaker(self.queue, self._synthesizer, player, self._feed)
        return player

    def _begin(self) -> None:
        for line in self._lines:
            self._enqueue(line, None)
        if self._store:
            for event in self._store.unread():
                self._take(event)

    async def _listen(self, source: Source) -> None:
        async with aclosing(source()) as events:
            async for event in events:
                if isinstance(event, SourceState):
                    self._feed.publish(event)
                    if event.state is State.FAILED:
                        self.failures.append(event)
                else:
                    if self._recorder:
                        self._recorder.write(event)
                    self._take(event)

    def _take(self, event: ChatEvent) -> None:
        self._feed.publish(Heard(event))
        if isinstance(event, Retraction):
            self._speaker.retract(
                lambda utterance: bool(utterance.event and retracts(event, utterance.event)), "deleted"
            )
            return
        said = self._reader.read(event)
        if isinstance(said, Rejected):
            self._feed.publish(Refused(event, said.reason))
        else:
            self._enqueue(said, event)

    def _enqueue(self, text: str, event: ChatEvent | None) -> None:
        speech = self._settings.speech
        utterance = Utterance(
            id=str(next(self._numbers)),
            text=text,
            voice=speech.voice,
            speed=speech.speed,
            event=event,
            received_at=event.received_at if event and event.received_at else self._clock(),
        )
        if event and utterance.paid and self._store:
            self._keep(self._store.add, event)
        self._feed.publish(Queued(utterance))
        self.queue.put(utterance)

    def _forget_paid(self, entry: FeedEntry) -> None:
        """A paid message that was heard to its end, or taken back, need not survive a restart."""
        if isinstance(entry, (Spoken, Dropped)):
            utterance = entry.utterance
            if self._store and utterance.event and utterance.paid:
                self._keep(self._store.remove, utterance.event)

    def _keep(self, change: Callable[[ChatEvent], None], event: ChatEvent) -> None:
        try:
            change(event)
        except StoreError as error:
            self._feed.publish(Trouble("store", f"{error}: paid messages may not survive a restart"))

    def _engine_session(self) -> ClientSession:
        """The one HTTP session to the engine, made when it is first needed."""
        if self._session is None:
            import aiohttp

            token = self._settings.engine.token.get_secret_value() if self._settings.engine.url else ""
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            self._session = aiohttp.ClientSession(headers=headers)
        return self._session


if TYPE_CHECKING:
    from bot.playback import Player
