"""What is too much, too large, too slow or no HTTP at all, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import aiohttp
import pytest

from bot.web.limits import Limits
from tests.web.running import DEADLINE, SAFE, Running, running
from tests.web.wire import raw

HEAD = (
    b"POST %b HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\nContent-Type: %b\r\n"
    b"Content-Length: %d\r\n\r\n"
)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Limits that a test can reach."""
    limits = Limits(rate=1000, burst=5000, connections=40, pages=5, head=0.4, body=0.4, whole=2.0)
    monkeypatch.setattr("bot.web.site.Limits", lambda: limits)
    return limits


async def test_what_is_too_large_is_refused(site: Running) -> None:
    for path, size in (("/api/say", 70_000), ("/api/login", 2000), ("/v1/audio/speech", 70_000)):
        body = b'{"text": "' + b"x" * size + b'"}'
        headers = SAFE | {"Content-Type": "application/json"}
        async with site.http.post(site.base + path, data=body, headers=headers) as answer:
            assert answer.status == 413, path
    announced = HEAD % (b"/api/voices/x", b"audio/wav", 99_999_999)
    assert b" 413 " in (await raw(site.port, announced))[:20]
    huge = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: " + b"x" * 70_000 + b"\r\n\r\n"
    assert b" 400 " in (await raw(site.port, huge))[:20]


async def test_slow_senders_are_shown_out(tmp_path: Path, engine: str, strict: Limits) -> None:
    async with running(tmp_path, engine) as site:
        head = HEAD % (b"/api/say", b"application/json", 50)
        assert b" 408 " in (await raw(site.port, head + b'{"te'))[:20]
        assert await raw(site.port, b"GET /api/sta") == b""
        assert await raw(site.port, b"") == b""


async def test_a_drip_of_bytes_does_not_hold_a_place(tmp_path: Path, engine: str, strict: Limits) -> None:
    async with running(tmp_path, engine) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(HEAD % (b"/api/say", b"application/json", 500))

        async def drip() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(5):
            assert b" 408 " in (await reader.read(1000))[:20]
        dripping.cancel()
        writer.close()


async def test_five_hundred_connections_leave_it_responsive(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine) as site:
        crowd = []
        for number in range(500):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write((b"", b"GET /api/status HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\n")[number % 3])
            crowd.append((reader, writer))
        async with asyncio.timeout(DEADLINE):
            for _ in range(20):
                async with aiohttp.ClientSession() as fresh, fresh.get(site.base + "/api/status") as answer:
                    assert answer.status == 200
        async with site.events() as page:
            await page.next("snapshot")
            await site.post("/api/say", {"text": "still here"})
            await page.next("ended", lambda event: bool(event["whole"]))
        server = site.bot.site.server._server  # type: ignore[union-attr]
        assert server is not None
        assert len(server.connections) <= Limits().connections + 1
        for _, writer in crowd:
            writer.transport.abort()


async def test_only_so_many_pages(tmp_path: Path, engine: str, strict: Limits) -> None:
    async with running(tmp_path, engine) as site, contextlib.AsyncExitStack() as pages:
        for _ in range(strict.pages):
            await pages.enter_async_context(site.events())
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await pages.enter_async_context(site.events())
        assert refused.value.status == 429


async def test_a_flood_of_requests_is_told_to_wait(site: Running) -> None:
    answers = []
    for _ in range(60):
        async with site.http.get(f"{site.base}/api/history") as answer:
            answers.append((answer.status, answer.headers.get("Retry-After")))
    async with site.http.get(f"{site.base}/api/openapi.json") as answer:
        answers.append((answer.status, answer.headers.get("Retry-After")))
    refused = [retry for status, retry in answers if status == 429]
    assert answers[0][0] == 200
    assert refused
    assert all(retry and int(retry) >= 1 for retry in refused)


async def test_nonsense_on_the_wire(site: Running, caplog: pytest.LogCaptureFixture) -> None:
    for request in (
        *(b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"),
        *(
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET\r\n\r\n",
            b"\r\n\r\n\r\n\x00\x00",
            b"A" * 20_000,
        ),
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /api/say HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\nContent-Encoding: gzip\r\n"
        b"Content-Type: application/json\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
        b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n",
    ):
        answer = await raw(site.port, request, end=True)
        assert answer == b"" or int(answer.split()[1]) in (400, 403, 405, 415, 426), (request, answer)
    assert await site.get("/api/status")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
