"""The F5 engine: a voice cloned from a few seconds of reference, through our own inference path."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bot.engine.engine import EngineFault, Report
from bot.engine.f5.checkpoint import CheckpointError
from bot.engine.f5.duration import Duration
from bot.engine.f5.faults import is_lost
from bot.engine.f5.finished import Asked, Finished
from bot.engine.f5.hub import HubError
from bot.engine.f5.loading import DeviceError, load
from bot.engine.f5.maker import Maker
from bot.engine.f5.making import Making
from bot.engine.f5.mel import HOP, SAMPLE_RATE, log_mel
from bot.engine.f5.numbers import Numbers
from bot.engine.f5.planner import Caution
from bot.engine.f5.precision import PrecisionError
from bot.engine.f5.running import Running
from bot.engine.f5.settings import ANSWER_TIMEOUT, F5Settings
from bot.engine.f5.speaking import Speaker, Studio
from bot.engine.f5.tokens import VocabularyError
from bot.engine.f5.watchdog import Watchdog
from bot.engine.references import load_reference
from bot.engine.speakable import clean
from bot.engine.voices import Voice

log = logging.getLogger(__name__)

Samples = NDArray[np.float32]

_BATCH = 8  # pieces at once on a GPU
_EDGES = 0.13  # s of silence that trimming leaves around a reference's speech
_BLOCK = SAMPLE_RATE // 4  # samples of finished speech that go out at a time
_AHEAD = 16  # texts that are kept in mind to be made ahead


class F5Engine:
    """Fits `bot.engine.engine.Engine`. Belongs to one thread."""

    name = "f5"
    rate = SAMPLE_RATE
    rehearsal = ""  # what it costs is measured, and a voice of this engine has nothing to warm

    def __init__(
        self,
        settings: F5Settings,
        *,
        answer_timeout: float = ANSWER_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`answer_timeout`: seconds without sound after which clients take it for hung."""
        self._settings = settings
        self._caution = Caution.within(answer_timeout)
        self._clock = clock
        self._speakers: dict[str, Speaker] = {}
        self._finished = Finished(settings.finished_megabytes * 2**20)
        self._numbers = Numbers(SAMPLE_RATE, clock)
        self._ahead: deque[tuple[str, Voice, float]] = deque()
        self._making: dict[Asked, Making] = {}  # what is made ahead
        self._watchdog: Watchdog | None = None  # on a GPU
        self._facts: dict[str, Any] = {}

    def load(self, report: Report) -> None:
        watchdog = Watchdog(self._clock) if self._settings.device != "cpu" else None
        try:
            with watchdog.watching(loading=True) if watchdog else nullcontext():
                model = load(self._settings, report, watchdog.paused if watchdog else nullcontext)
            if gpu := model.transformer.device.type == "cuda":
                self._watchdog, watchdog = watchdog, None
        except (HubError, CheckpointError, PrecisionError, VocabularyError, DeviceError) as fault:
            raise EngineFault(str(fault)) from None
        finally:
            if watchdog:
                watchdog.close()  # nothing to look on at
        self._running = Running(model, self._settings, self._numbers, self._clock, self._watchdog)
        self._running.begin(report)
        self._batch = _BATCH if gpu else 1
        self._maker = Maker(self._running.sample, self._batch, self._clock)
        self._studio = self._make_studio()
        self._note_facts()

    def prepare(self, voice: Voice) -> None:
        prepared = load_reference(voice)
        known = self._speakers.get(voice.id)
        if known and known.fingerprint == prepared.fingerprint:
            return
        speech = prepared.samples[: prepared.speech]
        mel = log_mel(torch.from_numpy(prepared.samples))
        with self._watched():
            mel = mel.to(self._running.model.transformer.device)
        # As f5_tts does it: a space between a Latin transcript and what follows.
        text = prepared.text + (" " if prepared.text[-1:].isascii() and prepared.text[-1:] != " " else "")
        silence = (len(prepared.samples) - prepared.speech) / SAMPLE_RATE
        duration = Duration(prepared.text, len(prepared.samples) // HOP, silence + _EDGES)
        level = float(np.sqrt(np.mean(np.square(speech)))) if speech.size else 0.1
        self._speakers[voice.id] = Speaker(prepared.fingerprint, mel, text, duration, level)

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[Samples]:
        return self._speech(text, voice, speed)

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        if not self._settings.finished_megabytes:
            return  # there is nowhere to keep it
        known = [one for one in wanted[:_AHEAD] if one[1].id in self._speakers]
        self._ahead = deque(known)
        coming = {self._asked(clean(text), voice, speed) for text, voice, speed in known}
        for asked in [one for one in self._making if one not in coming]:
            self._making.pop(asked).close()

    def idle(self) -> bool:
        """Does a little of what may be wanted later, False if there is nothing; for while nobody waits."""
        with self._watched():
            if self._running.go_on():
                return True
        while self._ahead and len(self._making) < self._batch:
            self._begin_ahead(*self._ahead.popleft())
        for asked, making in list(self._making.items()):
            try:
                more = making.go_on()
            except Exception:
                log.exception("a text could not be made ahead")
                more = False
            if not more:
                del self._making[asked]
        return bool(self._making or self._ahead)

    def facts(self) -> Mapping[str, object]:
        if not self._facts:
            return {}
        running = self._running
        found = {**self._facts, "precision": running.precision, **self._numbers.as_json()}
        found["finished"] = {
            "hits": self._finished.hits,
            "misses": self._finished.misses,
            "bytes": self._finished.bytes,
        }
        found["buckets"] = running.warming.ready if running.warming else []
        return {**found, "remark": running.remark} if running.remark else found

    def _note_facts(self) -> None:
        model = self._running.model
        device = model.transformer.device
        self._facts = {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "weights": model.name,
            "licence": model.licence,
            "steps": self._settings.steps,
        }

    # ------------------------------------------------------------ one request

    def _asked(self, text: str, voice: Voice, speed: float) -> Asked:
        signature = repr((self._running.model.name, self._running.precision, astuple(self._settings)))
        return Asked(self._speakers[voice.id].fingerprint, text, speed, signature)

    def _speech(self, text: str, voice: Voice, speed: float) -> Generator[Samples]:
        asked = self._asked(clean(text), voice, speed)
        if making := self._making.pop(asked, None):
            yield from self._numbers.watch(making.taken())
        elif (known := self._finished.get(asked)) is not None:
            for start in range(0, len(known), _BLOCK):
                yield known[start : start + _BLOCK]
        else:
            yield from self._numbers.watch(self._made(asked, self._speakers[voice.id], self._studio))

    def _begin_ahead(self, text: str, voice: Voice, speed: float) -> None:
        asked, speaker = self._asked(clean(text), voice, speed), self._speakers[voice.id]
        if asked in self._finished or asked in self._making:
            return

        def speech(making: Making) -> Generator[Samples]:
            studio = replace(
                self._studio,
                make=lambda job: self._maker.make(job, ahead=not making.is_wanted),
                awaited=lambda: making.is_wanted,
            )
            return self._made(asked, speaker, studio)

        self._making[asked] = Making(speech)

    def _made(self, asked: Asked, speaker: Speaker, studio: Studio) -> Generator[Samples]:
        return self._finished.record(asked, self._by_turns(studio.speak(asked.text, speaker, asked.speed)))

    def _make_studio(self) -> Studio:
        running = self._running
        return Studio(
            vocabulary=running.model.vocabulary,
            vocoder=running.model.vocoder,
            cost=running.cost,
            make=self._maker.make,
            exactly=running.exactly,
            clock=self._clock,
            seed=self._settings.seed,
            caution=self._caution,
            retried=self._note_garbled,
            came=running.came,
        )

    def _note_garbled(self) -> None:
        self._numbers.garbled += 1
        log.warning("a piece came out as no speech; it is made again in fp32")

    def _by_turns(self, blocks: Generator[Samples]) -> Generator[Samples]:
        """Every turn is one in which the GPU must answer."""
        with closing(blocks):
            while True:
                with self._watched():
                    block = next(blocks, None)
                if block is None:
                    return
                yield block

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Around what the GPU does: one that hangs, or has failed for good, costs the process."""
        with self._watchdog.watching() if self._watchdog else nullcontext():
            try:
                yield
            except Exception as fault:
                self._running.failed(fault)
                if self._watchdog and is_lost(self._running.model.transformer.device):
                    self._watchdog.give_up("the GPU has failed")
                raise
