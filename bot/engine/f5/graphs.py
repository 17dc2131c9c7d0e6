"""The transformer at fixed shapes: one CUDA graph for each length and batch, which a GPU replays in one
launch.

Without a graph a step is some 450 launches, and a fast GPU waits for the processor whatever the length.
Sequences are padded to a bucket's length and masked, which changes no number. On a CPU the same runs without
capture.
"""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bot.engine.f5.cost import is_worth_padding
from bot.engine.f5.input_embedding import Constants
from bot.engine.f5.model import LONGEST, Passes, Transformer, additive
from bot.engine.f5.modulation import StepModulation

Blocks = Sequence[Callable[..., Tensor]]


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """A shape that is captured."""

    batch: int  # jobs
    length: int  # frames
    guided: bool = True  # conditional and null pass together

    @property
    def passes(self) -> int:
        return self.batch * (2 if self.guided else 1)


def lengths(longest: int = LONGEST) -> list[int]:
    """The lengths of buckets: no sequence longer than 256 frames is padded by more than a quarter."""
    steps = [*range(128, 768, 64), *range(768, 1536, 128), *range(1536, LONGEST + 1, 256)]
    return [step for step in steps if step < longest] + [min(step for step in steps if step >= longest)]


def in_order_of_use(
    typical: int, longest: int = 2048, batches: Iterable[int] = (1, 2, 4, 8), guided: bool = True
) -> list[Bucket]:
    """What to warm, first what a first sound needs: `typical` frames (a reference and a short piece) alone.

    Then the other lengths, the nearest first, then batches, of lengths up to twice as long.
    """
    nearest = sorted(lengths(longest), key=lambda step: abs(step - typical))
    first = min((step for step in nearest if step >= typical), default=nearest[0])
    order = [first, *(step for step in nearest if step != first)]
    return [
        Bucket(batch, step, guided)
        for batch in sorted(batches)
        for step in order
        if batch == 1 or typical / 2 <= step <= typical * 2
    ]


class Graphs:
    """The captured shapes of one transformer, used from one thread.

    `blocks` takes the place of the transformer's own (see `compiling.compiled`). `frames`: of all passes of
    the largest bucket that is to come, if that is known: then all buckets share what goes into them.
    """

    def __init__(
        self,
        transformer: Transformer,
        blocks: Blocks | None = None,
        capture: bool | None = None,
        frames: int = 0,
    ) -> None:
        self._transformer, self._blocks = transformer, blocks
        self._capture = transformer.device.type == "cuda" if capture is None else capture
        self._flows: dict[Bucket, StaticFlow] = {}
        self._frames = frames
        self._room: Room | None = None
        # One stream for all: the products' libraries keep room of their own for each stream they have seen.
        self._stream: Any = torch.cuda.Stream() if self._capture else None  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle() if self._capture else None

    @property
    def warmed(self) -> list[Bucket]:
        return sorted(self._flows)

    @torch.inference_mode()
    def warm(self, bucket: Bucket) -> float:
        """Makes `bucket` ready, compiling and capturing what it needs; the seconds it took."""
        began = time.perf_counter()
        if bucket not in self._flows:
            needed = bucket.passes * bucket.length
            if self._room is None or self._room.frames < needed:
                self._room = Room(self._transformer, max(needed, self._frames))
            flow = StaticFlow(self._transformer, bucket, self._room, self._blocks)
            if self._capture:
                flow.capture(self._pool, self._stream)
            else:
                flow.run()
            self._flows[bucket] = flow
        return time.perf_counter() - began

    def drop(self, bucket: Bucket) -> None:
        """Gives a bucket's memory back, where there is too little."""
        self._flows.pop(bucket, None)
        if not self._flows:
            self._room = None
            if self._capture:  # one whose graphs are all gone cannot be used again
                self._pool = torch.cuda.graph_pool_handle()

    def give_up_compiled(self) -> None:
        """From here on graphs are of the transformer's own blocks; those there are go."""
        self._blocks = None
        for bucket in self.warmed:
            self.drop(bucket)

    def recover(self) -> None:
        """After `warm` has failed: a capture that broke leaves its stream in use, and its pool open.

        To be called outside the handler of the fault, which holds on to what was being computed.
        """
        if self._pool is None:
            return
        device = self._transformer.device
        torch.cuda.set_stream(torch.cuda.default_stream(device))
        # Not public: where they are gone memory is kept, and that is all. With no pool open the first raises.
        with contextlib.suppress(RuntimeError, AttributeError):
            torch._C._cuda_endAllocateToPool(device.index, self._pool)
            torch._C._cuda_releasePool(device.index, self._pool)
        if not self._flows:
            self._room = None
            self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.empty_cache()

    def fit(self, batch: int, length: int, guided: bool) -> tuple[int, int]:
        """The batch and length of the smallest bucket that takes so much; as given if there is none."""
        fitting = [
            bucket
            for bucket in self._flows
            if bucket.guided == guided and bucket.batch >= batch and bucket.length >= length
        ]
        best = min(fitting, key=lambda bucket: bucket.batch * bucket.length, default=None)
        if best is None or not is_worth_padding(batch * length, best.batch * best.length):
            return batch, length
        return best.batch, best.length

    def flow(self, x: Tensor, passes: Passes, modulation: StepModulation, first: int = 0) -> Tensor:
        """As `Transformer.forward`, through a captured graph if there is one of this shape."""
        batch, length = x.shape[:2]
        bucket = Bucket(batch, length, len(passes.constants.projected) > batch)
        static = self._flows.get(bucket)
        if static is None:
            flow: Tensor = self._transformer(x, passes, modulation, first)
            return flow
        return static(x, passes, modulation)[:, first:]


