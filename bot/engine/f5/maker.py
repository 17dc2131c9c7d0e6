"""Makes the mel of pieces: those that wait at the same time are sampled as one batch, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from bot.engine.f5.sampler import Job

# Samples jobs that share a batch; yields between steps, returns each job's mel.
Sample = Callable[[Sequence[Job]], Generator[None, None, list[Tensor]]]


@dataclass(frozen=True, slots=True)
class Made:
    """A piece, and what it took, whosever turns that were: `seconds` for `together` pieces in one batch."""

    mel: Tensor  # [T - R, 100]
    seconds: float
    together: int = 1


@dataclass(slots=True, eq=False)
class Order:
    """A piece that is wanted. `made` is there in the end, or `fault` is."""

    job: Job
    made: Made | None = None
    fault: Exception | None = None
    wanted: bool = True


@dataclass(slots=True)
class _Batch:
    orders: list[Order]
    sampling: Generator[None, None, list[Tensor]]
    clock: Callable[[], float]
    seconds: float = 0.0

    def step(self) -> bool:
        """Goes one step on; True if that was the last one."""
        began = self.clock()
        try:
            next(self.sampling)
        except StopIteration as done:
            self.seconds += self.clock() - began
            for order, mel in zip(self.orders, done.value, strict=True):
                order.made = Made(mel, self.seconds, len(self.orders))
            return True
        except Exception as fault:
            for order in self.orders:
                order.fault = fault
            return True
        self.seconds += self.clock() - began
        return False


@dataclass(slots=True)
class _Lane:
    """Orders of one urgency: a batch under way, and what waits for the next."""

    batch: _Batch | None = None
    waiting: list[Order] = field(default_factory=list)


class Maker:
    """Belongs to the engine's thread, where requests take turns: whoever's turn it is moves all on by a step.

    What somebody waits for goes first; what is made ahead rests meanwhile.
    """

    def __init__(self, sample: Sample, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`most`: orders in one batch. On a GPU many cost little more than one, on a CPU each its own."""
        self._sample = sample
        self._most = most
        self._clock = clock
        self._now, self._ahead = _Lane(), _Lane()

    def make(self, job: Job, *, ahead: bool = False) -> Generator[None, None, Made]:
        """Yields after every step of whatever batch goes on; returns the piece.

        Closed in between, it is not made. Raises what the sampling raises.
        """
        lane = self._ahead if ahead else self._now
        order = Order(job)
        lane.waiting.append(order)
        try:
            yield  # others order too before the batch is made up
            while order.made is None and order.fault is None:
                self._step(lane)
                yield
        finally:
            self._leave(lane, order)
        if order.fault is not None:
            raise order.fault
        assert order.made is not None
        return order.made

    def _step(self, lane: _Lane) -> None:
        if lane.batch is None:
            orders, lane.waiting = lane.waiting[: self._most], lane.waiting[self._most :]
            lane.batch = _Batch(orders, self._sample([order.job for order in orders]), self._clock)
        if lane.batch.step():
            lane.batch = None

    def _leave(self, lane: _Lane, order: Order) -> None:
        if order in lane.waiting:
            lane.waiting.remove(order)
            return
        order.wanted = False
        # The others of a batch go on; it is given up with the last that wants it.
        if lane.batch and not any(one.wanted for one in lane.batch.orders):
            lane.batch.sampling.close()
            lane.batch = None
