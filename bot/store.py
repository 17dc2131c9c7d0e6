"""What must survive a restart, in SQLite: paid messages that have not been read to the end."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.messages import ChatEvent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS unread_paid (
    number  INTEGER PRIMARY KEY,           -- the order in which they came in
    source  TEXT NOT NULL,
    channel TEXT NOT NULL,
    id      TEXT NOT NULL,                 -- of the event, unique within its source
    event   TEXT NOT NULL,                 -- the event as in a recording (JSON)
    UNIQUE (source, channel, id)
) STRICT
"""
_VERSION = 1


class StoreError(Exception):
    """The store cannot be used; the message is a sentence for the streamer."""


class Store:
    """An SQLite file in WAL mode: what `add` has returned from is there after SIGKILL, and after a power cut.

    `encode` and `decode` turn an event into plain JSON data and back. Every method raises StoreError.
    """

    def __init__(
        self,
        path: Path,
        encode: Callable[[ChatEvent], dict[str, Any]],
        decode: Callable[[dict[str, Any]], ChatEvent],
    ) -> None:
        self._path = path
        self._encode = encode
        self._decode = decode
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # What people paid and wrote is nobody else's to read.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1)
            with contextlib.ExitStack() as unusable:
                unusable.callback(self._db.close)
                self._prepare()
                unusable.pop_all()
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise StoreError(f"the store {path} cannot be opened ({reason})") from None

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise StoreError(f"{self._path} was written by a newer version of this bot; name another `store`")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(_SCHEMA)
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def add(self, event: ChatEvent) -> None:
        """Keeps a paid event until `remove`; adding it again changes nothing."""
        self._change(
            "INSERT OR IGNORE INTO unread_paid (source, channel, id, event) VALUES (?, ?, ?, ?)",
            *(event.source, event.channel, event.id, json.dumps(self._encode(event))),
        )

    def remove(self, event: ChatEvent) -> None:
        """The event has been read to its end, or was taken back."""
        self._change(
            "DELETE FROM unread_paid WHERE source = ? AND channel = ? AND id = ?",
            *(event.source, event.channel, event.id),
        )

    def unread(self) -> Iterator[ChatEvent]:
        """What an earlier run left unread, oldest first. What cannot be decoded stays in the file."""
        try:
            rows = self._db.execute("SELECT event FROM unread_paid ORDER BY number").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"the store {self._path} cannot be read ({error})") from None
        for (row,) in rows:
            try:
                yield self._decode(json.loads(row))
            except (ValueError, LookupError, TypeError, AttributeError):  # whatever a strange row is
                continue

    def close(self) -> None:
        self._db.close()

    def _change(self, statement: str, *values: str) -> None:
        try:
            self._db.execute(statement, values)
        except (sqlite3.Error, UnicodeError) as error:  # an id may hold what no text can: a lone surrogate
            raise StoreError(f"the store {self._path} cannot be written ({error})") from None
