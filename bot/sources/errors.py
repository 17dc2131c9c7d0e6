"""How a source says that it stopped.

SourceError
├── SourceDropped   what ended it can heal: try again
└── SourceFailed    only the streamer can mend it: stop
"""

from __future__ import annotations


class SourceError(Exception):
    """A source ended; the message is for the streamer."""


class SourceDropped(SourceError):
    """The connection went away, told as a reason that reads on after "trying again in 4 s: ".

    `at_once`: the platform asked for a new connection, so the first try needs no wait.
    """

    def __init__(self, reason: str, *, at_once: bool = False) -> None:
        super().__init__(reason)
        self.at_once = at_once


class SourceFailed(SourceError):
    """Trying again cannot help; the message is a sentence that says what to do."""
