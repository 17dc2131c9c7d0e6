"""A stream that a thread of its own writes to: a terminal that stands still stops no speech."""

from __future__ import annotations

import contextlib
import io
import threading
from queue import Empty, SimpleQueue
from typing import TextIO

MOST = 20_000  # writes that may wait; what comes then is lost
_END = 1.0  # seconds that a stream which nobody reads may hold up the end


class Aside(io.TextIOBase):
    """Takes what is written at once, and passes it on to `out` in order.

    Ctrl-S, a selection in a Windows console and a full pipe all make `out` wait. What it refuses (a full
    disk, a reader that has gone) is dropped.
    """

    def __init__(self, out: TextIO, most: int = MOST) -> None:
        self.lost = 0  # writes
        self._out = out
        self._most = most
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._pass_on, name="view", daemon=True)
        self._writer.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        return self._out.encoding

    def isatty(self) -> bool:
        return self._out.isatty()

    def fileno(self) -> int:
        return self._out.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if self._waiting.qsize() < self._most:
            self._waiting.put(text)
        else:
            self.lost += 1
        return len(text)

    def finish(self) -> None:
        """Returns when all is written, or soon after."""
        self._waiting.put(None)
        self._writer.join(_END)

    def _pass_on(self) -> None:
        ended = False
        while not ended:
            texts = [self._waiting.get()]
            with contextlib.suppress(Empty):
                while texts[-1] is not None:
                    texts.append(self._waiting.get_nowait())
            ended = texts[-1] is None
            with contextlib.suppress(OSError, ValueError):
                self._out.write("".join(text for text in texts if text is not None))
                self._out.flush()
