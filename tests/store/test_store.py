"""What survives: SIGKILL, broken rows, full disks and files of other kinds."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.messages import ChatEvent
from bot.sources.event_json import from_json, to_json
from bot.store import _MIGRATIONS, MOST_FAILURES, Store, StoreError, UnreadPaid
from tests.store.stored import GIFT, ROOT, paid, unread


def test_unread_comes_back_whole_and_oldest_first(store: Store, path: Path) -> None:
    events: list[ChatEvent] = [paid(3), GIFT, paid(1, text="e\u0301 \U0001f600 \"'; DROP TABLE"), paid(2)]
    for event in events:
        store.add(event)
    assert list(store.unread()) == events
    assert unread(path) == events  # another run of the bot


def test_what_was_read_is_gone(store: Store, path: Path) -> None:
    for event in (paid(1), paid(2), GIFT):
        store.add(event)
    store.remove(paid(2))
    store.remove(paid(2))
    store.remove(paid(9))
    assert unread(path) == [paid(1), GIFT]


def test_adding_again_changes_nothing(store: Store) -> None:
    store.add(paid(1))
    store.add(paid(2))
    store.add(paid(1, text="another text"))
    assert list(store.unread()) == [paid(1), paid(2)]


def test_an_id_is_its_channels_own(store: Store) -> None:
    store.add(paid(1))
    store.add(paid(1, channel="other"))
    store.remove(paid(1))
    assert list(store.unread()) == [paid(1, channel="other")]


def test_a_lone_surrogate_is_no_end_of_the_bot(store: Store) -> None:
    event = paid(1, text="\ud800")
    store.add(event)
    assert list(store.unread()) == [event]
    with pytest.raises(StoreError, match="cannot be written"):
        store.add(paid(1, channel="\ud800"))


CHILD = """
import os, signal, sys
from pathlib import Path
from bot.messages import Author, Gift, Worth
from bot.sources.event_json import from_json, to_json
from bot.store import Store
store = Store(Path(sys.argv[1]), to_json, from_json)
for number in range(20):
    author, worth = Author("1", "A"), Worth(1, "bits")
    store.add(Gift(source="t", channel="c", id=str(number), author=author, gift="x", worth=worth))
    if number == 7:
        store.remove(next(store.unread()))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_added_survives_sigkill(path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, timeout=20, check=False)
    assert child.returncode == -signal.SIGKILL
    assert [event.id for event in unread(path)] == [str(number) for number in range(1, 20)]


def test_nobody_else_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(path, to_json, from_json)
        store.add(paid(1))
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert files == dict.fromkeys(files, 384)
    assert "bot.sqlite3-wal" in files  # there it is written first


def test_a_newer_store_is_refused_and_left_as_it_is(store: Store, path: Path) -> None:
    store.add(paid(1))
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError) as error:
        Store(path, to_json, from_json)
    assert path not in [Path(file.path) for file in psutil.Process().open_files()]
    assert str(error.value) == f"{path} was written by a newer version of this bot"
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # no journal is left open beside it


def test_an_older_store_is_brought_up_and_a_copy_of_it_kept(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(f"{_MIGRATIONS[0]}; PRAGMA user_version = 1")
    old.execute(
        "INSERT INTO unread_paid (source, channel, id, event) VALUES ('bilibili', 'c', 'm1', ?)",
        (json.dumps(to_json(paid(1))),),
    )
    old.close()
    assert unread(path) == [paid(1)]
    copy = path.with_name("bot.sqlite3.v1")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    for file, version in ((copy, 1), (path, len(_MIGRATIONS))):
        db = sqlite3.connect(file)
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        assert db.execute("SELECT id FROM unread_paid").fetchall() == [("m1",)]
        db.close()
    copy.unlink()
    assert unread(path) == [paid(1)]
    assert not copy.exists()  # it is as new as can be


def test_a_new_store_keeps_no_copy_of_nothing(store: Store, path: Path) -> None:
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_place_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "not_sqlite").write_text("this is a letter and no database " * 99)
    for place, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "file" / "bot.sqlite3", "File exists"),
        (tmp_path / "file" / "below" / "bot.sqlite3", "Not a directory"),
        (tmp_path / "not_sqlite", "file is not a database"),
    ):
        with pytest.raises(StoreError) as error:
            Store(place, to_json, from_json)
        assert str(error.value) == f"the store {place} cannot be opened ({why})"


