"""How a download comes on: its share, its pace over the last seconds, and the time that is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bot.engine.engine import Report

_SPAN = 5.0  # seconds over which the pace is taken
_EVERY = 0.1  # seconds between two reports


class Progress:
    def __init__(self, title: str, size: int, report: Report, clock: Callable[[], float]) -> None:
        """`title` begins the sentence; `size` in bytes."""
        self._title, self._size, self._report, self._clock = title, size, report, clock
        self._marks: deque[tuple[float, int]] = deque()
        self._told = float("-inf")
        self.bytes = 0

    def at(self, count: int) -> None:
        """So many bytes are there."""
        now = self._clock()
        if count < self.bytes:
            self._marks.clear()
        self.bytes = count
        if now - self._told < _EVERY and count < self._size and self._marks:
            return
        self._told = now
        self._marks.append((now, count))
        while len(self._marks) > 2 and now - self._marks[1][0] > _SPAN:
            self._marks.popleft()
        words = f"{self._title}: {count / 1e6:.0f} of {self._size / 1e6:.0f} MB"
        (since, before), (until, after) = self._marks[0], self._marks[-1]
        if until - since >= 0.5 and after > before:
            pace = (after - before) / (until - since)
            words += f", {pace / 1e6:.1f} MB/s, {_span((self._size - count) / pace)} left"
        self._report(self.share, words + ".")

    @property
    def share(self) -> float:
        return min(self.bytes / self._size, 1.0) if self._size else 1.0


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
