"""What must survive a restart, in SQLite: unread paid messages, what viewers chose and taught."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.messages import Change, ChatEvent, Reading, Viewer
from bot.store_lock import Lock, Taken

# One script a version, in order; a script that was released never changes.
_MIGRATIONS = (
    """
    CREATE TABLE unread_paid (
        number  INTEGER PRIMARY KEY,           -- the order in which they came in
        source  TEXT NOT NULL,
        channel TEXT NOT NULL,
        id      TEXT NOT NULL,                 -- of the event, unique within its source
        event   TEXT NOT NULL,                 -- the event as in a recording (JSON)
        UNIQUE (source, channel, id)
    ) STRICT;
    """,
    """
    CREATE TABLE viewers (
        id       TEXT PRIMARY KEY,             -- "twitch:12345"
        name     TEXT NOT NULL,                -- as last seen, for people who read this file
        nickname TEXT NOT NULL DEFAULT '',     -- what they want to be called
        voice    TEXT NOT NULL DEFAULT '',     -- what they chose
        speed    REAL NOT NULL DEFAULT 1.0,
        muted    INTEGER NOT NULL DEFAULT 0    -- 1: a moderator does not want them read
    ) STRICT;
    CREATE TABLE readings (
        scope    TEXT NOT NULL,                -- '': for everybody in the chat; or a viewer, "twitch:12345"
        word     TEXT NOT NULL COLLATE NOCASE,
        reading  TEXT NOT NULL,
        by       TEXT NOT NULL,                -- who taught it
        at       REAL NOT NULL,                -- seconds since the epoch
        PRIMARY KEY (scope, word)
    ) STRICT;
    CREATE TABLE reading_changes (             -- what may be taken back, the newest last
        number   INTEGER PRIMARY KEY,
        before   TEXT NOT NULL,                -- the reading as it was (JSON); null: there was none
        after    TEXT NOT NULL,
        by       TEXT NOT NULL,
        at       REAL NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE viewers ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;  -- 1: nothing of theirs is read
    """,
    """
    ALTER TABLE unread_paid ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;  -- runs whose engine spoke others
    """,
)

_CHANGES = 2000  # that can be taken back
MOST_FAILURES = 3  # of the engine at one message, one a run; then it is kept, and not tried again


class StoreError(Exception):
    """The store cannot be used; the message is a sentence for the streamer."""


class StoreInUse(StoreError):
    """Another bot has it."""


@dataclass(frozen=True, slots=True)
class UnreadPaid:
    """A paid event that is kept; None if it cannot be decoded. `failures`: runs that could not say it."""

    source: str
    channel: str
    id: str
    failures: int
    event: ChatEvent | None

    @property
    def given_up(self) -> bool:
        return self.failures >= MOST_FAILURES


class Store:
    """An SQLite file in WAL mode: what a method has returned from is there after SIGKILL, and a power cut.

    `encode` and `decode` turn an event into plain JSON data and back. Every method raises StoreError. Before
    the file is brought to a newer form a copy is kept beside it, named after its old version.

    `alone`: of the processes that ask for it so, one at a time can have it, and the others get StoreInUse.
    """

    def __init__(
        self,
        path: Path,
        encode: Callable[[ChatEvent], dict[str, Any]],
        decode: Callable[[dict[str, Any]], ChatEvent],
        *,
        alone: bool = False,
    ) -> None:
        self._path = path
        self._lock: Lock | None = None
        self._encode = encode
        self._decode = decode
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # What people paid and wrote is nobody else's to read.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            with contextlib.ExitStack() as unusable:
                if alone:
                    self._lock = Lock(_lock_of(path))
                    unusable.callback(self._lock.release)
                self._db = sqlite3.connect(path, isolation_level=None, timeout=1)
                unusable.callback(self._db.close)
                self._prepare()
                unusable.pop_all()
        except Taken:
            raise StoreInUse(f"another bot uses the store {path}") from None
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise StoreError(f"the store {path} cannot be opened ({reason})") from None

    def add(self, event: ChatEvent) -> None:
        """Keeps a paid event until `remove`; adding it again changes nothing.

        `received_at` is left out: it is a time of this run's clock, which begins anew with the machine.
        """
        data = self._encode(replace(event, received_at=0.0))
        self._change(
            "INSERT OR IGNORE INTO unread_paid (source, channel, id, event) VALUES (?, ?, ?, ?)",
            *(event.source, event.channel, event.id, json.dumps(data)),
        )

    def remove(self, event: ChatEvent) -> None:
        """The event has been read to its end, or was taken back."""
        self._change(
            "DELETE FROM unread_paid WHERE source = ? AND channel = ? AND id = ?",
            *(event.source, event.channel, event.id),
        )

    def failed(self, event: ChatEvent) -> int:
        """The engine spoke others in this run and not this kept event; in how many runs that was so."""
        self._change(
            "UPDATE unread_paid SET failures = failures + 1 WHERE source = ? AND channel = ? AND id = ?",
            *(event.source, event.channel, event.id),
        )
        found = self._read(
            "SELECT failures FROM unread_paid WHERE source = ? AND channel = ? AND id = ?",
            *(event.source, event.channel, event.id),
        )
        return int(found[0][0]) if found else 0

    def unread(self) -> Iterator[ChatEvent]:
        """What an earlier run left unread and may be tried again, oldest first.

        What cannot be decoded stays in the file.
        """
        for one in self.unread_paid():
            if one.event is not None and not one.given_up:
                yield one.event

    def unread_paid(self) -> Iterator[UnreadPaid]:
        """All that is kept, oldest first: the unread, the given up, and what cannot be decoded."""
        for source, channel, identity, failures, row in self._read(
            "SELECT source, channel, id, failures, event FROM unread_paid ORDER BY number"
        ):
            yield UnreadPaid(source, channel, identity, failures, self._event(row))

    def try_again(self, one: UnreadPaid) -> None:
        """It is among the `unread` again, as if nothing had failed at it."""
        self._change(
            "UPDATE unread_paid SET failures = 0 WHERE source = ? AND channel = ? AND id = ?",
            *(one.source, one.channel, one.id),
        )

    def mark_read(self, one: UnreadPaid) -> None:
        """As `remove`, also of what cannot be decoded."""
        self._change(
            "DELETE FROM unread_paid WHERE source = ? AND channel = ? AND id = ?",
            *(one.source, one.channel, one.id),
        )

    def _event(self, row: str) -> ChatEvent | None:
        try:
            return self._decode(json.loads(row))
        except (ValueError, LookupError, TypeError, AttributeError):  # whatever a strange row is
            return None

    def viewers(self) -> Iterator[Viewer]:
        for row in self._read("SELECT id, name, nickname, voice, speed, muted, blocked FROM viewers"):
            identity, name, nickname, voice, speed, muted, blocked = row
            yield Viewer(identity, name, nickname, voice, speed, bool(muted), bool(blocked))

    def keep_viewer(self, viewer: Viewer) -> None:
        self._change(
            "INSERT OR REPLACE INTO viewers (id, name, nickname, voice, speed, muted, blocked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            # Half a character in a stranger's name must not keep them from being muted.
            *(viewer.id, viewer.name.encode("utf-8", "replace").decode(), viewer.nickname),
            *(viewer.voice, viewer.speed),
            *(int(viewer.muted), int(viewer.blocked)),
        )

    def readings(self) -> Iterator[Reading]:
        for scope, word, reading, by, at in self._read("SELECT scope, word, reading, by, at FROM readings"):
            yield Reading(word, reading, scope, by, at)

    def changes(self) -> Iterator[Change]:
        """What was taught and forgotten and not taken back, oldest first."""
        for before, after, by, at in self._read(
            "SELECT before, after, by, at FROM reading_changes ORDER BY number"
        ):
            try:
                yield Change(_reading(before), _reading(after), by, at)
            except (ValueError, TypeError):  # a row that nobody here has written
                continue

    def apply(self, change: Change) -> None:
        """Keeps `change.after` in the place of `change.before`, and the change, at once or not at all."""
        with self.together():
            self._put(change.before, change.after)
            self._db.execute(
                "INSERT INTO reading_changes (before, after, by, at) VALUES (?, ?, ?, ?)",
                (_json(change.before), _json(change.after), change.by, change.at),
            )
            self._db.execute(
                "DELETE FROM reading_changes WHERE number <= (SELECT max(number) FROM reading_changes) - ?",
                (_CHANGES,),
            )

    def take_back(self, change: Change) -> None:
        """Keeps `change.before` in the place of `change.after`, and forgets the change, likewise."""
        with self.together():
            self._put(change.after, change.before)
            self._db.execute(
                "DELETE FROM reading_changes WHERE number = (SELECT max(number) FROM reading_changes"
                " WHERE before = ? AND after = ? AND by = ? AND at = ?)",
                (_json(change.before), _json(change.after), change.by, change.at),
            )

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All changes within are kept, or none."""
        try:
            if self._db.in_transaction:  # a part of what is kept together already
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except (sqlite3.Error, UnicodeError) as error:
            raise StoreError(f"the store {self._path} cannot be written ({error})") from None

    def close(self) -> None:
        self._db.close()
        if self._lock:
            self._lock.release()

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise StoreError(f"{self._path} was written by a newer version of this bot")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if 0 < version < len(_MIGRATIONS):
            copy = self._path.with_name(f"{self._path.name}.v{version}")
            copy.unlink(missing_ok=True)
            os.close(os.open(copy, os.O_CREAT | os.O_RDWR, 0o600))
            with contextlib.closing(sqlite3.connect(copy)) as kept:
                self._db.backup(kept)
        for number, script in enumerate(_MIGRATIONS[version:], version + 1):
            self._db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")

    def _put(self, before: Reading | None, after: Reading | None) -> None:
        if before:
            self._db.execute("DELETE FROM readings WHERE scope = ? AND word = ?", (before.scope, before.word))
        if after:
            self._db.execute(
                "INSERT OR REPLACE INTO readings (scope, word, reading, by, at) VALUES (?, ?, ?, ?, ?)",
                (after.scope, after.word, after.reading, after.by, after.at),
            )

    def _read(self, query: str, *values: str | float) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeError) as error:
            raise StoreError(f"the store {self._path} cannot be read ({error})") from None

    def _change(self, statement: str, *values: str | float) -> None:
        try:
            self._db.execute(statement, values)
        except (sqlite3.Error, UnicodeError) as error:  # an id may hold what no text can: a lone surrogate
            raise StoreError(f"the store {self._path} cannot be written ({error})") from None


def is_in_use(path: Path) -> bool:
    """Whether a bot has the store to itself now."""
    try:
        Lock(_lock_of(path)).release()
    except Taken:
        return True
    except OSError:
        return False
    return False


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _json(reading: Reading | None) -> str:
    return json.dumps(asdict(reading) if reading else None)


def _reading(text: str) -> Reading | None:
    fields = json.loads(text)
    return Reading(**fields) if fields else None
