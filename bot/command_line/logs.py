"""Logging set up once, by the command line: to standard error, one line a record whatever stands in it."""

from __future__ import annotations

import logging


class OneLine(logging.Formatter):
    """Keeps a record on its line: what strangers wrote cannot begin a log line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info or record.stack_info:
            return text
        return "".join(character if character.isprintable() else " " for character in text)


def set_up(level: str, handler: logging.Handler | None = None) -> None:
    """Sends what is at least as grave as `level` to `handler`, or else to standard error."""
    handler = handler or logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
