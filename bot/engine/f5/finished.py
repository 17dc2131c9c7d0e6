"""Finished speech that chat asks for again: the least recently asked for is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """All that decides how something sounds."""

    voice: str  # a fingerprint of the reference and its transcript, not a name that may come to mean another
    text: str
    speed: float
    settings: str  # the checkpoint, steps, guidance, seed, precision…


class Finished:
    """Speech by what was asked for, float32 [samples], at most `limit` bytes in all; 0 keeps nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Asked, Samples] = OrderedDict()
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, asked: Asked) -> bool:
        return asked in self._kept

    def get(self, asked: Asked) -> Samples | None:
        """The whole speech, read-only, or None; counted as a hit or a miss."""
        found = self._kept.get(asked)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(asked)
        return found

    def record(self, asked: Asked, blocks: Iterable[Samples]) -> Generator[Samples]:
        """Passes `blocks` on, and keeps them if they come to their end: speech that was cut off is not kept.

        Closing it closes `blocks`.
        """
        iterator: Iterator[Samples] = iter(blocks)
        passed: list[Samples] | None = []
        size = 0
        try:
            for block in iterator:
                size += block.nbytes
                if passed is not None and size <= self._limit:
                    passed.append(block.copy())  # before it is sent: whoever has it may write over it
                else:
                    passed = None  # too long for the whole of the room
                yield block
        finally:
            if isinstance(iterator, Generator):
                iterator.close()
        if passed:
            self._keep(asked, np.concatenate(passed))

    def clear(self) -> None:
        """Forgets all speech; the counts stay."""
        self._kept.clear()
        self.bytes = 0

    def _keep(self, asked: Asked, samples: Samples) -> None:
        samples.flags.writeable = False
        if asked in self._kept:
            self.bytes -= self._kept.pop(asked).nbytes
        self._kept[asked] = samples
        self.bytes += samples.nbytes
        while self.bytes > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= dropped.nbytes
