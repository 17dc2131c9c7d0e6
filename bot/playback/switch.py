"""An output that can be exchanged for another one while the bot speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.playback.output import Output, Pull


class SwitchedOutput:
    """`make(kind, device)` gives an output, or raises OutputError and then what was goes on.

    `kind` is as audio.output names it, `device` as audio.device does.
    """

    def __init__(self, make: Callable[[str, str], Output], kind: str, device: str) -> None:
        self._make = make
        self._output = make(kind, device)
        self._changed = asyncio.Event()
        self.kind = kind
        self.device = device

    @property
    def rate(self) -> int:
        return self._output.rate

    @property
    def latency(self) -> float:
        return self._output.latency

    def change(self, kind: str, device: str) -> None:
        """From now on sound goes there; what the one before still held is lost. OutputError: as `make`."""
        self._output = self._make(kind, device)
        self.kind, self.device = kind, device
        self._changed.set()

    async def run(self, pull: Pull) -> None:
        while True:
            self._changed.clear()
            running = asyncio.create_task(self._output.run(pull))
            changed = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait((running, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
                running.cancel()
                await asyncio.wait((running,))
            if not running.cancelled() and (error := running.exception()):
                raise error
