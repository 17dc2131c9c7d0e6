"""What the engine has measured of itself: real-time factor, first sound, and what went wrong."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_LAST = 200  # requests that the quantiles are of


@dataclass(slots=True)
class Numbers:
    """Of the last requests whose sound was not there already.

    Seconds of work are those of a request's own turns.
    """

    rate: int
    clock: Callable[[], float]
    requests: int = 0
    failures: int = 0
    garbled: int = 0  # pieces that came out as no speech, and were made again in fp32
    out_of_memory: int = 0
    _first: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST))  # s to the first sound
    _factors: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST))  # s of work per s of sound

    def watch(self, blocks: Iterator[Samples]) -> Generator[Samples]:
        """Passes `blocks` on and measures them; what is cut off counts for its first sound alone."""
        began = self.clock()
        worked = 0.0
        sound = 0
        self.requests += 1
        try:
            while True:
                turn = self.clock()
                block = next(blocks, None)
                worked += self.clock() - turn
                if block is None:
                    break
                if block.size and not sound:
                    self._first.append(self.clock() - began)
                sound += block.size
                yield block
        except GeneratorExit:
            raise
        except BaseException:
            self.failures += 1
            raise
        finally:
            if isinstance(blocks, Generator):
                blocks.close()
        if sound:
            self._factors.append(worked * self.rate / sound)

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "failures": self.failures,
            "garbled": self.garbled,
            "out_of_memory": self.out_of_memory,
            "rtf_mean": _rounded(sum(self._factors) / len(self._factors) if self._factors else math.nan),
            "rtf_p50": _quantile(self._factors, 0.5),
            "rtf_p95": _quantile(self._factors, 0.95),
            "first_sound_p50": _quantile(self._first, 0.5),
            "first_sound_p95": _quantile(self._first, 0.95),
        }


def _quantile(values: deque[float], share: float) -> float | None:
    if not values:
        return None
    return _rounded(sorted(values)[max(math.ceil(share * len(values)) - 1, 0)])


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
