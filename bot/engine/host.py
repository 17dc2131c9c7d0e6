"""Owns the engine, the one thread it works on, and what is known of it: loading, ready, how many speak."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.engine.engine import Engine
from bot.engine.pcm import encode
from bot.engine.voices import Fingerprint, Voice, VoiceError, fingerprint, load_voices

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["loading", "warming", "ready", "failed"]
    progress: float  # 0..1
    detail: str  # a sentence


class Host:
    """Runs an engine. Everything here is for the event loop's thread; the engine lives on its own.

    A single thread makes requests take turns piece by piece, and makes closing one safe: the closing is
    queued behind the piece being made, never in the middle of it.
    """

    def __init__(self, name: str, make: Callable[[], Engine], folder: Path) -> None:
        """`make` is called on the engine's thread, and may take its time importing."""
        self.name = name
        self.health = Health("loading", 0.0, "Starting.")
        self.voices: dict[str, Voice] = {}
        self.active = 0
        self._make = make
        self._folder = folder
        self._engine: Engine | None = None
        self._loaded: Fingerprint = ()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    def start(self) -> None:
        """Begins to load; returns at once."""
        self._thread.submit(self._load)

    def close(self) -> None:
        """What is not begun is not done any more; a piece being made is left to end by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def speak(self, text: str, voice: Voice, speed: float) -> AsyncGenerator[bytes]:
        """PCM as it is made. To be closed by who asks for it; then no further piece is made."""
        engine = self._engine
        assert engine is not None, "nothing can be spoken before the engine is ready"
        loop = asyncio.get_running_loop()
        pieces = encode(engine.synthesize(text, voice, speed), engine.rate)
        self.active += 1
        exhausted = False
        try:
            while (piece := await loop.run_in_executor(self._thread, next, pieces, None)) is not None:
                yield piece
            exhausted = True
        finally:
            if exhausted:
                self.active -= 1
            else:  # it counts as active until its last piece is made
                closing = self._thread.submit(pieces.close)
                closing.add_done_callback(lambda _: self._ended(loop))

    async def refresh(self) -> None:
        """Takes up what has changed in the folder of voices; a voice that is spoken with now goes on."""
        engine = self._engine
        if engine is None or (now := fingerprint(self._folder)) == self._loaded:
            return
        self._loaded = now
        loop = asyncio.get_running_loop()
        usable, _ = await loop.run_in_executor(self._thread, self._usable, engine, lambda share: None)
        if usable:
            self.voices = usable
            self.health = Health("ready", 1.0, f"Ready with {len(usable)} voices.")

    def _usable(self, engine: Engine, report: Callable[[float], None]) -> tuple[dict[str, Voice], list[str]]:
        """The voices that this engine can speak with, and a sentence for each other one."""
        voices, problems = load_voices(self._folder)
        usable: dict[str, Voice] = {}
        for number, voice in enumerate(voices.values(), 1):
            try:
                if voice.engine != self.name:
                    raise VoiceError(f"it is for the engine {voice.engine!r}, and this one is {self.name}.")
                engine.prepare(voice)
                usable[voice.id] = voice
            except VoiceError as fault:
                problems.append(f"The voice {voice.id} is skipped: {voice.folder / 'voice.toml'}: {fault}")
            report(number / len(voices))
        for problem in problems:
            log.warning("%s", problem)
        return usable, problems

    def _ended(self, loop: asyncio.AbstractEventLoop) -> None:
        def count() -> None:
            self.active -= 1

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
            loop.call_soon_threadsafe(count)

    def _load(self) -> None:
        try:
            self._bring_up()
        except Exception as fault:
            log.exception("the engine %s did not load", self.name)
            self.health = Health("failed", self.health.progress, f"The engine did not load: {fault}")

    def _bring_up(self) -> None:
        def report(progress: float, detail: str) -> None:
            self.health = Health("loading", progress * 0.8, detail)

        def warmed(share: float) -> None:
            self.health = Health("warming", 0.8 + 0.1 * share, "Preparing the voices.")

        engine = self._make()
        engine.load(report)
        warmed(0)
        self._loaded = fingerprint(self._folder)
        usable, problems = self._usable(engine, warmed)
        if not usable:
            detail = f"No voice in {self._folder} can be used. " + " ".join(problems)
            self.health = Health("failed", 0.9, detail.strip())
            log.error("%s", detail)
            return
        for voice in usable.values():
            for _ in encode(engine.synthesize("1", voice, 1.0), engine.rate):
                pass
        self._engine, self.voices = engine, usable
        self.health = Health("ready", 1.0, f"Ready with {len(usable)} voices.")
