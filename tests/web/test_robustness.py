"""What goes wrong beside the speech costs the pages something, and the speech nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from bot.messages import PagesState, State, Trouble
from tests.fakes.speech_server import SpeechServer
from tests.web.running import Running, running

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_pages_that_break_cost_no_speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: object) -> None:
        raise RuntimeError("a bug")

    async with SpeechServer() as server:
        monkeypatch.setattr("bot.web.numbers.Numbers.run", broken)
        async with running(tmp_path, server.url, voices=False) as site:
            await site.until(PagesState, lambda entry: entry.state is State.FAILED)
            assert "speech goes on" in (await site.until(Trouble)).detail
            await site.write("hello there")
            await server.asked(1)


async def test_pages_that_cannot_even_be_built_cost_no_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.pages.STATIC", tmp_path / "nothing")
    monkeypatch.setattr("bot.web.site.Pages", None)
    async with SpeechServer() as server, running(tmp_path, server.url, voices=False) as site:
        assert (await site.until(PagesState)).state is State.FAILED
        await site.write("hello there")
        await server.asked(1)


async def test_a_host_that_can_be_none_is_told(tmp_path: Path) -> None:
    flags = {"web.host": "x" * 70, "web.token": "owner-token-123"}
    async with SpeechServer() as server, running(tmp_path, server.url, flags, voices=False) as site:
        state = await site.until(PagesState)
        assert state.state is State.FAILED
        assert "cannot be at" in state.detail
        await site.write("hello there")
        await server.asked(1)


async def test_a_fault_in_what_pages_are_told_costs_that_alone(
    site: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.bot.site
    story = site.bot.site.story
    faulty = True
    real = story._tell_queue
    asked = 0
    told = asyncio.Event()

    def tell() -> None:
        nonlocal asked
        asked += 1
        if asked > 3:
            told.set()
        if faulty and asked > 1:  # the first is the snapshot's own
            raise ValueError("NaN")
        real()

    monkeypatch.setattr(story, "_tell_queue", tell)
    monkeypatch.setattr(story, "_both", lambda event: 1 / 0)
    async with site.events() as page:
        await page.next("snapshot")
        await site.post("/api/say", {"text": "one"})
        async with asyncio.timeout(10):
            await told.wait()
        monkeypatch.undo()
        faulty = False
        await site.post("/api/say", {"text": "two"})
        await page.next("ended", lambda event: bool(event["whole"]))


async def test_it_ends_soon_however_many_pages_are_open(tmp_path: Path, engine: str) -> None:
    """Panels, overlays, their sound, and some that answer no closing handshake."""
    deaf: list[asyncio.StreamWriter] = []
    opened = []
    async with aiohttp.ClientSession() as http:
        async with running(tmp_path, engine, {"audio.output": "browser"}) as site:
            for path in ("/api/events", "/api/events?view=overlay", "/api/audio") * 3:
                opened.append(await http.ws_connect(site.base + path))
                reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
                writer.write(HANDSHAKE % path.encode())
                assert b" 101 " in await reader.readline()
                deaf.append(writer)
            began = time.perf_counter()
        took = time.perf_counter() - began
        for page in opened:  # one left to the garbage collector warns in whichever test that is at work
            await page.close()
    for writer in deaf:
        writer.close()
    assert took < 1.0, took


async def test_a_taken_port_costs_the_pages_and_not_the_speech(tmp_path: Path) -> None:
    async with SpeechServer() as server, running(tmp_path, server.url, voices=False) as first:
        other = tmp_path / "other"
        other.mkdir()
        taken = {"web.port": str(first.port)}
        async with running(other, server.url, taken, voices=False) as second:
            state = await second.until(PagesState)
            assert state.state is State.FAILED
            assert f"127.0.0.1:{first.port}" in state.detail
            assert (await second.until(Trouble)).detail == state.detail
            await second.write("hello there")
            await server.asked(1)
