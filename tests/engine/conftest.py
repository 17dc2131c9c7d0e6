"""The engine as a real process on a real socket, and a client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import IO

import aiohttp
import pytest

from tests.engine.running import EngineProcess, StartEngine, end, start


@pytest.fixture
def start_engine() -> Iterator[StartEngine]:
    started: list[EngineProcess] = []

    def start_one(*arguments: str, token: str = "", stderr: IO[str] | int | None = None) -> EngineProcess:
        started.append(start(*arguments, token=token, stderr=stderr))
        return started[-1]

    yield start_one
    for engine in started:
        end(engine.process)


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineProcess]:
    """One engine, ready, for all tests that leave it as it is."""
    running = start()
    yield running
    end(running.process)


@pytest.fixture
async def client(engine: EngineProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(engine.url) as session:
        yield session