class Room:
    """What goes into graphs: buffers that do not move, for any bucket of up to so many frames in all passes.

    One graph runs at a time, and a step's input is copied in before it: they need but one room.
    """

    def __init__(self, transformer: Transformer, frames: int) -> None:
        arch, device = transformer.architecture, transformer.device
        self.frames = frames
        self.modulation = StepModulation(
            torch.zeros(arch.depth, 6, arch.dim, device=device), torch.zeros(2, arch.dim, device=device)
        )
        # Whose constants are in it, in which bucket's layout. Not held: they are up to hundreds of megabytes.
        self.holds: tuple[Bucket, weakref.ref[Passes]] | None = None
        self._rotary = transformer.rotary
        self._x = torch.zeros(frames, arch.mel, device=device)
        self._projected = torch.zeros(frames, arch.dim, device=device)
        self._convolved = torch.zeros(frames, arch.dim, device=device)
        self._inside = torch.ones(frames, dtype=torch.bool, device=device)
        self._mask = additive(self._inside[None], transformer.precision.attention).flatten()

    def x(self, bucket: Bucket) -> Tensor:
        """[B, L, mel]"""
        return self._x[: bucket.batch * bucket.length].view(bucket.batch, bucket.length, -1)

    def passes(self, bucket: Bucket) -> Passes:
        many, length = bucket.passes, bucket.length
        taken = slice(many * length)
        inside = self._inside[taken].view(many, length, 1)
        projected, convolved = (
            each[taken].view(many, length, -1) for each in (self._projected, self._convolved)
        )
        mask = self._mask[taken].view(many, 1, 1, length)
        return Passes(Constants(projected, convolved, inside), mask, self._rotary[:length])


class StaticFlow:
    """One bucket: its place in a room, and the graph that reads it."""

    def __init__(
        self, transformer: Transformer, bucket: Bucket, room: Room, blocks: Blocks | None = None
    ) -> None:
        self._transformer, self._bucket, self._room, self._blocks = transformer, bucket, room, blocks
        self._x, self._passes, self._modulation = room.x(bucket), room.passes(bucket), room.modulation
        self._graph: torch.cuda.CUDAGraph | None = None
        self._flow = torch.empty(0)

    def __call__(self, x: Tensor, passes: Passes, modulation: StepModulation) -> Tensor:
        """As `Transformer.forward`; the result is the caller's own."""
        self._x.copy_(x)
        self._modulation.blocks.copy_(modulation.blocks)
        self._modulation.last.copy_(modulation.last)
        holds = self._room.holds
        if holds is None or holds[0] != self._bucket or holds[1]() is not passes:  # another sampling's turn
            self._load(passes)
        if self._graph is None:
            self.run()
        else:
            self._graph.replay()
        return self._flow.clone()

    def run(self) -> None:
        """What the graph holds."""
        model, passes = self._transformer, self._passes
        h = model.input(self._x, passes.constants)
        self._flow = model.through(h, passes.mask, passes.rotary, self._modulation, blocks=self._blocks)

    def capture(self, pool: Any, stream: Any) -> None:
        """Records `run` on `stream`, after a run there that compiles and tunes what it calls."""
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self.run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the GPU meanwhile (a vocoder, a measurement).
        with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
            self.run()
        self._graph = graph

    def _load(self, passes: Passes) -> None:
        mine, theirs = self._passes, passes
        mine.constants.projected.copy_(theirs.constants.projected)
        mine.constants.convolved.copy_(theirs.constants.convolved)
        assert mine.constants.inside is not None
        assert mine.mask is not None
        if theirs.constants.inside is None or theirs.mask is None:
            mine.constants.inside.fill_(True)
            mine.mask.zero_()
        else:
            mine.constants.inside.copy_(theirs.constants.inside)
            mine.mask.copy_(theirs.mask)
        self._room.holds = self._bucket, weakref.ref(passes)
