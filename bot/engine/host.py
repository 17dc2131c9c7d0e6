"""The engines of the process as one: a voice's own engine speaks, or the lightest one in its stead."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path

from bot.engine.engine import ENGINES, Engine
from bot.engine.shelf import Shelf
from bot.engine.voices import Voice
from bot.engine.worker import Health, Worker

__all__ = ["Health", "Host"]

log = logging.getLogger(__name__)

_HANGS = 120.0  # seconds over one piece of speech after which an engine counts as hung


class Host:
    """Everything here is for the event loop's thread.

    Speech begins as soon as one engine is ready. A voice whose engine is not ready, is not there, or fails at
    a text is replaced by one of the lightest engine's, always the same one.
    """

    def __init__(self, engines: Mapping[str, Callable[[], Engine]], folder: Path) -> None:
        """`engines`: how each is made (on a thread of its own), the lightest first."""
        self.shelf = Shelf(folder)
        self.workers = [Worker(name, make, self.shelf) for name, make in engines.items()]
        self._notes: dict[str, str] = {}  # engine -> what became of the last text that it failed at
        self._turn = asyncio.Lock()
        self._refreshing: set[asyncio.Task[None]] = set()
        self._broke: deque[tuple[str, str, float]] = deque(maxlen=16)  # what an engine broke in the middle of

    def start(self) -> None:
        """Begins to load; returns at once."""
        self._look()
        for worker in self.workers:
            worker.start()

    def close(self) -> None:
        for worker in self.workers:
            worker.close()

    @property
    def busy(self) -> bool:
        """True while an engine is at work that will not end soon."""
        return any(worker.busy for worker in self.workers)

    @property
    def name(self) -> str:
        """Of the best engine that is ready."""
        ready = [worker.name for worker in self.workers if worker.voices]
        return ready[-1] if ready else self.workers[0].name

    @property
    def active(self) -> int:
        return sum(worker.active for worker in self.workers)

    @property
    def voices(self) -> dict[str, Voice]:
        """Those that can be spoken with now, of all engines, by their ids."""
        found = {voice.id: voice for worker in self.workers for voice in worker.voices.values()}
        return dict(sorted(found.items()))

    @property
    def absent(self) -> list[tuple[Voice, str]]:
        """The other voices of the folder, and what their engine says of itself; "": it does not run here."""
        said = {worker.name: worker.health.detail for worker in self.workers}
        others = (voice for voice in self.shelf.voices.values() if not self._own(voice))
        return [(voice, said.get(voice.engine, "")) for voice in sorted(others, key=lambda one: one.id)]

    @property
    def health(self) -> Health:
        """Ready as soon as one voice is. The sentence tells of the others too."""
        hung = [one for one in self.workers if one.active and one.busy > _HANGS]
        if hung:
            return Health("failed", 1.0, f"The engine {hung[0].name} hangs.")
        if count := sum(len(worker.voices) for worker in self.workers):
            words = [f"Ready with {count} voice{'s'[: count != 1]}."]
            for worker in self.workers:
                words += self._besides(worker)
            return Health("ready", 1.0, " ".join(words))
        for worker in self.workers:
            if worker.health.status in ("loading", "warming"):
                return worker.health
        silent = [worker for worker in self.workers if worker.health.status == "ready"]
        words = [f"No voice in {self.shelf.folder} can be used.", *self.shelf.problems] if silent else []
        words += [
            worker.health.detail.removeprefix("No voice can be used.").strip() for worker in self.workers
        ]
        return Health("failed", 0.9, " ".join(filter(None, words)))

    @property
    def settled(self) -> bool:
        """False while an engine is still on its way."""
        return all(worker.health.status not in ("loading", "warming") for worker in self.workers)

    async def refresh(self) -> None:
        """Takes up what has changed in the folder of voices; a voice that is spoken with now goes on.

        It is taken up even if whoever asked goes away: the change shows but once.
        """
        task = asyncio.create_task(self._refresh())
        self._refreshing.add(task)
        task.add_done_callback(self._refreshing.discard)
        await asyncio.shield(task)

    async def _refresh(self) -> None:
        async with self._turn:
            if self._look():
                for worker in self.workers:
                    await worker.refresh()

    def find(self, name: str) -> Voice | None:
        """The voice of this id, if anything can be spoken with it: by its engine, or by who stands in."""
        voice = self.voices.get(name) or self.shelf.voices.get(name)
        return voice if voice and (self._own(voice) or self.stand_in(voice)) else None

    def stand_in(self, voice: Voice) -> Voice | None:
        """The light voice that speaks for `voice`: one of its language, and always the same."""
        light = self.workers[0]
        if voice.engine == light.name or not light.voices:
            return None
        ours = [one for one in light.voices.values() if voice.languages[0] in one.languages]
        return max(
            ours or light.voices.values(),
            key=lambda one: hashlib.blake2b(f"{voice.id} {one.id}".encode(), digest_size=8).digest(),
        )

    async def speak(self, text: str, voice: Voice, speed: float) -> AsyncGenerator[bytes]:
        """PCM as it is made. To be closed by who asks for it; then no further piece is made.

        Raises what the engine raised in the middle of a text; the same text is the stand-in's then, if it is
        asked for again.
        """
        stand_in = self.stand_in(voice)
        worker = self._own(voice)
        asked = (voice.id, text, speed)
        if worker and not (stand_in and asked in self._broke):
            begun = False
            try:
                async with aclosing(worker.speak(text, voice, speed)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                if begun or stand_in is None:
                    return
                # No sound at all: there was nothing to say, and so the other says nothing, or it went wrong.
            except Exception as fault:
                if stand_in is None:
                    raise
                self._note(worker.name, stand_in, fault)
                if begun:
                    self._broke.append(asked)
                    raise
        assert stand_in is not None, "find has said that it can be spoken"
        async with aclosing(self.workers[0].speak(text, stand_in, speed)) as pieces:
            async for piece in pieces:
                yield piece

    @property
    def is_slow(self) -> bool:
        """Whether any engine but the lightest speaks: then it helps to know what comes."""
        return any(worker.voices for worker in self.workers[1:])

    def ahead(self, wanted: Iterable[tuple[str, str, float]]) -> None:
        """Texts, ids of voices and speeds that will be asked for soon, in place of those named before."""
        named = [(text, voice, speed) for text, id_, speed in wanted if (voice := self.find(id_))]
        for worker in self.workers:
            worker.ahead([one for one in named if self._own(one[1]) is worker])

    def _look(self) -> bool:
        """Reads the folder if it has changed; True then."""
        changed = self.shelf.look()
        known = {worker.name for worker in self.workers} | set(ENGINES)
        for voice in self.shelf.voices.values() if changed else ():
            if voice.engine not in known:
                log.warning("The voice %s is for the engine %r, which there is not.", voice.id, voice.engine)
        return changed

    def _own(self, voice: Voice) -> Worker | None:
        """The engine that is ready to speak with it."""
        return next((worker for worker in self.workers if worker.voices.get(voice.id) == voice), None)

    def _note(self, engine: str, stand_in: Voice, fault: Exception) -> None:
        log.warning("the engine %s failed at a text, and %s stands in", engine, stand_in.id, exc_info=fault)
        reason = (str(fault).splitlines() or [""])[0][:200].rstrip(".") or type(fault).__name__
        self._notes[engine] = (
            f"{engine} failed at a message ({reason}), and {stand_in.name} spoke it instead."
        )

    def _besides(self, worker: Worker) -> list[str]:
        """What is to be told of an engine when others are ready."""
        words = [self._notes[worker.name]] if worker.name in self._notes else []
        if worker.voices:
            return words
        if worker.health.status in ("loading", "warming"):
            return [f"{worker.name}: {worker.health.detail}"]
        if worker.health.status == "ready" and not self.shelf.of(worker.name):
            return [f"{worker.name} is ready, and no voice is for it: python -m bot voices add makes one."]
        return [worker.health.detail]
