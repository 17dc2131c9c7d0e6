"""Builds every stage, passes it what it needs, and owns its lifetime."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.desk import Desk
from bot.feed import Feed
from bot.intake import Intake
from bot.messages import Answered, ChatEvent, EngineState, FeedEntry, SourceState, State, Trouble
from bot.platforms import Answer, Platform
from bot.speech.engine_child import EngineChild
from bot.speech.engine_link import EngineAt, EngineError, EngineLink, EngineLost, voices_of
from bot.speech.estimate import Estimator, seconds
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.synthesizer import Synthesizer
from bot.speech.voices import Voices
from bot.store import StoreError

log = logging.getLogger(__name__)

_VOICES_EVERY = 5.0  # seconds between two looks at what voices the engine has

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from bot.sources.recording import Recorder
    from bot.store import Store


class Bot:
    """One run of the bot: `run` ends when every source has ended and all that they sent has been heard.

    `platforms` are the chats to read. `lines` are spoken before any chat, as the streamer's own words.
    `store` keeps paid messages over a crash and `recorder` keeps everything; either may be None. The clock
    is monotonic seconds, the same as the sources'.
    """

    def __init__(
        self,
        settings: Settings,
        platforms: Sequence[Platform],
        feed: Feed,
        *,
        voices: Path,
        lines: Sequence[str] = (),
        store: Store | None = None,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._platforms = platforms
        self._answers: set[asyncio.Task[None]] = set()
        self._feed = feed
        self._lines = lines
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._session: ClientSession | None = None
        self.failures: list[SourceState] = []  # of the sources that gave up
        self._judgement = Judgement(settings, store, clock, seconds)
        self._router = Router(settings.commands, settings.chat.command_prefix, clock)
        self._viewers = Viewers(store)
        self._voices = Voices(settings.viewers, settings.speech.voice)
        if not settings.engine.url:
            # Those of the folder, until the engine says which of them it can use.
            self._voices.known = sorted(file.parent.name for file in voices.glob("*/voice.toml"))
        self._estimator = Estimator(settings.speech.pause)
        limits = Limits(**settings.queue.model_dump())
        self.queue = SpeechQueue(limits, clock=clock, dropped=feed.publish, estimator=self._estimator)
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

        self._engine_said = "it said nothing"
        feed.subscribe(self._answer)
        feed.subscribe(self._note_engine)

    async def run(self) -> None:
        """Raises, in a group, OutputError if the output cannot be had, or what a bug in a stage raised."""
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._engine.run())]
                # The engine's process is on its way; meanwhile this one loads what it needs itself.
                await asyncio.sleep(0)
                player = self._build_player()
                running += [group.create_task(player.run()), group.create_task(self._speaker.run())]
                running += [group.create_task(self._follow_voices())]
                self._begin()
                async with asyncio.TaskGroup() as feeding:
                    for platform in self._platforms:
                        feeding.create_task(self._listen(platform))
                await self._until_heard()
                for task in running:
                    task.cancel()
        finally:
            for answer in self._answers:
                answer.cancel()
            if self._session:
                await self._session.close()

    async def _until_heard(self) -> None:
        """Returns once all that was sent has been heard. EngineLost: the engine never got ready for it."""
        idle = asyncio.ensure_future(self._speaker.until_idle())
        ready = asyncio.ensure_future(self._engine.address())
        try:
            timeout = self._settings.engine.start_timeout
            await asyncio.wait((idle, ready), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if not idle.done() and not ready.done():
                raise EngineLost(f"the engine was not ready in {timeout:g} s: {self._engine_said}")
            await idle
        finally:
            idle.cancel()
            ready.cancel()

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
        self._speaker = Speaker(
            self.queue, self._synthesizer, player, self._feed, learn=self._estimator.learn_utterance
        )
        self._intake = Intake(
            feed=self._feed,
            reader=self._judgement.reader,
            router=self._router,
            viewers=self._viewers,
            voices=self._voices,
            queue=self.queue,
            speaker=self._speaker,
            speech=settings.speech,
            templates=settings.templates,
            store=self._store,
            unheard=self._judgement.unheard,
            clock=self._clock,
        )
        self._intake.desk = Desk(
            queue=self.queue,
            speaker=self._speaker,
            player=player,
            viewers=self._viewers,
            voices=self._voices,
            taught=self._judgement.taught,
            blocked=self._judgement.blocked,
            router=self._router,
            name=self._judgement.reader.name,
            hear=self._intake.hear,
        )
        return player

    def _begin(self) -> None:
        for fault in self._judgement.blocklist.faults:
            self._feed.publish(Trouble(f"blocklist: {fault}", fault))
        for line in self._lines:
            self._intake.enqueue([line])
        if self._store:
            for event in self._store.unread():
                self._take(event)

    async def _follow_voices(self) -> None:
        """Keeps the list of voices as the engine has it now; one that lists none leaves the default."""
        while True:
            base = await self._engine.address()
            with contextlib.suppress(EngineError):
                self._voices.known = await voices_of(self._engine_session(), base)
            await asyncio.sleep(_VOICES_EVERY)

    async def _listen(self, platform: Platform) -> None:
        async with aclosing(platform.events()) as events:
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
        """An event that something here cannot cope with costs itself alone."""
        try:
            self._intake.take(event)
        except StoreError:
            raise
        except Exception:
            log.exception("event %s of %s was given up", event.id, event.source)
            self._feed.publish(Trouble("event", "an event could not be read: the log has the details"))

    def _note_engine(self, entry: FeedEntry) -> None:
        if isinstance(entry, EngineState) and entry.detail:
            self._engine_said = entry.detail

    def _answer(self, entry: FeedEntry) -> None:
        """What a command is answered goes into its chat, where the streamer wants that."""
        if not isinstance(entry, Answered) or not self._settings.commands.answer:
            return
        for platform in self._platforms:
            if platform.answer and platform.is_of(entry.event):
                task = asyncio.create_task(self._write(platform.answer, entry))
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

    async def _write(self, answer: Answer, entry: Answered) -> None:
        if problem := await answer(entry.text, entry.event):
            self._feed.publish(Trouble(f"answer: {problem}", f"an answer was not sent: {problem}"))

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
