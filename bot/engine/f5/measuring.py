"""Measures how long a piece of speech takes on this machine, for the planner to count with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.sampler import Job, Sampler, Sampling
from bot.engine.f5.vocoder import Vocoder

_FRAMES = (128, 320)  # lengths that are timed
_DECODED = 50  # frames


def measured(
    sampler: Sampler,
    vocoder: Vocoder,
    sampling: Sampling,
    clock: Callable[[], float],
    lengths: Sequence[int] = (),
) -> CostModel:
    """Whole pieces, told from the first steps of two lengths: a machine is known in seconds.

    `lengths`: of the graphs that there are; they are timed in place of lengths that would run without.
    What all are off by, the first pieces that are spoken put right.
    """

    def seconds(work: Callable[[], object]) -> float:
        began = clock()
        work()
        if sampler.transformer.device.type == "cuda":
            torch.cuda.synchronize()
        return clock() - began

    def sampled(job: Job, steps: int) -> float:
        """The first step takes up the text too; the others are alike. They are those of a real piece: no
        table of other moments is needed."""
        under_way = sampler.sample([job], sampling)
        first = seconds(lambda: next(under_way))
        further = seconds(lambda: next(under_way)) if steps > 1 else 0.0
        under_way.close()
        return first + further * (sampling.steps - 1)

    lengths = sorted(lengths)[:2] or _FRAMES
    # What is done but once (kernels loaded, libraries that look for their best way) is done before.
    sampled(_trial(sampler, 64), 1)
    mel = _trial(sampler, 2 * _DECODED).reference
    vocoder.decode(mel)
    decoding = seconds(lambda: vocoder.decode(mel)) / _DECODED
    found = []
    for frames in lengths:
        job = _trial(sampler, frames)
        if sampler.transformer.device.type == "cuda":
            sampled(job, 1)
        found.append(Measurement(frames, sampled(job, min(2, sampling.steps)) + decoding * frames / 2))
    return CostModel.fit(found)


def _trial(sampler: Sampler, frames: int) -> Job:
    """Silence that is to be continued: as much work as speech."""
    model = sampler.transformer
    reference = torch.zeros(frames // 2, model.architecture.mel, device=model.device)
    return Job(reference=reference, ids=torch.zeros(frames // 8, dtype=torch.int64), frames=frames, seed=1)
