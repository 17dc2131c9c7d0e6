"""Makes the GPU's graphs ready: the first before anything is spoken, the rest while nobody speaks."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import torch

from bot.engine.engine import Report
from bot.engine.f5.faults import is_full
from bot.engine.f5.graphs import Bucket, Graphs, in_order_of_use
from bot.engine.f5.model import Transformer

log = logging.getLogger(__name__)

_TYPICAL = 600  # frames: a reference of 5 s and a short piece
_SPARE = 1 << 30  # bytes
_FEW = 68  # multiprocessors: a GPU with fewer is a small one, to Inductor too (Orin has 16)


class Warming:
    """The graphs of one transformer, and which of them are still to come.

    A graph alone is captured in a fraction of a second. Compiling takes up to minutes, in which nothing could
    be spoken: it is done before, for all lengths at once. What would take the last of the memory is not made:
    the rest of the machine, and longer texts, need it more.
    """

    def __init__(
        self, transformer: Transformer, *, kinds: Sequence[bool], compiled: bool, cache: Path
    ) -> None:
        """`kinds`: of the steps that are sampled, with a null pass or without (`Sampling.kinds`).

        `compiled`: the transformer's blocks are compiled too; what comes of it is kept in `cache`. Where that
        fails they go uncompiled.
        """
        blocks = None
        if compiled:
            from bot.engine.f5 import compiling

            compiling.keep_compiled(cache)
            blocks = compiling.compiled(transformer)
        self.kinds = tuple(kinds)
        self.compiled = compiled
        self._device = transformer.device
        # Kind by kind for each shape: a piece takes them all.
        buckets = [replace(one, guided=kind) for one in in_order_of_use(_TYPICAL) for kind in kinds]
        self.graphs = Graphs(transformer, blocks, frames=max(one.passes * one.length for one in buckets))
        self._first = buckets[: len(kinds)]
        self._order = buckets
        self._rest = deque(buckets)
        if compiled:  # first of four rows: what is compiled of one or two is not for any others
            length = self._first[0].length
            four = next(one for one in buckets if (one.passes, one.length) == (4, length))
            self._rest = deque(dict.fromkeys([four, *buckets]))

    def begin(self, report: Report) -> None:
        """Makes ready what the first text needs."""
        doing = "Compiling, minutes at the first start." if self.compiled else "Warming the GPU."
        while self._rest and not set(self._first) <= set(self.graphs.warmed):
            report(len(self.graphs.warmed) / (1 + len(self._first)), doing)
            self._warm(self._rest.popleft())
        report(1.0, doing)

    def go_on(self) -> bool:
        """Makes one more ready; False: there is none, or no memory for it now."""
        if not self._rest or not has_room(self._device):
            return False
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
        self._rest = deque(self._first)
        torch.cuda.empty_cache()

    def _warm(self, bucket: Bucket) -> None:
        """One that cannot be had ends it: what there is must do then, and all else goes without a graph."""
        try:
            seconds = self.graphs.warm(bucket)
        except Exception as fault:
            full, told = is_full(fault), "".join(traceback.format_exception(fault))
        else:
            log.debug("%d x %d frames are ready after %.1f s", bucket.batch, bucket.length, seconds)
            return
        self.graphs.recover()
        if full:
            self._rest.clear()
            log.warning("the GPU's memory is full: longer texts and more at once go without a graph")
        elif self.compiled:  # this torch cannot compile here: it is slower, and speaks
            log.warning("the model cannot be compiled here, and goes on as it is\n%s", told)
            self.compiled = False
            again = {*self.graphs.warmed, bucket, *self._rest}
            self.graphs.give_up_compiled()
            self._rest = deque(one for one in self._order if one in again)
        else:  # or this GPU not capture
            self._rest.clear()
            log.warning("the model goes without a graph of %d frames\n%s", bucket.length, told)


def is_compiled(setting: str, device: torch.device) -> bool:
    """Whether blocks are compiled: "auto" does so on a small GPU that can, where it saves most.

    On a large one launches are what takes time, and graphs alone save them.
    """
    if setting != "auto" or device.type != "cuda":
        return setting == "on"
    return is_small(device) and find_spec("triton") is not None


def is_small(device: torch.device) -> bool:
    """Whether a GPU is one for which Inductor tunes no matrix products by itself."""
    return int(torch.cuda.get_device_properties(device).multi_processor_count) < _FEW


def has_room(device: torch.device) -> bool:
    """Whether a GPU has memory to spare: a sixth of it, and a gigabyte. A CPU has: it captures nothing."""
    if device.type != "cuda":
        return True
    free, total = torch.cuda.mem_get_info(device)
    if torch.cuda.get_device_properties(device).is_integrated:
        free = max(free, _available())
    return free > max(_SPARE, total // 6)


def _available() -> int:
    """Bytes that the system could give: a Jetson's driver leaves out what files are cached in."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
