"""An approximation of sampling: the reference's frames stay on their known path, and only the others are
integrated.

Of the null pass, only the new frames enter the blocks, which leaves out most of its work where the reference
is long; they no longer hear the reference's noise.

It goes without graphs: the blocks run at two lengths, all frames and the new ones, so there would be one
graph for every pair of them, and what moves frames between the two would be of fixed shape as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from bot.engine.f5.model import Passes, Transformer, additive
from bot.engine.f5.modulation import StepModulation


class Continued(Protocol):
    """A job: a reference and the frames that it is continued to."""

    @property
    def reference(self) -> Tensor: ...

    @property
    def frames(self) -> int: ...


class Pinned:
    """The steps of one batch of B jobs, whose `passes` are conditional ones, then null ones if any."""

    def __init__(self, model: Transformer, jobs: Sequence[Continued], passes: Passes) -> None:
        self._model, self._passes = model, passes
        self._alone = passes.first(len(jobs))
        length, device = passes.constants.projected.shape[1], model.device
        ends = [len(job.reference) for job in jobs]
        counts = [job.frames - end for job, end in zip(jobs, ends, strict=True)]
        begins, new = (torch.tensor(each, device=device)[:, None] for each in (ends, counts))  # [B, 1]
        self._mel = torch.zeros(len(jobs), length, model.architecture.mel, device=device)
        for row, job in zip(self._mel, jobs, strict=True):
            row[: len(job.reference)] = job.reference
        frames = torch.arange(length, device=device)[None]
        self._kept = (frames < begins)[..., None]  # [B, L, 1]
        self._first, most = min(ends), max(counts)
        inside = frames[:, :most] < new
        self._mask = None if min(counts) == most else additive(inside, model.precision.attention)
        self._taken = (frames[:, :most] + begins).clamp(max=length - 1)[
            ..., None
        ]  # [B, most, 1]: where they stand
        self._put = (frames - begins).clamp(0, most - 1)[..., None]  # [B, L, 1]: where a frame is among them

    def flow(self, x: Tensor, modulation: StepModulation, strength: float) -> Tensor:
        """The guided flow at x: [B, L, mel], right where frames are new."""
        model, passes, batch = self._model, self._passes, len(x)
        h = model.input(x, (passes if strength else self._alone).constants)  # [M, L, D]
        mask = None if passes.mask is None else passes.mask[:batch]
        flow = model.through(h[:batch], mask, passes.rotary, modulation, self._first)
        flow = torch.cat((flow.new_zeros(batch, self._first, flow.shape[2]), flow), dim=1)
        if not strength:
            return flow
        new = h[batch:].gather(1, self._taken.expand(-1, -1, h.shape[2]))  # [B, most, D]
        # Rotation is relative: it does not matter that the first new frame is taken for frame 0.
        null = model.through(new, self._mask, passes.rotary[: new.shape[1]], modulation)
        null = null.gather(1, self._put.expand(-1, -1, null.shape[2]))
        return flow + (flow - null) * strength

    def pin(self, x: Tensor, noise: Tensor, time: float) -> None:
        """Puts x's frames of the reference where their path is at `time`: between noise and mel."""
        x.copy_(torch.where(self._kept, noise * (1 - time) + self._mel * time, x))
