"""A new store of the bot, open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sources.event_json import from_json, to_json
from bot.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bot.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path, to_json, from_json)
    yield store
    store.close()
