"""One espeak engine for all these tests, and a bot for each."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.engine.running import end, start
from tests.web.running import ROOT, Running, running


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's own: what is uploaded and removed over the API is none of ours."""
    voices = tmp_path_factory.mktemp("engine") / "voices"
    shutil.copytree(ROOT / "voices", voices)
    return voices


@pytest.fixture(scope="session")
def engine(voices: Path) -> Iterator[str]:
    process = start("--engine.name", "espeak", "--voices", str(voices))
    yield process.url
    end(process.process)


@pytest.fixture
async def site(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    """Whoever reaches it is the owner."""
    async with running(tmp_path, engine) as site:
        yield site
