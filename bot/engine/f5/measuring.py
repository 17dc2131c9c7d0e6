"""Measures how long a piece of speech takes on this machine, for the planner to count with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import torch

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.sampler import Job, Sampler, Sampling
from bot.engine.f5.vocoder import Vocoder

_FRAMES = (128, 320)  # lengths that are timed on a processor
_PLAIN = (128, 960)  # on a GPU: shorter and longer than what its first graph takes
_DECODED = 50  # frames
_LONGEST = 1024  # frames of a graph that is timed: what is longer is told from the others
_TIMES = 3  # steps of a kind on a GPU, whose median counts
_BELIEVABLE = 2.0  # a machine is no more times slower than it was than this: another program had it


class Measuring:
    """Whole pieces, told from the first steps of a few lengths: a machine is known in seconds.

    What all are off by, the first pieces that are spoken put right, and it stays put right: what is timed
    later counts as it would have taken at first, judged by a length that was timed then and is once more.
    """

    def __init__(
        self, sampler: Sampler, vocoder: Vocoder, sampling: Sampling, clock: Callable[[], float]
    ) -> None:
        self._sampler, self._plainly = sampler, Sampler(sampler.transformer)
        self._vocoder, self._sampling, self._clock = vocoder, sampling, clock
        self._gpu = sampler.transformer.device.type == "cuda"
        self._found: dict[int, Measurement] = {}  # by the length of a graph
        self._plain: list[Measurement] = []
        self._decoding = 0.0  # s a frame

    def begin(self, lengths: Sequence[int] = ()) -> CostModel:
        """`lengths`: of the graphs that there are, for one piece at a time."""
        # What is done but once (kernels loaded, libraries that look for their best way) is done before.
        self._piece(self._plainly, 64)
        mel = self._trial(2 * _DECODED).reference
        self._seconds(lambda: self._vocoder.decode(mel))
        self._decoding = self._seconds(lambda: self._vocoder.decode(mel)) / _DECODED
        self._time_plainly(_PLAIN if self._gpu or lengths else _FRAMES)
        for frames in lengths:
            self._found[frames] = Measurement(frames, self._timed(self._sampler, frames))
        return CostModel.fit([*self._plain, *self._found.values()], lengths)

    def follow(self, cost: CostModel, lengths: Sequence[int]) -> None:
        """The graphs that there are have become those of `lengths`: times what is new among them."""
        if new := [frames for frames in lengths if frames not in self._found and frames <= _LONGEST]:
            if not self._plain:
                self._time_plainly(_PLAIN)
                cost.drift = 1.0  # it was that of another transformer
            pace = self._pace(lengths)
            for frames in new:
                self._found[frames] = Measurement(frames, self._timed(self._sampler, frames) / pace)
            cost.refit([*self._plain, *self._found.values()])
        cost.pad_to(lengths)

    def restart(self, sampler: Sampler) -> None:
        """Another transformer takes the place of the one that was timed: all is timed anew."""
        self._sampler, self._plainly = sampler, Sampler(sampler.transformer)
        self._plain.clear()
        self.forget()

    def forget(self) -> None:
        """Other graphs will take the place of those that were timed."""
        self._found.clear()

    def _time_plainly(self, lengths: Sequence[int]) -> None:
        self._plain += [
            Measurement(frames, self._timed(self._plainly, frames), plain=True) for frames in lengths
        ]

    def _pace(self, lengths: Sequence[int]) -> float:
        """How much longer the machine takes now than when it was first measured."""
        known = next((self._found[frames] for frames in lengths if frames in self._found), None)
        then = known or self._plain[0]
        now = self._timed(self._plainly if then.plain else self._sampler, then.frames)
        return min(max(now / max(then.seconds, 1e-9), 1 / _BELIEVABLE), _BELIEVABLE)

    def _timed(self, sampler: Sampler, frames: int) -> float:
        """Seconds of a whole piece of so many frames, half of them the reference's."""
        if self._gpu:
            self._piece(sampler, frames)
        return self._piece(sampler, frames) + self._decoding * frames / 2

    def _piece(self, sampler: Sampler, frames: int) -> float:
        job, sampling = self._trial(frames), self._sampling
        guided, steps = sampling.guided, sampling.steps
        first, further = self._steps(sampler, job, sampling, guided or steps)
        if not 0 < guided < steps:
            return first + further * (steps - 1)
        _, alone = self._steps(sampler, job, replace(sampling, cfg_strength=0.0), steps)
        return first + further * (guided - 1) + alone * (steps - guided)

    def _steps(self, sampler: Sampler, job: Job, sampling: Sampling, alike: int) -> tuple[float, float]:
        """Seconds of the first step, which takes up the text too, and of another of the `alike` ones.

        They are those of a real piece: no table of other moments is needed.
        """
        under_way = sampler.sample([job], sampling)
        first = self._seconds(lambda: next(under_way))
        further = [
            self._seconds(lambda: next(under_way)) for _ in range(min(alike - 1, _TIMES if self._gpu else 1))
        ]
        under_way.close()
        return first, median(further) if further else first

    def _seconds(self, work: Callable[[], object]) -> float:
        began = self._clock()
        work()
        if self._gpu:
            torch.cuda.synchronize()
        return self._clock() - began

    def _trial(self, frames: int) -> Job:
        """Silence that is to be continued: as much work as speech."""
        model = self._sampler.transformer
        reference = torch.zeros(frames // 2, model.architecture.mel, device=model.device)
        ids = torch.zeros(frames // 8, dtype=torch.int64)
        return Job(reference=reference, ids=ids, frames=frames, seed=1)
