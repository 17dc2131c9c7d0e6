"""What a piece costs to make: seconds = a + b frames + c frames^2 per batch size, fitted to measurements."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

Coefficients = tuple[float, float, float]  # s, s per frame, s per frame^2; none negative

_ROUNDS = 8
_TUNING = 1.345  # Huber's: 95 % as efficient as least squares where all is normal
_LEAST_SPREAD = 0.01  # of a measurement: what is nearer is not noise worth telling apart
_WEIGHT = 0.2  # of the newest measurement in the drift
_BELIEVABLE = 2.0  # one measurement is off by no more: another program had the machine

_FREE = 256  # frames


def is_worth_padding(frames: int, padded: int) -> bool:
    """Whether so many frames are padded for the sake of a graph: if that doubles the work, launches cost
    less."""
    return padded <= 2 * frames + _FREE


@dataclass(frozen=True, slots=True)
class Measurement:
    """`batch` rows of `frames` mel frames, the reference's among them, took `seconds` in all."""

    frames: int
    seconds: float
    batch: int = 1
    plain: bool = False  # without a graph, where others have one


class CostModel:
    """Coefficients by batch size, and how far the machine has drifted from them since (heat, other programs).

    `buckets`: the lengths in frames that graphs run, of one row; a shorter row is padded to the next one
    where that is worth it. A row that none of them takes costs what `plain` has, if it is there.
    """

    def __init__(
        self,
        coefficients: Mapping[int, Coefficients],
        buckets: Sequence[int] = (),
        plain: Coefficients | None = None,
    ) -> None:
        if not coefficients:
            raise ValueError("A cost model needs the coefficients of one batch size at least.")
        self.coefficients = dict(coefficients)
        self.plain = plain
        self.drift = 1.0
        self.buckets = sorted(buckets)

    @classmethod
    def fit(cls, measurements: Iterable[Measurement], buckets: Sequence[int] = ()) -> CostModel:
        """Fits each batch size that was measured. Raises ValueError if none was."""
        coefficients, plain = _fitted(measurements)
        return cls(coefficients, buckets, plain)

    def refit(self, measurements: Iterable[Measurement]) -> None:
        """Takes up other measurements, of the machine as it was at the first of them; the drift since then
        stands. Raises ValueError, and changes nothing, if there is none."""
        coefficients, plain = _fitted(measurements)
        if not coefficients:
            raise ValueError("A cost model needs one measurement at least.")
        self.coefficients, self.plain = coefficients, plain

    def pad_to(self, buckets: Iterable[int]) -> None:
        """The graphs that there are have become others."""
        self.buckets = sorted(buckets)

    def seconds(self, frames: int, batch: int = 1) -> float:
        """Seconds to make `batch` rows of at most `frames` frames, the reference's among them.

        A batch size that was not measured costs as the next smaller one in proportion, or as the smallest.
        """
        length = self._padded(frames)
        if length is None and self.plain is not None:
            return _at(self.plain, frames) * batch * self.drift
        known = max((size for size in self.coefficients if size <= batch), default=min(self.coefficients))
        each = _at(self.coefficients[known], length or frames)
        return each * max(1.0, batch / known) * self.drift

    def _padded(self, frames: int) -> int | None:
        """The length of the graph that takes so many, None if there is none."""
        at = bisect_left(self.buckets, frames)
        if at == len(self.buckets) or not is_worth_padding(frames, self.buckets[at]):
            return None
        return self.buckets[at]

    def observe(self, measurement: Measurement) -> None:
        """Moves the drift towards what was just measured, a little, and never far for one measurement."""
        foretold = self.seconds(measurement.frames, measurement.batch)
        if foretold <= 0 or measurement.seconds <= 0:
            return
        ratio = min(max(measurement.seconds / foretold, 1 / _BELIEVABLE), _BELIEVABLE)
        self.drift *= math.exp(_WEIGHT * math.log(ratio))


def _at(coefficients: Coefficients, frames: int) -> float:
    a, b, c = coefficients
    return a + b * frames + c * frames * frames


def _fitted(measurements: Iterable[Measurement]) -> tuple[dict[int, Coefficients], Coefficients | None]:
    """Coefficients by batch size, and those of what runs plainly; where all does, they are the ordinary
    ones."""
    plain: list[Measurement] = []
    by_batch: dict[int, list[Measurement]] = {}
    for one in measurements:
        (plain if one.plain else by_batch.setdefault(one.batch, [])).append(one)
    if not by_batch:
        by_batch, plain = {1: plain} if plain else {}, []
    return {batch: _fit(each) for batch, each in by_batch.items()}, _fit(plain) if plain else None


def _fit(measurements: Sequence[Measurement]) -> Coefficients:
    """Non-negative least squares on relative errors, robust by reweighting.

    Three unknowns have seven sets of those that are not zero; the best of those whose plain solution is not
    negative is the constrained optimum (C. Lawson and R. Hanson, Solving Least Squares Problems, 1974, ch.
    23). Weights after P. Huber, Robust Estimation of a Location Parameter, 1964, by the median absolute
    deviation.
    """
    frames = np.array([one.frames for one in measurements], np.float64)
    seconds = np.array([max(one.seconds, 1e-9) for one in measurements], np.float64)
    unit = float(frames.max()) or 1.0
    columns = np.stack([np.ones_like(frames), frames / unit, (frames / unit) ** 2], axis=1) / seconds[:, None]
    weights = np.ones_like(seconds)
    solution = np.zeros(3)
    for _ in range(_ROUNDS):
        solution = _non_negative(columns * weights[:, None], weights)
        residuals = np.abs(columns @ solution - 1)
        spread = max(_LEAST_SPREAD, median(residuals.tolist()) / 0.6745)
        weights = np.sqrt(np.minimum(1.0, _TUNING * spread / np.maximum(residuals, 1e-12)))
    a, b, c = solution.tolist()
    return a, b / unit, c / unit**2


def _non_negative(columns: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The x >= 0 of [3] with the least ||columns x - target||; of equals the one with the fewest terms."""
    best, least = np.zeros(3), math.inf
    for size in (1, 2, 3):
        for chosen in combinations((1, 0, 2), size):
            kept = list(chosen)
            part, *_ = np.linalg.lstsq(columns[:, kept], target, rcond=None)
            error = float(np.sum((columns[:, kept] @ part - target) ** 2))
            if (part >= 0).all() and error < least * (1 - 1e-9) - 1e-15:
                best, least = np.zeros(3), error
                best[kept] = part
    return best
