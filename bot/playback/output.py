"""What an output is to the player: something that pulls frames at its own pace and says how it is doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.messages import OutputState

Samples = NDArray[np.float32]

# Fills a mono block with what is to be heard next, silence beyond; returns how many frames hold speech or
# the pause after it. Called from whatever thread the output plays in; it neither blocks nor raises.
Pull = Callable[[Samples], int]
Report = Callable[[OutputState], None]


class OutputError(Exception):
    """An output cannot be had; the message is one sentence that says what to do."""


class Output(Protocol):
    """Where sound goes. `rate` may change while nothing is being pulled (another device took over)."""

    @property
    def rate(self) -> int:
        """Frames per second that `pull` is asked for."""

    @property
    def latency(self) -> float:
        """Seconds from a pull to the ear."""

    async def run(self, pull: Pull) -> None:
        """Pulls until cancelled. OutputError: it cannot work and trying again would not help."""