def test_a_row_that_cannot_be_decoded_is_passed_over_and_kept(store: Store, path: Path) -> None:
    for number, row in enumerate(["not json", "[]", '{"type": "future"}', '{"type": "message"}']):
        with sqlite3.connect(path) as db:
            db.execute(
                "INSERT INTO unread_paid (source, channel, id, event) VALUES ('t', 'c', ?, ?)",
                (str(number), row),
            )
        db.close()
    store.add(paid(1))
    assert list(store.unread()) == [paid(1)]
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM unread_paid").fetchone() == (5,)
    db.close()


def test_a_decoder_may_be_strict(path: Path) -> None:
    def decode(data: dict[str, Any]) -> ChatEvent:
        raise KeyError(data["type"])

    store = Store(path, to_json, decode)
    store.add(paid(1))
    assert list(store.unread()) == []
    store.close()


def test_a_full_disk_is_a_sentence_and_reading_goes_on(store: Store, path: Path) -> None:
    store.add(paid(0))
    # SQLite's own bound on the file fails an INSERT as a full disk does: SQLITE_FULL.
    store._db.execute("PRAGMA max_page_count = 1")
    more = (paid(number, text="字" * 1000) for number in range(1, 1000))
    with pytest.raises(StoreError) as error:
        deque(map(store.add, more), maxlen=0)
    assert str(error.value) == f"the store {path} cannot be written (database or disk is full)"
    assert next(store.unread()) == paid(0)
    store.remove(paid(0))
    assert paid(0) not in list(store.unread())


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="cannot be written"):
        store.add(paid(1))
    with pytest.raises(StoreError, match="cannot be read"):
        next(store.unread())


def test_a_locked_store_is_a_sentence(store: Store, path: Path) -> None:
    store._db.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreError, match="database is locked"):
            store.add(paid(1))
    finally:
        other.close()
    store.add(paid(1))
    assert list(store.unread()) == [paid(1)]


def test_the_time_of_a_run_that_is_over_means_nothing(store: Store) -> None:
    store.add(replace(paid(1), received_at=123.0, sent_at=1.8e9))
    assert list(store.unread()) == [replace(paid(1), sent_at=1.8e9)]


def test_what_fails_run_after_run_is_kept_and_not_tried_again(store: Store, path: Path) -> None:
    store.add(paid(1))
    store.add(paid(2))
    for run in range(1, MOST_FAILURES + 1):
        assert paid(1) in unread(path)
        store.add(paid(1))  # as every run does that queues it again
        assert store.failed(paid(1)) == run
    assert unread(path) == [paid(2)]
    assert [one.event for one in store.unread_paid() if one.given_up] == [paid(1)]
    store.remove(paid(1))  # taken back after all
    assert [one.event for one in store.unread_paid()] == [paid(2)]
    assert store.failed(paid(1)) == 0


def test_what_was_given_up_is_listed_tried_again_or_marked_read(store: Store, path: Path) -> None:
    for number in (1, 2, 3):
        store.add(paid(number))
    for _ in range(MOST_FAILURES):
        store.failed(paid(2))
    store.failed(paid(3))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE unread_paid SET event = '{}' WHERE id = 'm1'")
    db.close()
    kept = [
        UnreadPaid("bilibili", "c", "m1", 0, None),
        UnreadPaid("bilibili", "c", "m2", MOST_FAILURES, paid(2)),
        UnreadPaid("bilibili", "c", "m3", 1, paid(3)),
    ]
    assert list(store.unread_paid()) == kept
    assert [one.given_up for one in kept] == [False, True, False]
    assert unread(path) == [paid(3)]
    store.try_again(kept[1])
    assert unread(path) == [paid(2), paid(3)]
    store.mark_read(kept[0])  # which nothing else can take away
    store.mark_read(kept[2])
    assert [one.event for one in store.unread_paid()] == [paid(2)]


def test_a_store_from_before_failures_were_counted(path: Path) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path)
    old.executescript("".join(_MIGRATIONS[:3]) + "; PRAGMA user_version = 3")
    old.execute(
        "INSERT INTO unread_paid (source, channel, id, event) VALUES ('bilibili', 'c', 'm1', ?)",
        (json.dumps(to_json(paid(1))),),
    )
    old.commit()
    old.close()
    assert unread(path) == [paid(1)]
    assert path.with_name("bot.sqlite3.v3").exists()
