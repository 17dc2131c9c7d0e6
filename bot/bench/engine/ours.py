"""This engine as a contestant: its own transformer, sampler, graphs and streaming vocoder."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from bot.bench.engine.case import Case
from bot.bench.engine.contestant import Files, Run
from bot.bench.engine.meter import Meter
from bot.engine.f5.checkpoint import open_model, open_vocoder
from bot.engine.f5.cost import CostModel
from bot.engine.f5.duration import Duration
from bot.engine.f5.graphs import Bucket, Graphs, in_order_of_use, lengths
from bot.engine.f5.grid import grid
from bot.engine.f5.linear import Linear
from bot.engine.f5.loading import attend_without_plans, decoded_in
from bot.engine.f5.maker import Maker
from bot.engine.f5.measuring import Measuring
from bot.engine.f5.mel import log_mel
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Job, Sampler, Sampling, drained, prepared
from bot.engine.f5.speaking import Samples, Speaker, Studio
from bot.engine.f5.tokens import Vocabulary, warm
from bot.engine.f5.vocoder import Vocoder
from bot.engine.f5.vocoder_stream import VocoderStream

_DECODED = 48  # frames that the engine's stream decodes at a time


@dataclass(frozen=True, slots=True)
class _Open(Precision):
    """A CPU's precision without packed weights, which torch.compile cannot look into."""

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> nn.Module:
        return Linear(weight.to(self.device, self.dtype), bias.to(self.device, self.dtype), gelu)


class Ours:
    """In one precision, with or without graphs and compiled blocks."""

    def __init__(self, files: Files, precision: str, compiled: bool = False, graphs: bool = False) -> None:
        warm()
        attend_without_plans()
        device = torch.device(files.device)
        self._meter = Meter(device)
        self.vocabulary = Vocabulary.load(Path(files.vocabulary))
        model = open_model(Path(files.model), files.architecture, self.vocabulary.size)
        before = self._meter.held()
        kind = _Open if compiled and device.type == "cpu" and precision != "int8" else Precision
        numbers = kind.of(precision, device)
        self.transformer = Transformer(model, model.architecture, numbers, source=lambda: model)
        self.transformer.modulations.of(grid(7, -1.0)[:-1])
        model.release()
        self.resident = self._meter.held() - before
        config = Path(files.vocoder_config) if files.vocoder_config else None
        voice = open_vocoder(Path(files.vocoder), config)
        self.vocoder = Vocoder(voice, voice.architecture, decoded_in(numbers), device)
        self._compiled, self._capture = compiled, graphs
        self._mels: dict[float, Tensor] = {}
        self._costs: dict[Sampling, CostModel] = {}

    @cached_property
    def _graphs(self) -> Graphs | None:
        if not self._compiled:
            return Graphs(self.transformer) if self._capture else None
        from bot.engine.f5.compiling import compiled

        return Graphs(self.transformer, compiled(self.transformer), self._capture)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.transformer, self._graphs)

    def warm(self, case: Case) -> None:
        graphs = self._graphs
        guided = case.steps if case.guided_steps is None else case.guided_steps
        if graphs and not case.pinned:
            # A CPU compiles the very length; what is captured has the length that the engine would take.
            length = lengths(case.frames)[-1] if self._capture else case.frames
            for kind in {guided > 0, guided >= case.steps}:
                graphs.warm(Bucket(case.batch, length, kind))
        self.transformer.modulations.of(grid(case.steps, case.sway)[:-1])
        for _ in range(3 if self._meter.gpu else 1):
            few = replace(case, steps=2, guided_steps=1) if case.guided_steps else replace(case, steps=1)
            self.run(few)

    def run(self, case: Case) -> tuple[Run, Tensor]:
        mel = self._mel(case)
        self._meter.forget_peak()
        began = self._meter.now()
        mels = drained(self._sampler.sample(self._jobs(case, mel), self._sampling(case)))
        first = 0.0
        for each in mels:
            stream = VocoderStream(self.vocoder, before=mel[-self.vocoder.context :])
            for start in range(0, len(each), _DECODED):
                last = start + _DECODED >= len(each)
                samples = stream.push(each[start : start + _DECODED], last).cpu().numpy()
                if samples.size and not first:
                    first = self._meter.now() - began
        total = self._meter.now() - began
        return Run(first, total, self._meter.peak()), mels[0].float().cpu()

    @torch.inference_mode()
    def profile(self, case: Case) -> Mapping[str, float]:
        mel, now = self._mel(case), self._meter.now
        marks = [now()]
        jobs = self._jobs(case, mel)
        marks.append(now())
        prepared(self.transformer, jobs, (False, True), case.frames)
        marks.append(now())
        mels = drained(self._sampler.sample(jobs, self._sampling(case)))
        marks.append(now())
        samples = [self.vocoder.decode(each) for each in mels]
        marks.append(now())
        for each in samples:
            each.cpu().numpy()
        marks.append(now())
        tokens, words, steps, decoding, copies = (after - before for before, after in pairwise(marks))
        # Sampling has the text encoder in it.
        return {
            "text": tokens + words,
            "transformer": max(steps - words, 0.0),
            "vocoder": decoding,
            "copies": copies,
        }

    def spoken(self, case: Case) -> Iterator[Samples]:
        """The text of a case as the engine streams it."""
        return self._studio(case).speak(case.text, self._speaker(case), 1.0)

    def _speaker(self, case: Case) -> Speaker:
        duration = Duration(case.reference_text, case.reference_frames, 0.0)
        return Speaker("bench", self._mel(case), case.reference_text, duration, level=0.1)

    def _studio(self, case: Case) -> Studio:
        sampling = self._sampling(case)
        if sampling not in self._costs:
            buckets = []
            if self._graphs and self._capture:
                buckets = in_order_of_use(case.frames, batches=(1,))
                for bucket in buckets:
                    for kind in sampling.kinds:
                        self._graphs.warm(replace(bucket, guided=kind))
            measuring = Measuring(self._sampler, self.vocoder, sampling, time.perf_counter)
            self._costs[sampling] = measuring.begin([bucket.length for bucket in buckets])
        maker = Maker(lambda jobs: self._sampler.sample(jobs, sampling), most=1)
        return Studio(
            vocabulary=self.vocabulary,
            vocoder=self.vocoder,
            cost=self._costs[sampling],
            make=maker.make,
            exactly=lambda job: _only(self._sampler.sample([job], sampling)),
            clock=time.perf_counter,
            seed=case.seed,
        )

    def _mel(self, case: Case) -> Tensor:
        """Cached, as the engine has it for each voice."""
        if case.reference not in self._mels:
            mel = log_mel(torch.from_numpy(case.wave())).to(self.transformer.device)
            assert len(mel) == case.reference_frames
            self._mels[case.reference] = mel
        return self._mels[case.reference]

    def _jobs(self, case: Case, mel: Tensor) -> list[Job]:
        ids = torch.tensor(self.vocabulary.ids(case.reference_text + case.text))
        return [Job(mel, ids, case.frames, case.seed + number) for number in range(case.batch)]

    def _sampling(self, case: Case) -> Sampling:
        return Sampling(
            case.steps,
            case.cfg_strength,
            case.sway or None,
            guided_steps=case.guided_steps,
            pinned=case.pinned,
        )


def _only(sampling: Generator[None, None, list[Tensor]]) -> Generator[None, None, Tensor]:
    return (yield from sampling)[0]
