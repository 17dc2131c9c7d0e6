"""One bot at a time has a store, until it closes it or is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.sources.event_json import from_json, to_json
from bot.store import Store, StoreError, StoreInUse
from tests.store.stored import ROOT, unread

HOLD = """
import sys, time
from pathlib import Path
from bot.sources.event_json import from_json, to_json
from bot.store import Store
store = Store(Path(sys.argv[1]), to_json, from_json, alone=True)
print("held", flush=True)
time.sleep(60)
"""


def test_one_process_has_it_alone_until_it_is_killed(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreInUse) as error:
            Store(path, to_json, from_json, alone=True)
        assert str(error.value) == f"another bot uses the store {path}"
        assert unread(path) == []  # who does not speak what is there may look
        holder.kill()
        holder.wait()
        Store(path, to_json, from_json, alone=True).close()


def test_closing_it_lets_the_next_one_in(path: Path) -> None:
    for _ in range(2):
        Store(path, to_json, from_json, alone=True).close()
    first = Store(path, to_json, from_json, alone=True)
    with pytest.raises(StoreInUse):
        Store(path, to_json, from_json, alone=True)
    first.close()


def test_a_store_that_cannot_be_opened_is_not_held(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path, to_json, from_json, alone=True)
    path.unlink()
    Store(path, to_json, from_json, alone=True).close()
