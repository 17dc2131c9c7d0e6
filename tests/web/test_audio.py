"""The socket of the bot's sound: the same frames for every page, one of which is the audible one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.messages import Speaking, Spoken
from bot.web.audio import NO_SOUND, AudioPages
from tests.web.running import OVERLAY, OWNER, TOKENS, Running, running

FLAGS = {"audio.output": "browser"}


@pytest.fixture
async def site(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    async with running(tmp_path, engine, FLAGS) as site:
        yield site


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[bytes] = []

    async def next(self, kind: str) -> dict[str, Any]:
        """The next text of this kind; frames on the way to it are kept."""
        async with asyncio.timeout(10):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.frames.append(message.data)
                else:
                    assert message.type is aiohttp.WSMsgType.TEXT, message
                    told: dict[str, Any] = json.loads(message.data)
                    if told["type"] == kind:
                        return told

    async def sound(self, frames: int) -> list[bytes]:
        async with asyncio.timeout(10):
            while len(self.frames) < frames:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.frames.append(message.data)
        return self.frames

    async def want(self, want: bool, **more: bool) -> None:
        await self.socket.send_json({"type": "audible", "want": want, **more})


@contextlib.asynccontextmanager
async def listening(site: Running, query: str = "") -> AsyncIterator[tuple[Page, str]]:
    async with site.http.ws_connect(f"{site.base}/api/audio{query}") as socket:
        page = Page(socket)
        stream = await page.next("stream")
        assert (stream["rate"], stream["jitter"], stream["audible"]) == (48_000, 0.06, False)
        yield page, stream["page"]


async def test_every_page_is_sent_the_same(site: Running) -> None:
    sent: list[bytes] = []
    assert site.bot._frames
    site.bot._frames.listen(sent.append)
    async with listening(site) as (one, _), listening(site) as (other, _):
        await site.write("hello everybody")
        await site.until(Spoken)
        assert len(sent) > 10
        assert await one.sound(len(sent)) == await other.sound(len(sent)) == sent


async def test_one_page_is_heard_and_hands_over(site: Running) -> None:
    async with listening(site) as (one, first):
        await one.want(True)
        assert (await one.next("audible"))["audible"] is True
        async with listening(site) as (other, second):
            await other.want(True)  # which waits for its turn
            assert (await site.get("/api/status"))["pages"]["audible"] == first
            await one.want(False)
            assert (await one.next("audible"))["audible"] is False
            assert (await other.next("audible"))["audible"] is True
            await one.want(True, take=True)
            assert (await other.next("audible"))["audible"] is False
            assert (await one.next("audible"))["audible"] is True
            assert await site.post("/api/audible", {"page": second}) == {"audible": second}
            assert (await one.next("audible"))["audible"] is False
            assert (await other.next("audible"))["audible"] is True
        assert (await one.next("audible"))["audible"] is True  # the other one has gone
        assert await site.post("/api/audible", {"page": None}) == {"audible": ""}
    await site.post("/api/audible", {"page": first}, status=404)
    await site.post("/api/audible", {"page": "x" * 65}, status=422)


async def test_the_clock_is_told_and_nonsense_ignored(site: Running) -> None:
    async with listening(site) as (page, _):
        for nonsense in (
            *("", "null", "[]", "{", "[" * 900, '{"type": "clock"}', '{"type": "clock", "sent": "x"}'),
            *('{"type": "audible", "want": 1}', '{"type": "report", "underruns": -1}', "\x00"),
            *('{"type": "report", "underruns": 1e999}', '{"type": "clock", "sent": true}'),
        ):
            await page.socket.send_str(nonsense)
        await page.socket.send_json({"type": "clock", "sent": 12.5})
        told = await page.next("clock")
        while told["sent"] != 12.5:
            told = await page.next("clock")
        await page.socket.send_json({"type": "clock", "sent": 13})
        later = await page.next("clock")
        assert 0 <= later["at"] - told["at"] < 5
        await page.socket.send_json({"type": "report", "underruns": 3})
        await page.socket.send_json({"type": "clock", "sent": 14})
        await page.next("clock")
        assert site.bot._sound_pages
        assert site.bot._sound_pages.underruns == 3
        await page.socket.send_str("x" * 2000)  # more than a page has to say
        async with asyncio.timeout(10):
            while not page.socket.closed:
                await page.socket.receive()


async def test_sound_that_goes_elsewhere_closes_the_pages(site: Running) -> None:
    async with listening(site) as (page, _):
        await page.want(True)
        await page.next("audible")
        await site.ask("PATCH", "/api/controls", {"output": "null"})
        message = await page.socket.receive(10)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, NO_SOUND)
    async with site.http.ws_connect(f"{site.base}/api/audio") as socket:
        assert (await socket.receive(10)).data == NO_SOUND
    async with site.events() as panel:
        snapshot = await panel.next("snapshot")
        assert snapshot["status"]["pages"]["audible"] == ""
        await site.ask("PATCH", "/api/controls", {"output": "browser"})
    async with listening(site) as (page, _):
        await site.write("here again")
        assert await page.sound(5)


async def test_the_overlays_token_hears_and_no_other(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, FLAGS | TOKENS) as site:
        async with listening(site, f"?token={OVERLAY}") as (page, _):
            await page.want(True)
            assert (await page.next("audible"))["audible"] is True
        for query in ("", "?token=wrong-token-wrong"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await site.http.ws_connect(f"{site.base}/api/audio{query}")
            assert refused.value.status == 401
        headers = {"Authorization": f"Bearer {OWNER}"}
        assert await site.post("/api/audible", {"page": None}, headers=headers) == {"audible": ""}


async def test_a_page_that_does_not_read_is_given_up_and_holds_up_nobody(site: Running) -> None:
    async with listening(site) as (page, _):
        pages = site.bot._sound_pages
        assert pages
        [stuck] = pages._pages.values()
        for _ in range(101):  # faster than any page reads
            pages._send(b"\xca" + bytes(1951))
        assert stuck._ended == 1013
        while (message := await page.socket.receive(10)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert message.data == 1013
    await site.write("on it goes")
    await site.until(Speaking)


def test_without_an_output_there_are_no_pages() -> None:
    pages = AudioPages(jitter=0.1)
    pages.play_from(None)
    assert (pages.count, pages.audible) == (0, "")
