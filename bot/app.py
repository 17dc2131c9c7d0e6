"""Builds every stage, passes it what it needs, and owns its lifetime."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.chat.commands import Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.controls import Controls
from bot.desk import Desk
from bot.engine.engine import ENGINES
from bot.engine.voices import load_voices
from bot.feed import Feed
from bot.intake import Intake
from bot.messages import (
    EngineState,
    FeedEntry,
    PagesState,
    SourceState,
    State,
    Trouble,
    Utterance,
)
from bot.metrics import Metrics
from bot.platforms import Platform
from bot.replies import Replies
from bot.speech.ahead import Ahead
from bot.speech.engine_arguments import link_to
from bot.speech.engine_link import EngineError, EngineLost, session_to, until_own, voices_of
from bot.speech.estimate import Estimator, seconds
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.synthesizer import Synthesizer
from bot.speech.voices import Voices

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
    is monotonic seconds, the same as the sources'. A `patient` bot lets nobody stand in for the default
    voice: it waits until that can speak itself, or never will.
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
        metrics: Metrics | None = None,
        pages: bool = False,
        patient: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._platforms = platforms
        self._feed = feed
        self._lines = lines
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._metrics = metrics or Metrics()
        if metrics is None:
            feed.subscribe(self._metrics.count)
        self._patient = patient
        self._pages = pages and settings.web.enabled
        self.site: Site | None = None  # once it runs, if there are pages
        self._sound_pages: AudioPages | None = None
        self._frames: FrameOutput | None = None  # the output, while that is the pages
        self._session: ClientSession | None = None
        self.failures: list[SourceState] = []  # of the sources that gave up
        self._judgement = Judgement(settings, store, clock, seconds)
        self._router = Router(settings.commands, settings.chat.command_prefix, clock)
        self._viewers = Viewers(store)
        self._voices = Voices(settings.viewers, settings.speech.voice)
        self._shelf = load_voices(voices)[0] if not settings.engine.url and voices.is_dir() else {}
        # Until the engine says what it can use: those that every engine of ours has, so that nobody is given
        # a voice that is taken from them again.
        self._voices.known = [voice.id for voice in self._shelf.values() if voice.engine == ENGINES[0]]
        self._estimator = Estimator(settings.speech.pause)
        limits = Limits(**settings.queue.model_dump())
        self.queue = SpeechQueue(limits, clock=clock, dropped=feed.publish, estimator=self._estimator)
        self._engine = link_to(settings.engine, voices, self._engine_session, feed.publish)
        self._synthesizer = Synthesizer(
            self._engine,
            self._engine_session,
            model=settings.engine.model,
            answer_timeout=settings.engine.answer_timeout,
            measured=self._metrics.asked,
        )

        self._ahead = Ahead(self._engine, self._engine_session, self._coming, self._synthesizer.requests)
        feed.subscribe(self._ahead.show)
        self._engine_said = "it said nothing"
        self._replies = Replies(platforms, feed, lambda: self._settings.commands.answer)
        feed.subscribe(self._replies.show)
        feed.subscribe(self._note_engine)

    async def run(self) -> None:
        """Raises, in a group, OutputError if the output cannot be had, or what a bug in a stage raised."""
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._engine.run())]
                # The engine's process is on its way; meanwhile this one loads what it needs itself.
                await asyncio.sleep(0)
                player = self._build_player()
                if self._pages:
                    running += [group.create_task(self._serve_pages(player))]
                running += [group.create_task(player.run()), group.create_task(self._speaker.run())]
                running += [group.create_task(self._follow_voices()), group.create_task(self._ahead.run())]
                if self._patient:
                    await self._until_own_voice()
                self._begin()
                async with asyncio.TaskGroup() as feeding:
                    for platform in self._platforms:
                        feeding.create_task(self._listen(platform))
                await self._until_heard()
                for task in running:
                    task.cancel()
        finally:
            self._replies.close()
            if self._session:
                await self._session.close()

    async def _serve_pages(self, player: Player) -> None:
        """The pages, until cancelled: they are no reason to speak later, nor to stop."""
        try:
            # In a thread: meanwhile the engine gets ready, and is to be noticed when it is.
            pages = await asyncio.to_thread(importlib.import_module, "bot.pages")
            self.site, self._sound_pages = pages.build(
                self._settings,
                queue=self.queue,
                speaker=self._speaker,
                player=player,
                outputs=self._outputs,
                controls=self._controls,
                intake=self._intake,
                viewers=self._viewers,
                voices=self._voices,
                judgement=self._judgement,
                router=self._router,
                estimator=self._estimator,
                feed=self._feed,
                metrics=self._metrics,
                engine=self._engine,
                session=self._engine_session,
                use=self._use,
                clock=self._clock,
            )
            self._hand_on_frames()
            await self.site.run()
        except Exception:
            log.exception("the pages broke")
            sentence = "the pages broke, speech goes on: the log has the details; start the bot anew for them"
            self._feed.publish(PagesState(State.FAILED, sentence))
            self._feed.publish(Trouble("web", sentence))

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

    async def _until_own_voice(self) -> None:
        voice = self._settings.speech.voice
        if voice not in self._shelf:
            return  # an engine of somebody else's knows, or refuses it
        with contextlib.suppress(TimeoutError, EngineError):
            base = await asyncio.wait_for(self._engine.address(), self._settings.engine.start_timeout)
            if why := await until_own(self._engine_session(), base, voice, lambda sentence: None):
                self._feed.publish(Trouble(f"voice: {why}", f"another voice speaks for {voice}: {why}"))

    def _coming(self) -> Iterator[Utterance]:
        yield from self._speaker.under_way
        yield from self.queue

    def backlog(self) -> tuple[float, int]:
        """Estimated seconds of speech that wait, and how many utterances that is."""
        return self.queue.backlog, len(self.queue)

    def _build_player(self) -> Player:
        from bot.playback import Player
        from bot.playback.switch import SwitchedOutput

        settings = self._settings
        self._outputs = SwitchedOutput(self._make_output, settings.audio.output, settings.audio.device)
        player = Player(
            self._outputs,
            volume=settings.audio.volume,
            loudness=settings.audio.loudness,
            pause=settings.speech.pause,
            on_started=lambda utterance, at: self._speaker.started(utterance, at),
            on_finished=lambda utterance, at, whole: self._speaker.finished(utterance, at, whole),
        )
        self._speaker = Speaker(self.queue, self._synthesizer, player, self._feed, learn=self._learn)
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
        self._controls = Controls(
            queue=self.queue,
            speaker=self._speaker,
            player=player,
            viewers=self._viewers,
            intake=self._intake,
        )
        self._intake.desk = Desk(
            controls=self._controls,
            queue=self.queue,
            speaker=self._speaker,
            viewers=self._viewers,
            voices=self._voices,
            taught=self._judgement.taught,
            blocked=self._judgement.blocked,
            router=self._router,
            name=lambda name: self._judgement.reader.name(name),
            hear=self._intake.hear,
        )
        return player

    def _make_output(self, kind: str, device: str) -> Output:
        from bot.playback import make_output

        wanted = self._settings.audio.model_copy(update={"output": kind, "device": device})
        output = make_output(wanted, self._feed.publish, jitter=self._settings.web.jitter)
        self._frames = cast("FrameOutput", output) if kind == "browser" else None
        self._hand_on_frames()
        return output

    def _hand_on_frames(self) -> None:
        """What the browser output makes goes to the pages; with another output they are told to be silent."""
        if self._sound_pages:
            self._sound_pages.play_from(self._frames)

    def _learn(self, utterance: Utterance, seconds: float) -> None:
        """All of an utterance has been made."""
        self._estimator.learn_utterance(utterance, seconds)
        if self.site:
            self.site.made(utterance, seconds)

    def _use(self, settings: Settings) -> None:
        """Of what is looked up as it is needed, audio and commands may change in a run."""
        live = {"audio": settings.audio, "commands": settings.commands}
        self._settings = self._settings.model_copy(update=live)

    def _begin(self) -> None:
        blocklist = self._judgement.blocklist
        for fault in blocklist.faults:
            self._tell_fault(fault)
        blocklist.on_fault = self._tell_fault  # the file may be edited meanwhile
        for line in self._lines:
            self._intake.enqueue([line])
        if self._store:
            for event in self._store.unread():
                self._intake.take(event)

    def _tell_fault(self, fault: str) -> None:
        self._feed.publish(Trouble(f"blocklist: {fault}", fault))

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
                    self._intake.take(event)
                    # What has come in at once is read without a pause: the sound gets its turn in between.
                    await asyncio.sleep(0)

    def _note_engine(self, entry: FeedEntry) -> None:
        if isinstance(entry, EngineState) and entry.detail:
            self._engine_said = entry.detail

    def _engine_session(self) -> ClientSession:
        """The one HTTP session to the engine, made when it is first needed."""
        if self._session is None:
            engine = self._settings.engine
            self._session = session_to(engine.url, engine.token.get_secret_value())
        return self._session


if TYPE_CHECKING:
    from bot.playback import Output, Player
    from bot.web.audio import AudioPages, FrameOutput
    from bot.web.site import Site
