"""Logins and wrong tokens: what ends with a login, who is locked out by what, and who pays for requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.config import load_settings
from bot.messages import Worth
from bot.web.access import Access, Role
from bot.web.limits import Limits
from tests.people import Clock
from tests.web.running import MODERATOR, OVERLAY, OWNER, SAFE, TOKENS, Running, running
from tests.web.wire import bearer

ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}


@pytest.fixture
async def guarded(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    async with running(tmp_path, engine, TOKENS) as site:
        yield site


async def login(site: Running, token: str, cookie: str = "") -> str:
    """The cookie."""
    headers = {"Cookie": cookie} if cookie else {}
    async with site.http.post(f"{site.base}/api/login", json={"token": token}, headers=headers) as answer:
        assert answer.status == 200
        return answer.headers["Set-Cookie"].partition(";")[0]


async def test_what_is_open_with_a_login_ends_with_it(guarded: Running) -> None:
    mine, other = await login(guarded, OWNER), await login(guarded, OWNER)
    async with (
        guarded.events(headers={"Cookie": mine}) as page,
        guarded.events(headers={"Cookie": other}) as stays,
    ):
        await page.next("snapshot")
        await stays.next("snapshot")
        await guarded.post("/api/logout", {}, headers={"Cookie": mine})
        async with asyncio.timeout(5):
            while not page.socket.closed:
                await page.socket.receive()
        await guarded.post("/api/reading", {"on": False}, headers={"Cookie": other})
        await stays.next("status")


async def test_logging_in_anew_ends_the_login_before(guarded: Running) -> None:
    first = await login(guarded, MODERATOR)
    second = await login(guarded, OWNER, first)
    assert first != second
    await guarded.get("/api/status", headers={"Cookie": first}, status=401)
    assert (await guarded.get("/api/status", headers={"Cookie": second}))["role"] == "owner"


def test_a_crowd_of_logins_of_one_role_ends_none_of_another() -> None:
    access = Access(load_settings(TOKENS, None).web, Clock())
    access.begin_session(Role.OWNER)
    for _ in range(1000):
        access.begin_session(Role.MODERATOR)
    roles = [session.role for session in access._sessions.values()]
    assert roles.count(Role.OWNER) == 1
    assert len(roles) < 200


async def test_a_page_with_a_token_of_before_locks_nobody_out(guarded: Running) -> None:
    """OBS goes on trying the link that it has."""
    for _ in range(20):
        await guarded.get("/api/events?token=the-token-of-last-week", status=401)
        await guarded.get("/api/status", headers=bearer("a-script-of-last-week"), status=401)
    await guarded.post("/api/login", {"token": OWNER})


async def test_links_that_are_guessed_lock_no_login_out(guarded: Running) -> None:
    statuses = []
    for number in range(7):
        async with guarded.http.get(f"{guarded.base}/overlay?token=guess-number-{number}") as answer:
            statuses.append(answer.status)
    assert statuses == [401] * 5 + [429] * 2
    await guarded.post("/api/login", {"token": OWNER})


async def test_another_sites_page_uses_up_nothing_of_its_visitors(guarded: Running) -> None:
    for number in range(8):
        for path in (f"/overlay?token=wrong-{number}", "/"):
            async with guarded.http.get(guarded.base + path, headers=ELSEWHERE) as answer:
                await answer.read()
    async with guarded.http.get(f"{guarded.base}/overlay?token={OVERLAY}") as answer:
        assert answer.status == 200


async def test_another_sites_requests_leave_the_panel_its_rate(site: Running) -> None:
    for _ in range(150):
        async with site.http.get(f"{site.base}/api/status", headers=ELSEWHERE) as answer:
            assert answer.status == 403
        async with site.http.get(f"{site.base}/", headers=ELSEWHERE) as answer:
            assert answer.status in (200, 429)
    await site.get("/api/status")


async def test_who_is_logged_in_does_not_pay_for_strangers_at_the_same_address(guarded: Running) -> None:
    mine = await login(guarded, OWNER)
    while True:
        async with guarded.http.get(f"{guarded.base}/api/openapi.json") as answer:
            if answer.status == 429:
                break
    for _ in range(20):
        await guarded.get("/api/status", headers={"Cookie": mine})


async def test_overlays_cannot_shut_panels_out(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.site.Limits", lambda: Limits(pages=3))
    flags = {**TOKENS, "audio.output": "browser"}
    async with running(tmp_path, engine, flags) as site, contextlib.AsyncExitStack() as opened:
        assert site.bot._sound_pages
        site.bot._sound_pages._most = 3
        for path in ("/api/events", "/api/audio"):
            for _ in range(3):
                # Closed here: one left to the garbage collector warns in whichever test that is at work.
                await opened.enter_async_context(site.http.ws_connect(f"{site.base}{path}?token={OVERLAY}"))
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await site.http.ws_connect(f"{site.base}{path}?token={OVERLAY}")
            assert refused.value.status == 429
        async with site.events(headers=bearer(OWNER)) as page:
            await page.next("snapshot")


async def test_an_overlays_link_silences_nobody(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, {**TOKENS, "audio.output": "browser"}) as site:
        url = f"{site.base}/api/audio?token={OVERLAY}"
        async with site.http.ws_connect(url) as mine, site.http.ws_connect(url) as strange:
            first = (await mine.receive_json())["page"]
            await mine.send_json({"type": "audible", "want": True})
            assert (await mine.receive_json())["audible"]
            await strange.send_json({"type": "audible", "want": True, "take": True})
            await strange.send_json({"type": "clock", "sent": 1})
            while (await strange.receive_json())["type"] != "clock":
                pass
            assert (await site.get("/api/status", headers=bearer(OWNER)))["pages"]["audible"] == first


async def test_strangers_connections_make_room_for_others(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bodies that never come, from nobody in particular."""
    monkeypatch.setattr("bot.web.site.Limits", lambda: Limits(connections=10, body=30))
    async with running(tmp_path, engine, TOKENS) as site:
        crowd = []
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(
                b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\n"
                b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
            )
            crowd.append(writer)
            await asyncio.sleep(0)
        async with aiohttp.ClientSession() as fresh:
            async with fresh.get(f"{site.base}/api/status", headers=bearer(OWNER) | SAFE) as answer:
                assert answer.status == 200
        for writer in crowd:
            writer.transport.abort()


async def test_what_a_moderator_may_not_skip(guarded: Running) -> None:
    mod, owner = bearer(MODERATOR), bearer(OWNER)
    await guarded.post("/api/pause", {}, headers=owner)
    await guarded.write("a lot of money for this", worth=Worth(500, "bits"))
    queue = await guarded.get("/api/queue", headers=mod)
    paid = queue["items"][0]
    assert paid["paid"]
    await guarded.post("/api/skip", {"id": paid["id"]}, headers=mod, status=403)
    await guarded.ask("DELETE", f"/api/queue/{paid['id']}", headers=mod, status=403)
    await guarded.post("/api/skip", {"id": paid["id"]}, headers=owner)


async def test_what_finds_no_room_is_not_said_to_wait(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, {"queue.seconds": "1"}) as site:
        await site.post("/api/pause", {})
        for number in range(3):
            await site.write(f"a paid message, number {number}", worth=Worth(500, "bits"))
        fault = await site.post("/api/say", {"text": "something of my own " * 5}, status=409)
        assert fault["error"]["code"] == "state"
        assert len((await site.get("/api/queue"))["items"]) == 3
