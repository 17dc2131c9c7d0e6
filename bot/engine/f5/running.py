"""The transformer at work: it samples pieces whatever befalls memory or numbers, and knows what they cost."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import torch
from torch import Tensor

from bot.engine.engine import Report
from bot.engine.f5.cost import CostModel
from bot.engine.f5.faults import is_full
from bot.engine.f5.hub_cache import own_folder
from bot.engine.f5.loading import Model, overflowing, sampling_of
from bot.engine.f5.measuring import Measuring
from bot.engine.f5.model import Transformer
from bot.engine.f5.numbers import Numbers
from bot.engine.f5.overflows import Overflows
from bot.engine.f5.precision import wider
from bot.engine.f5.sampler import Job, Sampler
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.warming import Warming, is_compiled
from bot.engine.f5.watchdog import Watchdog

log = logging.getLogger(__name__)

# Of the last pieces so many that only fp32 could make: these weights overflow fp16, and always will.
_LAST, _MANY = 10, 3
_COUNTED = "counted as a full memory"


class Running:
    """Belongs to one thread. `cost` is there once it has begun."""

    cost: CostModel

    def __init__(
        self,
        model: Model,
        settings: F5Settings,
        numbers: Numbers,
        clock: Callable[[], float],
        watchdog: Watchdog | None = None,
    ) -> None:
        """`numbers`: where it counts what went wrong; `watchdog`: for a GPU."""
        self.model = model
        self.remark = model.remark  # a sentence on what is otherwise than the settings have it
        self._settings, self._numbers, self._clock, self._watchdog = settings, numbers, clock, watchdog
        self._sampling = sampling_of(settings)
        self._exact: Transformer | None = None
        self._mended: deque[bool] = deque(maxlen=_LAST)
        self._cramped = False  # the GPU's memory was full, and nothing has been given back since
        self.warming = self._graphs(compiled=is_compiled(settings.compile, model.transformer.device))
        self.sampler = Sampler(model.transformer, self.warming.graphs if self.warming else None)
        self._measuring = Measuring(self.sampler, model.vocoder, self._sampling, clock)

    def begin(self, report: Report) -> None:
        """Makes ready what the first text needs, and measures."""
        if self.warming:
            # To compile takes a processor minutes; a graph alone is the GPU's matter.
            with nullcontext() if self.warming.compiled else self._loading():
                self.warming.begin(lambda share, sentence: report(0.88 + 0.06 * share, sentence))
        report(0.95, "Measuring this machine.")
        with self._loading():
            self.cost = self._measuring.begin(self.warming.lengths if self.warming else ())

    @property
    def precision(self) -> str:
        return self.model.transformer.precision.name

    def go_on(self) -> bool:
        """Makes one more graph ready, or times one; False: there is nothing to do."""
        if self.warming is None:
            return False
        if (lengths := self.warming.lengths) != self.cost.buckets:
            self._measuring.follow(self.cost, lengths)
            return True
        compiled = self.warming.compiled
        with self._unwatched() if compiled else nullcontext():
            more = self.warming.go_on()
        if compiled and not self.warming.compiled:
            self._measuring.forget()
        return more or self.warming.lengths != self.cost.buckets

    def sample(self, jobs: Sequence[Job]) -> Generator[None, None, list[Tensor]]:
        """A batch; where the GPU's memory is full, what can be given back is, and it is tried once more."""
        if sum(self._mended) >= _MANY and self.model.transformer.precision.dtype is torch.float16:
            self._widen()
        if self._cramped:
            self._make_room()
        try:
            return (yield from self.sampler.sample(jobs, self._sampling))
        except Exception as fault:
            self.failed(fault)
            if not is_full(fault):
                raise
            log.warning("the GPU's memory is full: freeing what can be, and trying again one by one")
        # After the handler: until its end the fault holds on to what was being computed.
        self._make_room()
        mels: list[Tensor] = []
        for job in jobs:
            mels += yield from self.sampler.sample([job], self._sampling)
        return mels

    def exactly(self, job: Job) -> Generator[None, None, Tensor]:
        """One piece in fp32; where that is what it came from, from another noise."""
        if self.precision == "fp32":
            # The same again would be the same again.
            return (yield from self.sampler.sample([replace(job, seed=job.seed + 1)], self._sampling))[0]
        if self._exact is None:
            self._exact = self.model.read_in("fp32", self._unwatched)
        try:
            mels = yield from Sampler(self._exact).sample([job], self._sampling)
        finally:
            self._exact = None  # it is four times as large as the other, and rarely needed
            torch.cuda.empty_cache()
        return mels[0]

    def failed(self, fault: Exception) -> None:
        """Something of a piece was not made; if for want of memory, there is more before the next one.

        One fault ends all that share a batch, and is told of by each of them.
        """
        if is_full(fault) and _COUNTED not in getattr(fault, "__notes__", ()):
            fault.add_note(_COUNTED)
            self._cramped = True
            self._numbers.out_of_memory += 1

    def _make_room(self) -> None:
        """Gives back to the GPU what can be done without."""
        self._cramped = False
        if self.warming:
            self.warming.free()
            self.cost.pad_to(())
        torch.cuda.empty_cache()

    def came(self, mended: bool) -> None:
        """A piece is speech; `mended`: as fp32 made it, and not before."""
        self._mended.append(mended)

    def _widen(self) -> None:
        """What overflows goes on in a format that does not, for good.

        For a moment both are there: the one in fp32, which took more, is given back. What is under way ends
        with the old one.
        """
        narrow, wide = self.precision, wider(self.model.transformer.device)
        self._mended.clear()
        try:
            transformer: Transformer | None = self.model.read_in(wide, self._unwatched)
        except Exception:
            log.exception("the model could not be loaded in %s, and goes on in %s", wide, narrow)
            transformer = None
        if transformer is None:
            torch.cuda.empty_cache()
            return
        self.model = replace(self.model, transformer=transformer)
        # Not compiled: that takes minutes, and somebody may be waiting for speech.
        self.warming = self._graphs(compiled=False)
        self.sampler = Sampler(transformer, self.warming.graphs if self.warming else None)
        self._measuring.restart(self.sampler)
        self.cost.pad_to(())
        torch.cuda.empty_cache()
        self.remark = overflowing(wide)
        log.warning("%s, and from the start where engine.f5.precision is auto", self.remark)
        with self._unwatched():
            Overflows(own_folder(self._settings.cache)).add(self.model.checkpoint.path)

    def _graphs(self, *, compiled: bool) -> Warming | None:
        """None: on a processor, and where no step could take one."""
        transformer, kinds = self.model.transformer, self._sampling.kinds
        if transformer.device.type != "cuda" or not kinds:
            return None
        cache = own_folder(self._settings.cache)
        return Warming(transformer, kinds=kinds, compiled=compiled, cache=cache)

    def _loading(self) -> AbstractContextManager[None]:
        return self._watchdog.watching(loading=True) if self._watchdog else nullcontext()

    def _unwatched(self) -> AbstractContextManager[None]:
        """Around what a slow disk may hold up."""
        return self._watchdog.paused() if self._watchdog else nullcontext()
