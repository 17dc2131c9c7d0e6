"""What every contestant's model does, and what one measurement of it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.bench.engine.case import Case

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Files:
    """The weights, the same for all; "" as in the settings."""

    model: str
    architecture: str
    vocabulary: str
    vocoder: str
    vocoder_config: str  # "": none
    device: str  # "cpu", "cuda", "cuda:1"


@dataclass(frozen=True, slots=True)
class Run:
    """One sampling, in seconds from text to samples in the computer's memory, and bytes."""

    first: float  # until the first samples
    total: float
    peak: int


class Contestant(Protocol):
    """Holds a model. Belongs to one thread."""

    resident: int  # bytes that its transformer holds

    def warm(self, case: Case) -> None:
        """Makes ready for a case whatever is not to be measured: kernels, graphs, caches."""

    def run(self, case: Case) -> tuple[Run, Tensor]:
        """Measures one sampling; also gives the first text's new mel [T, 100], float32, on the CPU."""

    def profile(self, case: Case) -> Mapping[str, float]:
        """Seconds of each component in one sampling."""
