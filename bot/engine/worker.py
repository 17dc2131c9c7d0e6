"""One engine, the one thread it works on, and what is known of it: loading, ready, how many speak."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

from bot.engine.engine import Engine, EngineAbsent, EngineFault
from bot.engine.pcm import encode
from bot.engine.shelf import Shelf
from bot.engine.voices import Voice, VoiceError

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_GAP = 0.1  # seconds between two requests of one text: what is done while nobody speaks waits so long


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["loading", "warming", "ready", "failed", "absent"]
    progress: float  # 0..1
    detail: str  # a sentence


class Worker:
    """Runs an engine. Everything here is for the event loop's thread; the engine lives on its own.

    A single thread makes requests take turns piece by piece, and makes closing one safe: the closing is
    queued behind the piece being made, never in the middle of it.
    """

    def __init__(self, name: str, make: Callable[[], Engine], shelf: Shelf) -> None:
        """`make` is called on the engine's thread, and may take its time importing."""
        self.name = name
        self.health = Health("loading", 0.0, "Starting.")
        self.voices: dict[str, Voice] = {}
        self.active = 0
        self._make = make
        self._shelf = shelf
        self._engine: Engine | None = None
        self._resting = False  # what is done while nobody speaks is under way
        self._busy_since = 0.0  # monotonic seconds, of what the thread does now; 0: it waits
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"engine-{name}")

    def start(self) -> None:
        """Begins to load; returns at once."""
        self._thread.submit(self._timed, self._load)

    def close(self) -> None:
        """What is not begun is not done any more; a piece being made is left to end by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    @property
    def busy(self) -> float:
        """For how many seconds the thread has been at what it does now; 0: it waits."""
        since = self._busy_since
        return time.monotonic() - since if since else 0.0

    def facts(self) -> Mapping[str, object]:
        return self._engine.facts() if self._engine else {}

    async def speak(self, text: str, voice: Voice, speed: float) -> AsyncGenerator[bytes]:
        """PCM as it is made. To be closed by who asks for it; then no further piece is made."""
        engine = self._engine
        assert engine is not None, "nothing can be spoken before the engine is ready"
        loop = asyncio.get_running_loop()
        pieces = encode(engine.synthesize(text, voice, speed), engine.rate)
        self.active += 1
        exhausted = False
        try:
            while True:
                piece = await loop.run_in_executor(self._thread, self._timed, lambda: next(pieces, None))
                if piece is None:
                    break
                if piece:
                    yield piece
            exhausted = True
        finally:
            if exhausted:
                self.active -= 1
                loop.call_later(_GAP, self._rest)
            else:  # it counts as active until its last piece is made
                closing = self._thread.submit(pieces.close)
                closing.add_done_callback(lambda _: self._ended(loop))

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        """Texts that will be asked for soon, in place of those named before: made while nobody waits."""
        if engine := self._engine:
            self._thread.submit(engine.ahead, wanted)
            self._rest()

    def _rest(self) -> None:
        """Lets the engine do what may be wanted later, a little at a time, as long as nobody speaks."""
        if self._engine is None or self._resting:
            return
        self._resting = True
        with contextlib.suppress(RuntimeError):  # it is being closed
            self._thread.submit(self._idle, self._engine)

    def _idle(self, engine: Engine) -> None:
        self._resting = False  # first: who asks from here on may have come too late for this turn
        try:
            more = self.active == 0 and self._timed(engine.idle)
        except Exception:
            log.exception("the engine %s broke while nobody spoke", self.name)
            more = False
        if more:
            self._rest()

    async def refresh(self) -> None:
        """Takes up the shelf as it is now; a voice that is spoken with goes on."""
        if (engine := self._engine) is None:
            return  # it looks once more before it is ready
        loop = asyncio.get_running_loop()
        usable, problems = await loop.run_in_executor(
            self._thread, self._timed, lambda: self._usable(engine, lambda share: None)
        )
        if usable or not self.voices:
            self.voices, self.health = usable, _ready(usable, problems)

    def _usable(self, engine: Engine, report: Callable[[float], None]) -> tuple[dict[str, Voice], list[str]]:
        """The voices that are ready to be spoken with, and a sentence for each other one."""
        voices = self._shelf.of(self.name)
        usable: dict[str, Voice] = {}
        problems: list[str] = []
        for number, voice in enumerate(voices, 1):
            try:
                engine.prepare(voice)
                usable[voice.id] = voice
            except VoiceError as fault:
                problems.append(f"The voice {voice.id} is skipped: {voice.folder / 'voice.toml'}: {fault}")
            except Exception as fault:
                log.exception("the engine %s broke at the voice %s", self.name, voice.id)
                problems.append(f"The voice {voice.id} is skipped: {_sentence(fault)}")
            report(number / len(voices))
        for problem in problems:
            log.warning("%s", problem)
        return usable, problems

    def _ended(self, loop: asyncio.AbstractEventLoop) -> None:
        def count() -> None:
            self.active -= 1
            loop.call_later(_GAP, self._rest)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
            loop.call_soon_threadsafe(count)

    def _timed(self, what: Callable[[], Result]) -> Result:
        self._busy_since = time.monotonic()
        try:
            return what()
        finally:
            self._busy_since = 0.0

    def _load(self) -> None:
        try:
            self._bring_up()
        except EngineAbsent as reason:
            log.debug("%s", reason)
            self.health = Health("absent", 0.0, _sentence(reason))
        except EngineFault as fault:
            log.error("the engine %s did not load: %s", self.name, fault)
            self._fail(fault)
        except Exception as fault:
            log.exception("the engine %s did not load", self.name)
            self._fail(fault)

    def _fail(self, fault: Exception) -> None:
        detail = f"The engine {self.name} did not load: {_sentence(fault)}"
        self.health = Health("failed", self.health.progress, detail)

    def _bring_up(self) -> None:
        def report(progress: float, detail: str) -> None:
            self.health = Health("loading", progress * 0.8, detail)

        def warmed(share: float) -> None:
            self.health = Health("warming", 0.8 + 0.1 * share, "Preparing the voices.")

        engine = self._make()
        engine.load(report)
        warmed(0)
        looked, (usable, problems) = self._shelf.voices, self._usable(engine, warmed)
        if engine.rehearsal:
            for voice in usable.values():
                for _ in encode(engine.synthesize(engine.rehearsal, voice, 1.0), engine.rate):
                    pass
        self._engine = engine  # from here on a change is told
        if self._shelf.voices is not looked:
            usable, problems = self._usable(engine, warmed)
        self.voices, self.health = usable, _ready(usable, problems)
        self._rest()


def _ready(usable: Mapping[str, Voice], problems: list[str]) -> Health:
    if usable:
        return Health("ready", 1.0, f"Ready with {len(usable)} voice{'s'[: len(usable) != 1]}.")
    return Health("ready", 1.0, " ".join(["No voice can be used.", *problems]))


def _sentence(fault: Exception) -> str:
    words = str(fault) or type(fault).__name__
    return words if words.endswith((".", "!", "?", "。")) else words + "."
