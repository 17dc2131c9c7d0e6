"""Makes the GPU's graphs ready: the first before anything is spoken, the rest while nobody speaks."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from bot.engine.engine import Report
from bot.engine.f5.faults import is_full
from bot.engine.f5.graphs import Bucket, Graphs, in_order_of_use
from bot.engine.f5.model import Transformer

log = logging.getLogger(__name__)

_TYPICAL = 600  # frames: a reference of 5 s and a short piece


class Warming:
    """The graphs of one transformer, and which of them are still to come.

    A graph alone is captured in a fraction of a second. Compiling for a length takes up to minutes, in which
    nothing could be spoken: so what is compiled is compiled before, and longer texts go without.
    """

    def __init__(
        self, transformer: Transformer, *, kinds: Sequence[bool], compiled: bool, cache: Path
    ) -> None:
        """`kinds`: of the steps that are sampled, with a null pass or without (`Sampling.kinds`).

        `compiled`: the transformer's blocks are compiled too; what comes of it is kept in `cache`.
        """
        blocks = None
        if compiled:
            from bot.engine.f5 import compiling

            compiling.keep_compiled(cache)
            blocks = compiling.compiled(transformer)
        self.kinds = tuple(kinds)
        # Kind by kind for each shape: a piece takes them all.
        buckets = [replace(one, guided=kind) for one in in_order_of_use(_TYPICAL) for kind in kinds]
        short = [one for one in buckets if one.batch == 1 and one.length <= 2 * _TYPICAL]
        largest = max(one.passes * one.length for one in (short if compiled else buckets))
        self.graphs = Graphs(transformer, blocks, frames=largest)
        self._first = short if compiled else buckets[: len(kinds)]
        self._rest = deque(self._first if compiled else buckets)

    def begin(self, report: Report) -> None:
        """Makes ready what the first text needs."""
        many = len(self._first)
        for number in range(1, many + 1):
            report(number / many, f"Warming length {number} of {many}.")
            if not self._warm(self._rest.popleft()):
                return

    def go_on(self) -> bool:
        """Makes one more ready; False: there is none."""
        if self._rest:
            self._warm(self._rest.popleft())
        return bool(self._rest)

    @property
    def lengths(self) -> list[int]:
        """Those that one piece alone has all of its graphs for, ascending."""
        warmed = set(self.graphs.warmed)
        found = {one.length for one in warmed if one.batch == 1}
        return sorted(
            length for length in found if all(Bucket(1, length, kind) in warmed for kind in self.kinds)
        )

    @property
    def ready(self) -> list[str]:
        """Batch and length of each graph there is, and its kind where there are several."""
        one_kind = len(self.kinds) == 1
        return [
            f"{bucket.batch}x{bucket.length}{'' if one_kind or bucket.guided else ' unguided'}"
            for bucket in self.graphs.warmed
        ]

    def free(self) -> None:
        """Gives the memory of all graphs back; the one most used is made again while nobody speaks.

        All of them: they share their room, and it is the GPU's again only with the last.
        """
        for bucket in self.graphs.warmed:
            self.graphs.drop(bucket)
        self._rest = deque(self._first[: len(self.kinds)])
        torch.cuda.empty_cache()

    def _warm(self, bucket: Bucket) -> bool:
        """False: it cannot be had. What there is must do then, and everything else goes without a graph."""
        try:
            seconds = self.graphs.warm(bucket)
        except Exception as fault:
            self._rest.clear()
            self.graphs.drop(bucket)
            torch.cuda.empty_cache()
            if is_full(fault):
                log.warning("the GPU's memory is full: longer texts and more at once go without a graph")
            else:  # this torch cannot compile here, or this GPU not capture: it is slower, and speaks
                log.warning("the model goes without a graph of %d frames", bucket.length, exc_info=fault)
            return False
        log.debug("%d x %d frames are ready after %.1f s", bucket.batch, bucket.length, seconds)
        return True
