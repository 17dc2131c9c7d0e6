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
from torch import Tensor

from bot.engine.engine import EngineFault, Report
from bot.engine.f5.checkpoint import CheckpointError
from bot.engine.f5.duration import Duration
from bot.engine.f5.faults import is_full, is_lost
from bot.engine.f5.finished import Asked, Finished
from bot.engine.f5.hub import HubError
from bot.engine.f5.hub_cache import cache_folder
from bot.engine.f5.loading import DeviceError, load, sampling_of
from bot.engine.f5.maker import Maker
from bot.engine.f5.making import Making
from bot.engine.f5.measuring import measured
from bot.engine.f5.mel import HOP, SAMPLE_RATE, log_mel
from bot.engine.f5.model import Transformer
from bot.engine.f5.numbers import Numbers
from bot.engine.f5.precision import PrecisionError
from bot.engine.f5.sampler import Job, Sampler
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.speaking import Speaker, Studio
from bot.engine.f5.tokens import VocabularyError
from bot.engine.f5.warming import Warming
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

    def __init__(self, settings: F5Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._sampling = sampling_of(settings)
        self._speakers: dict[str, Speaker] = {}
        self._finished = Finished(settings.finished_megabytes * 2**20)
        self._numbers = Numbers(SAMPLE_RATE, clock)
        self._ahead: deque[tuple[str, Voice, float]] = deque()
        self._making: dict[Asked, Making] = {}  # what is made ahead
        self._exact: Transformer | None = None
        self._warming: Warming | None = None  # on a GPU
        self._watchdog: Watchdog | None = None
        self._facts: dict[str, Any] = {}

    def load(self, report: Report) -> None:
        try:
            self._model = load(self._settings, report)
        except (HubError, CheckpointError, PrecisionError, VocabularyError, DeviceError) as fault:
            raise EngineFault(str(fault)) from None
        transformer = self._model.transformer
        if gpu := transformer.device.type == "cuda":
            self._watchdog = Watchdog(self._clock)
            self._warming = Warming(
                transformer,
                guided=self._sampling.cfg_strength > 0,
                compiled=self._settings.compile == "on",
                cache=cache_folder(self._settings.cache).parent / "chat-aloud",
            )
            self._warming.begin(lambda share, sentence: report(0.88 + 0.06 * share, sentence))
        self._sampler = Sampler(transformer, self._warming.graphs if self._warming else None)
        self._batch = _BATCH if gpu else 1
        self._maker = Maker(self._sample, self._batch, self._clock)
        report(0.95, "Measuring this machine.")
        lengths = [bucket.length for bucket in self._warming.graphs.warmed] if self._warming else []
        self._cost = measured(self._sampler, self._model.vocoder, self._sampling, self._clock, lengths)
        self._signature = repr((self._model.name, transformer.precision.name, astuple(self._settings)))
        self._studio = self._make_studio()
        self._note_facts()

    def prepare(self, voice: Voice) -> None:
        prepared = load_reference(voice)
        known = self._speakers.get(voice.id)
        if known and known.fingerprint == prepared.fingerprint:
            return
        speech = prepared.samples[: prepared.speech]
        mel = log_mel(torch.from_numpy(prepared.samples)).to(self._model.transformer.device)
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
        if self._warming:
            with self._watched():
                if self._warming.go_on():
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
        kept = {"hits": self._finished.hits, "misses": self._finished.misses, "bytes": self._finished.bytes}
        buckets = self._warming.ready if self._warming else []
        return {**self._facts, **self._numbers.as_json(), "finished": kept, "buckets": buckets}

    def _note_facts(self) -> None:
        transformer = self._model.transformer
        device = transformer.device
        self._facts = {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "precision": transformer.precision.name,
            "weights": self._model.name,
            "licence": self._model.licence,
            "steps": self._settings.steps,
        }

    # ------------------------------------------------------------ one request

    def _asked(self, text: str, voice: Voice, speed: float) -> Asked:
        return Asked(self._speakers[voice.id].fingerprint, text, speed, self._signature)

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
            studio = replace(self._studio, make=lambda job: self._maker.make(job, ahead=not making.is_wanted))
            return self._made(asked, speaker, studio)

        self._making[asked] = Making(speech)

    def _made(self, asked: Asked, speaker: Speaker, studio: Studio) -> Generator[Samples]:
        return self._finished.record(asked, self._by_turns(studio.speak(asked.text, speaker, asked.speed)))

    def _make_studio(self) -> Studio:
        return Studio(
            vocabulary=self._model.vocabulary,
            vocoder=self._model.vocoder,
            cost=self._cost,
            make=self._maker.make,
            exactly=self._sample_exactly,
            clock=self._clock,
            seed=self._settings.seed,
            retried=self._note_garbled,
        )

    def _note_garbled(self) -> None:
        self._numbers.garbled += 1
        log.warning("a piece came out as no speech; it is made again in fp32")

    def _sample(self, jobs: Sequence[Job]) -> Generator[None, None, list[Tensor]]:
        """A batch; where the GPU's memory is full, what can be given back is, and it is tried once more."""
        try:
            return (yield from self._sampler.sample(jobs, self._sampling))
        except Exception as fault:
            if not is_full(fault):
                raise
            self._numbers.out_of_memory += 1
            log.warning("the GPU's memory is full: freeing what can be, and trying again one by one")
        # After the handler: until its end the fault holds on to what was being computed.
        if self._warming:
            self._warming.free()
        torch.cuda.empty_cache()
        mels: list[Tensor] = []
        for job in jobs:
            mels += yield from self._sampler.sample([job], self._sampling)
        return mels

    def _sample_exactly(self, job: Job) -> Generator[None, None, Tensor]:
        if self._model.transformer.precision.name == "fp32":
            # The same again would be the same again.
            return (yield from self._sampler.sample([replace(job, seed=job.seed + 1)], self._sampling))[0]
        if self._exact is None:
            if self._watchdog:
                self._watchdog.end()  # a slow disk is no GPU that hangs
            self._exact = self._model.exact()
        try:
            mels = yield from Sampler(self._exact).sample([job], self._sampling)
        finally:
            self._exact = None  # it is four times as large as the other, and rarely needed
            self._model.checkpoint.release()
            torch.cuda.empty_cache()
        return mels[0]

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
            except Exception:
                if self._watchdog and is_lost(self._model.transformer.device):
                    self._watchdog.give_up("the GPU has failed")
                raise
