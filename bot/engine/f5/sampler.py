"""Sampling: from noise to the mel of speech, step by step, many requests of unequal lengths at once."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.engine.f5.graphs import Graphs
from bot.engine.f5.grid import grid
from bot.engine.f5.model import LONGEST, Passes, Transformer
from bot.engine.f5.modulation import StepModulation
from bot.engine.f5.pinned import Pinned

UNGUIDED = 1e-5  # f5_tts's own bound: below it there is no null pass


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample; the jobs of one batch share it."""

    steps: int = 7
    cfg_strength: float = 2.0  # of the guidance; 0: none, and half the work
    sway: float | None = -1.0
    guided_steps: int | None = None  # approximation: guidance on the first steps only; None: on all
    pinned: bool = False  # approximation: reference frames on their known path, null pass without them

    @property
    def guided(self) -> int:
        """Steps with a null pass: they come first."""
        if self.cfg_strength < UNGUIDED:
            return 0
        return self.steps if self.guided_steps is None else min(self.guided_steps, self.steps)

    @property
    def kinds(self) -> tuple[bool, ...]:
        """Which graphs its steps take: with a null pass, without, both in this order, or (pinned) none."""
        if self.pinned:
            return ()
        return (True,) * (self.guided > 0) + (False,) * (self.guided < self.steps)


@dataclass(frozen=True, slots=True)
class Job:
    """One utterance: what follows a reference."""

    reference: Tensor  # [R, 100] log mel
    ids: Tensor  # [N] int64, tokens of the reference's text and the text to speak
    frames: int  # T, reference included
    seed: int

    def __post_init__(self) -> None:
        least = least_frames(len(self.reference), len(self.ids))
        if not least <= self.frames <= LONGEST:
            raise ValueError(f"{self.frames} frames: between {least} and {LONGEST} can be sampled")

    @property
    def spoken(self) -> int:
        """Frames that are new."""
        return self.frames - len(self.reference)


def least_frames(reference: int, tokens: int) -> int:
    """The fewest frames that a reference and its tokens may be continued to (f5_tts's rule)."""
    return max(reference, tokens) + 1


class Sampler:
    """Integrates the transformer's flow with Euler steps, as f5_tts's `CFM.sample` does.

    Several samplings may be under way at once, from one thread.
    """

    def __init__(self, transformer: Transformer, graphs: Graphs | None = None) -> None:
        self.transformer = transformer
        self._graphs = graphs

    @torch.inference_mode()
    def sample(
        self, jobs: Sequence[Job], sampling: Sampling, length: int | None = None
    ) -> Generator[None, None, list[Tensor]]:
        """Yields after every step, where a caller may close it; returns each job's new mel [T - R, 100],
        float32.

        `length` pads all to that many frames (the longest of the jobs, or what a captured graph takes); no
        number depends on it, nor on the other jobs.
        """
        model, asked = self.transformer, len(jobs)
        length = length or max(job.frames for job in jobs)
        guided = sampling.guided
        if self._graphs is not None and not sampling.pinned:
            jobs, length = self._filled(jobs, length, guided > 0)
        passes = prepared(model, jobs, (False, True) if guided else (False,), length)
        alone = passes.first(len(jobs))
        pinned = Pinned(model, jobs, passes) if sampling.pinned else None
        times = grid(sampling.steps, sampling.sway)
        table = model.modulations.of(times[:-1])
        start = noise(jobs, length, model.architecture.mel).to(model.device)
        x, first = start, min(len(job.reference) for job in jobs)
        ahead: torch.cuda.Event | None = None
        for step in range(sampling.steps):
            strength = sampling.cfg_strength if step < guided else 0.0
            here = table.at(step)
            if pinned is not None:
                flow, cut = pinned.flow(x, here, strength), 0
            else:
                # The reference's own frames are not needed after the last step.
                cut = first if step == sampling.steps - 1 else 0
                flow = self._flow(x, passes if strength else alone, here, cut)
                if strength:
                    flow, null = flow.chunk(2)
                    flow = flow + (flow - null) * strength
            x = x[:, cut:] + flow * (times[step + 1] - times[step]).item()
            if pinned is not None:
                pinned.pin(x, start, times[step + 1].item())
            ahead = paced(x, ahead)
            yield
        left = first if pinned is None else 0
        return [
            x[n, len(job.reference) - left : job.frames - left].clone() for n, job in enumerate(jobs[:asked])
        ]

    def _flow(self, x: Tensor, passes: Passes, here: StepModulation, cut: int) -> Tensor:
        if self._graphs is not None:
            return self._graphs.flow(x, passes, here, cut)
        flow: Tensor = self.transformer(x, passes, here, cut)
        return flow

    def _filled(self, jobs: Sequence[Job], length: int, guided: bool) -> tuple[list[Job], int]:
        """The jobs, and short ones beside them, that fill a graph's batch, and its length."""
        assert self._graphs is not None
        batch, length = self._graphs.fit(len(jobs), length, guided)
        short = Job(jobs[0].reference[:1], jobs[0].ids[:1], 2, 0)
        return [*jobs, *[short] * (batch - len(jobs))], length


def prepared(model: Transformer, jobs: Sequence[Job], drops: Sequence[bool], length: int) -> Passes:
    """One pass of every job for each of `drops`: without withholding reference and text, and with."""
    many = len(drops)
    return model.prepare(
        [job.ids for job in jobs] * many,
        [job.reference for job in jobs] * many,
        [job.frames for job in jobs] * many,
        [drop for drop in drops for _ in jobs],
        length,
    )


def noise(jobs: Sequence[Job], length: int, mel: int) -> Tensor:
    """Where each job starts from: f5_tts's numbers for its seed on a CPU. [B, L, mel]."""
    x = torch.zeros(len(jobs), length, mel)
    for row, job in zip(x, jobs, strict=True):
        row[: job.frames] = torch.randn(job.frames, mel, generator=torch.Generator().manual_seed(job.seed))
    return x


def paced(x: Tensor, ahead: torch.cuda.Event | None) -> torch.cuda.Event | None:
    """Lets a GPU be one step behind and no more: it never waits, and a request can be cancelled."""
    if not x.is_cuda:
        return None
    done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
    done.record(torch.cuda.current_stream(x.device))
    if ahead is not None:
        ahead.synchronize()
    return done


def drained(sampling: Generator[None, None, list[Tensor]]) -> list[Tensor]:
    """The result of a sampling that nobody will cancel."""
    while True:
        try:
            next(sampling)
        except StopIteration as done:
            result: list[Tensor] = done.value
            return result
