"""Ends the process when the GPU does not come back: a wedged driver call cannot be cancelled from inside."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

log = logging.getLogger(__name__)

EXIT = 70  # whoever started the engine starts it anew
_LIMIT = 30.0  # s that one sampling step may take; the slowest GPU needs a tenth of one


class Watchdog:
    """`begin` before what may hang, `end` after it; a thread of its own looks on."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limit: float = _LIMIT,
        every: float = 1.0,
        bite: Callable[[], None] = lambda: os._exit(EXIT),
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._every = every
        self._bite = bite
        self._since: float | None = None
        self._stop = threading.Event()
        threading.Thread(target=self._look, daemon=True, name="watchdog").start()

    @contextmanager
    def watching(self) -> Generator[None]:
        """Around what may hang; not one within another."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def give_up(self, why: str) -> None:
        """Ends the process now, for a GPU that has failed for good."""
        log.critical("%s: this engine ends, to be started anew", why)
        self._bite()

    def begin(self) -> None:
        self._since = self._clock()

    def end(self) -> None:
        self._since = None

    def close(self) -> None:
        self._stop.set()

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            since = self._since
            if since is not None and self._clock() - since > self._limit:
                log.critical(
                    "the GPU has not answered for %g s: this engine ends, to be started anew", self._limit
                )
                self._bite()
                return
