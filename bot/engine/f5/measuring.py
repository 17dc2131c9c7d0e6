"""Measures how long a piece of speech takes on this machine, for the planner to count with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.sampler import Job, Sampler, Sampling, drained
from bot.engine.f5.vocoder import Vocoder

_FRAMES = (128, 320)  # lengths that are timed


def measured(sampler: Sampler, vocoder: Vocoder, sampling: Sampling, clock: Callable[[], float]) -> CostModel:
    """Whole pieces, told from single steps of two lengths: a machine is known in about a second.

    What they are off by, the first pieces that are spoken put right.
    """
    one = replace(sampling, steps=1, sway=None, guided_steps=None)

    def seconds(work: Callable[[], object]) -> float:
        began = clock()
        work()
        if sampler.transformer.device.type == "cuda":
            torch.cuda.synchronize()
        return clock() - began

    def step(job: Job) -> float:
        return seconds(lambda: drained(sampler.sample([job], one)))

    step(_trial(sampler, 64))  # what is done but once is done
    found = []
    for frames in _FRAMES:
        job = _trial(sampler, frames)
        mel = job.reference[:50]
        decoding = seconds(lambda mel=mel: vocoder.decode(mel)) * frames / 100  # type: ignore[misc]
        found.append(Measurement(frames, sampling.steps * step(job) + decoding))
    return CostModel.fit(found)


def _trial(sampler: Sampler, frames: int) -> Job:
    """Silence that is to be continued: as much work as speech."""
    model = sampler.transformer
    reference = torch.zeros(frames // 2, model.architecture.mel, device=model.device)
    return Job(reference=reference, ids=torch.zeros(frames // 8, dtype=torch.int64), frames=frames, seed=1)
