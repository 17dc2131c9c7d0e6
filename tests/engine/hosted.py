"""Engines of the tests' own behind the real server, and the voices that they speak with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from bot.engine.host import Host
from bot.engine.server import Server
from tests.fakes.engine import FakeEngine
from tests.fakes.loopback import serving

URL = "/v1/audio/speech"


def add_voice(folder: Path, name: str, engine: str, language: str = "en") -> None:
    (folder / name).mkdir()
    (folder / name / "voice.toml").write_text(
        f'name = "{name.title()}"\nlanguages = ["{language}"]\nengine = "{engine}"\n', encoding="utf-8"
    )


@asynccontextmanager
async def hosting(voices: Path, *engines: FakeEngine) -> AsyncIterator[Host]:
    """Not started yet. In the end none of them waits for anything any more."""
    host = Host({engine.name: partial(_itself, engine) for engine in engines}, voices)
    yield host
    for engine in engines:
        engine.let_go()
    host.close()


def _itself(engine: FakeEngine) -> FakeEngine:
    return engine


@asynccontextmanager
async def client_of(host: Host) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serving(Server(host).application(), cancelling=True) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield session


async def health(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/health") as answer:
        body: dict[str, Any] = await answer.json()
        return body
