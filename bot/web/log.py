"""The last lines of the log, for the panel."""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from bot.web.access import Role
from bot.web.bodies import (
    Log,
    LogLine,
    LogQuery,
)
from bot.web.history import first_number
from bot.web.routes import Call, Route
from bot.web.views import clean

_KEPT = 1000
_LONGEST = 4000  # characters of a line


class LogTail(logging.Handler):
    """Keeps what is logged while it is `attached`; a record may come from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=_KEPT)
        self._numbers = itertools.count(first_number(time.time()))
        self.setFormatter(logging.Formatter("%(message)s"))

    @contextmanager
    def attached(self) -> Iterator[None]:
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = LogLine(
                number=next(self._numbers),
                at=round(record.created, 3),
                level=record.levelname.lower(),
                logger=record.name,
                text=clean(self.format(record), _LONGEST),
            )
        except Exception:
            self.handleError(record)
            return
        self._lines.append(line)

    def routes(self) -> list[Route]:
        return [Route("GET", "/api/log", self.log, Role.OWNER, "The last lines of the log")]

    async def log(self, call: Call, query: LogQuery) -> Log:
        lines = [line for line in list(self._lines) if line.number > query.after]
        return Log(lines=lines[-query.limit :])
