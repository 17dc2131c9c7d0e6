"""Ends the process when the GPU does not come back: a wedged driver call cannot be cancelled from inside."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

log = logging.getLogger(__name__)

EXIT = 70  # whoever started the engine starts it anew
EXIT_LOADING = 71  # so it is too, but if it comes to this each time, another engine must do
_LIMIT = 30.0  # s that one sampling step may take; the slowest GPU needs a tenth of one
LOADING = 180.0  # s that a GPU may take over one part of loading: its first kernels, say, made for it then


def end(code: int) -> None:
    """Ends the process at once; what waits for the GPU would never end by itself."""
    os._exit(code)


class Watchdog:
    """`begin` before what may hang, `end` after it; a thread of its own looks on."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limit: float = _LIMIT,
        every: float = 1.0,
        bite: Callable[[int], None] = end,
    ) -> None:
        """`bite` is called with the exit code."""
        self._clock = clock
        self._limit = limit
        self._every = every
        self._bite = bite
        self._on: _Watch | None = None
        self._stop = threading.Event()
        threading.Thread(target=self._look, daemon=True, name="watchdog").start()

    @contextmanager
    def watching(self, *, loading: bool = False) -> Generator[None]:
        """Around what may hang; not one within another. `loading`: what comes before the engine is ready."""
        self.begin(loading=loading)
        try:
            yield
        finally:
            self.end()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Around what is no GPU's matter (a download, a disk) amid what is watched; its time begins anew
        after it."""
        on = self._on
        self._on = None
        try:
            yield
        finally:
            if on is not None:
                self._on = replace(on, since=self._clock())

    def give_up(self, why: str) -> None:
        """Ends the process now, for a GPU that has failed for good."""
        log.critical("%s: this engine ends, to be started anew", why)
        self._bite(EXIT)

    def begin(self, *, loading: bool = False) -> None:
        since = self._clock()
        self._on = _Watch(since, LOADING, EXIT_LOADING) if loading else _Watch(since, self._limit, EXIT)

    def end(self) -> None:
        self._on = None

    def close(self) -> None:
        self._stop.set()

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            on = self._on
            if on is not None and self._clock() - on.since > on.limit:
                log.critical(
                    "the GPU has not answered for %g s%s: this engine ends, to be started anew",
                    on.limit,
                    " while f5 loaded" if on.code == EXIT_LOADING else "",
                )
                self._bite(on.code)
                return


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is watched now: since when, for how long at most, and what the process ends with then."""

    since: float
    limit: float
    code: int
