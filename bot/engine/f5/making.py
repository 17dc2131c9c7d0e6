"""Speech that is made before it is asked for, and taken over by whoever asks meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Making:
    """One text on its way. Nothing is made twice: what there is of it is given, and then the rest made."""

    def __init__(self, speech: Callable[[Making], Generator[Samples]]) -> None:
        """`speech` makes it; it may look at `is_wanted` from turn to turn."""
        self.is_wanted = False  # somebody waits for it
        self._made: list[Samples] = []
        self._blocks = speech(self)

    def go_on(self) -> bool:
        """Does a little of it; False: it is done."""
        block = next(self._blocks, None)
        if block is None:
            return False
        if block.size:
            self._made.append(block)
        return True

    def taken(self) -> Generator[Samples]:
        """All of it from its start."""
        self.is_wanted = True
        try:
            yield from self._made
            yield from self._blocks
        finally:
            self.close()

    def close(self) -> None:
        """What is not made of it stays unmade."""
        self._blocks.close()
