"""Which weights overflow fp16: what three pieces of speech have told once is known at the next start."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

_MOST = 50  # files that are remembered
_UNREADABLE = "surrogateescape"  # a path is bytes, and Python's word for those that are no UTF-8


class Overflows:
    """A line for each file of weights, in a file of `folder` that may be deleted.

    It spares time alone: where it cannot be read or written, what overflows is found out anew.
    """

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "overflows.txt"

    def __contains__(self, weights: Path) -> bool:
        """Raises OSError if there are no such weights."""
        return _line(weights) in self._lines()

    def add(self, weights: Path) -> None:
        try:
            lines = [*dict.fromkeys((*self._lines(), _line(weights)))][-_MOST:]
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            self._notes.write_text("\n".join(lines), encoding="utf-8", errors=_UNREADABLE)
        except OSError as fault:
            log.info("%s cannot be written: %s", self._notes, fault.strerror or fault)

    def _lines(self) -> list[str]:
        try:
            return self._notes.read_text(encoding="utf-8", errors=_UNREADABLE).splitlines()
        except OSError:
            return []


def _line(weights: Path) -> str:
    """A file of the same name and size that was written at another time may hold others."""
    stat = weights.stat()
    return f"{weights.resolve()} {stat.st_size} {stat.st_mtime_ns}"
