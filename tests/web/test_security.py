"""Who gets in and who does not: tokens, cookies, Host, Origin, forms, paths and floods, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.config import SettingsError
from bot.messages import PagesState, State, Trouble
from bot.web.limits import Limits
from tests.fakes.speech_server import SpeechServer
from tests.web.running import MODERATOR, OVERLAY, OWNER, SAFE, TOKENS, Running, running, settings_for

HEAD = (
    b"POST %b HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\nContent-Type: %b\r\n"
    b"Content-Length: %d\r\n\r\n"
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def guarded(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    """It asks for tokens."""
    async with running(tmp_path, engine, TOKENS, cookies=True) as site:
        yield site


async def raw(port: int, request: bytes, *, end: bool = False) -> bytes:
    """What the server answers to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    if end:
        writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read(65536)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


# ---------------------------------------------------------------- tokens and roles


async def test_nobody_gets_in_without_a_token(guarded: Running) -> None:
    for method, path in (
        *(("GET", "/api/status"), ("GET", "/api/queue"), ("POST", "/api/skip"), ("GET", "/metrics")),
        *(
            ("GET", "/api/log"),
            ("POST", "/v1/audio/speech"),
            ("GET", "/api/events"),
            ("DELETE", "/api/voices/x"),
        ),
    ):
        fault = await guarded.ask(method, path, status=401)
        assert fault["error"]["code"] == "login"
    assert await guarded.get("/api/me") == {"role": None, "login": True}
    async with guarded.http.get(guarded.base + "/") as answer:
        assert answer.status == 200
        assert 'id="login"' in await answer.text()
    async with guarded.http.get(guarded.base + "/overlay") as answer:
        assert answer.status == 403


async def test_each_role_may_what_it_may(guarded: Running) -> None:
    for token, allowed in ((OWNER, 3), (MODERATOR, 2), (OVERLAY, 1)):
        for path, needed in (("/api/status", 2), ("/api/log", 3), ("/api/outputs", 3), ("/metrics", 2)):
            async with guarded.http.get(guarded.base + path, headers=bearer(token)) as answer:
                assert (answer.status == 200) == (allowed >= needed), (token, path, answer.status)
                if allowed < needed:
                    assert answer.status == 403
    mod: dict[str, Any] = {"headers": bearer(MODERATOR)}
    await guarded.ask("PATCH", "/api/controls", {"output": "null"}, status=403, **mod)
    await guarded.ask("PATCH", "/api/controls", {"volume": 0.5}, **mod)
    await guarded.post("/api/queue/clear", {"paid": True}, status=403, **mod)
    await guarded.ask("DELETE", "/api/voices/mei", status=403, **mod)
    await guarded.post("/api/blocklist", {"word": "frog"}, **mod)
    await guarded.post("/api/say", {"text": "frog soup"}, status=409, **mod)
    await guarded.post("/api/say", {"text": "frog soup"}, headers=bearer(OWNER))


async def test_a_login_is_a_cookie_that_is_no_token(guarded: Running) -> None:
    async with guarded.http.post(guarded.base + "/api/login", json={"token": MODERATOR}) as answer:
        assert await answer.json() == {"role": "moderator", "login": True}
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    identity = cookie.partition("=")[2].partition(";")[0]
    assert len(identity) >= 40
    assert MODERATOR not in cookie
    mine = {"Cookie": f"other=x; chat_aloud={identity}"}
    assert (await guarded.get("/api/status", headers=mine))["role"] == "moderator"
    async with guarded.http.get(guarded.base + "/", headers=mine) as answer:
        assert 'id="login"' not in await answer.text()
    await guarded.post("/api/logout", {}, headers=mine)
    await guarded.get("/api/status", headers=mine, status=401)


async def test_wrong_tokens_are_soon_refused_unheard(guarded: Running) -> None:
    for number in range(5):
        await guarded.post("/api/login", {"token": f"guess number {number}"}, status=401)
    fault = await guarded.post("/api/login", {"token": OWNER}, status=429)  # the right one, too
    assert fault["error"]["code"] == "slow_down"
    await guarded.get("/api/status", headers=bearer(OWNER), status=429)


async def test_the_overlays_link_opens_the_overlay_alone(guarded: Running) -> None:
    query = f"?token={OVERLAY}"
    async with guarded.http.get(f"{guarded.base}/overlay{query}") as answer:
        assert answer.status == 200
    async with guarded.events(query + "&view=panel") as page:
        snapshot = await page.next("snapshot")
        assert "status" not in snapshot  # whatever it asks for, it is shown the overlay's
        assert "queue" not in snapshot
    for path in ("/api/status", "/api/queue", "/", "/api/metrics"):
        async with guarded.http.get(f"{guarded.base}{path}{query}") as answer:
            assert answer.status == 401 or 'id="login"' in await answer.text()
    # The owner's in a link opens no more than the overlay: links are seen.
    async with guarded.events(f"?token={OWNER}") as page:
        assert "status" not in await page.next("snapshot")


async def test_an_overlay_link_is_made_where_none_is_given(tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, {"web.token": OWNER}) as site:
        path = (await site.get("/api/status", headers=bearer(OWNER)))["overlay_path"]
        assert path.startswith("/overlay?token=")
        assert OWNER not in path
        async with site.http.get(site.base + path) as answer:
            assert answer.status == 200


async def test_no_token_is_ever_logged(guarded: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await guarded.get("/api/status", headers=bearer(OWNER))
    await guarded.post("/api/login", {"token": OWNER})
    await guarded.post("/api/login", {"token": "wrong-but-secret"}, status=401)
    async with guarded.events(f"?token={OVERLAY}"):
        pass
    told = caplog.text + repr(guarded.entries) + str(guarded.bot._settings)
    assert not any(secret in told for secret in (OWNER, OVERLAY, MODERATOR, "wrong-but-secret"))


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"web.host": "0.0.0.0"}, "web.host 0.0.0.0 lets others in: set web.token too"),
        ({"web.host": "192.168.1.5"}, "lets others in"),
        ({"web.host": "::"}, "lets others in"),
        ({"web.host": "studio.lan"}, "lets others in"),
        ({"web.host": "0.0.0.0", "web.token": "short"}, "web.token is too short: it needs 12"),
        ({"web.hosts": "studio.lan"}, "lets others in by name"),
        ({"web.moderator_token": MODERATOR}, "need web.token to be set too"),
        ({"web.token": OWNER, "web.overlay_token": OWNER}, "must differ"),
        ({"web.token": "with a blank in it"}, "may hold ASCII letters"),
    ],
)
def test_settings_that_let_strangers_in_are_refused(flags: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        settings_for(tmp_path, "", flags)
    assert OWNER not in str(refused.value)
    settings_for(tmp_path, "", flags | {"web.enabled": "false"})


# ---------------------------------------------------------------- other sites


async def test_a_name_that_another_site_points_here_is_refused(site: Running) -> None:
    for host, fine in (
        *((f"127.0.0.1:{site.port}", True), ("localhost", True), ("[::1]:80", True), ("127.8.8.8", True)),
        *(
            ("evil.example", False),
            (f"evil.example:{site.port}", False),
            ("", False),
            ("127.0.0.1.evil.example", False),
        ),
        *(
            ("192.168.1.5", False),
            ("localhost.evil.example", False),
            ("127.0.0.1@evil.example", False),
            ("[", False),
        ),
    ):
        for path in ("/api/status", "/", "/overlay", "/static/login.js", "/api/me"):
            answer = await raw(
                site.port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            status = int(answer.split()[1])
            assert (status not in (400, 403)) == fine, (host, path, answer)


async def test_where_tokens_are_asked_for_addresses_and_known_names_are_fine(
    tmp_path: Path, engine: str
) -> None:
    async with running(tmp_path, engine, TOKENS | {"web.hosts": "studio.lan"}) as site:
        for host, fine in (("192.168.1.5", True), ("Studio.LAN:99", True), ("evil.example", False)):
            headers = {"Host": host, **bearer(OWNER)}
            async with site.http.get(f"{site.base}/api/status", headers=headers) as answer:
                assert (answer.status == 200) == fine, host


async def test_another_sites_page_can_do_nothing(site: Running) -> None:
    mine = f"http://127.0.0.1:{site.port}"
    for origin, fine in (
        *((mine, True), (None, True), ("http://evil.example", False), ("null", False)),
        *(
            (f"http://localhost:{site.port}", False),
            (f"http://127.0.0.1:{site.port + 1}", False),
            ("", False),
        ),
    ):
        headers = SAFE | ({} if origin is None else {"Origin": origin})
        async with site.http.post(f"{site.base}/api/skip", headers=headers) as answer:
            assert (answer.status == 200) == fine, origin
            assert "Access-Control-Allow-Origin" not in answer.headers
        async with site.http.get(f"{site.base}/api/status", headers=headers) as answer:
            assert (answer.status == 200) == fine, origin
        if fine:
            async with site.events(headers=headers) as page:
                await page.next("snapshot")
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with site.events(headers=headers):
                    pass
            assert refused.value.status == 403
    async with site.http.options(
        f"{site.base}/api/skip", headers={"Origin": "http://evil.example"}
    ) as answer:
        assert answer.status == 405
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_a_form_of_another_site_is_refused_even_without_an_origin(site: Running) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        async with site.http.post(
            f"{site.base}/api/pause", data=b'{"now": true}', headers={"Content-Type": kind}
        ) as answer:
            assert answer.status == 403
    for where in ("cross-site", "same-site"):
        async with site.http.get(f"{site.base}/api/queue", headers={"Sec-Fetch-Site": where}) as answer:
            assert answer.status == 403
    assert not (await site.get("/api/status"))["paused"]


async def test_what_a_browser_is_told_to_forbid(site: Running) -> None:
    for path in ("/", "/overlay", "/api/status", "/static/login.js", "/nothing"):
        async with site.http.get(site.base + path) as answer:
            headers = answer.headers
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "aiohttp" not in headers["Server"].lower()
            cached = path == "/static/login.js" or headers["Content-Type"].startswith("text/html")
            assert headers["Cache-Control"] == ("no-cache" if cached else "no-store")


# ---------------------------------------------------------------- files


async def test_no_path_leads_out_of_the_pages(site: Running) -> None:
    for path in (
        *(
            "/static/../server.py",
            "/static/..%2fserver.py",
            "/static/%2e%2e/server.py",
            "/static//etc/passwd",
        ),
        *(
            "/static/....//server.py",
            "/static/..\\server.py",
            "/static/%00login.js",
            "/static/login.js%00.css",
        ),
        *("/../../etc/passwd", "//etc/passwd", "/static/", "/static", "/static/.", "/static/login.js/"),
        *("/overlay.css/../../x", "/static/%c0%ae%c0%ae/server.py", "/%2e%2e/%2e%2e/etc/passwd"),
    ):
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = await raw(site.port, request.encode())
        assert int(answer.split()[1]) in (400, 403, 404), (path, answer)
        assert b"root:" not in answer
        assert b"import" not in answer


async def test_files_are_small_and_known_by_their_tag(site: Running) -> None:
    url = f"{site.base}/static/login.js"
    async with site.http.get(url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        tag = answer.headers["ETag"]
        packed = len(await answer.read())
    async with site.http.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert len(await answer.read()) > packed
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    async with site.http.get(url, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with site.http.head(url) as answer:
        assert answer.status == 200


async def test_the_streamers_own_css_is_read_anew(tmp_path: Path, engine: str) -> None:
    css = tmp_path / "mine.css"
    async with running(tmp_path, engine, {"web.overlay_css": str(css)}) as site:
        for text in ("", "body { color: red }", "body { color: blue }"):
            if text:
                css.write_text(text)
            async with site.http.get(f"{site.base}/overlay.css") as answer:
                assert await answer.text() == text
                assert answer.headers["Content-Type"].startswith("text/css")


# ---------------------------------------------------------------- floods


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
        loop = asyncio.get_running_loop()
        crowd = []
        for number in range(500):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write((b"", b"GET /api/status HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\n")[number % 3])
            crowd.append((reader, writer))
        began = loop.time()
        for _ in range(20):
            async with aiohttp.ClientSession() as fresh, fresh.get(site.base + "/api/status") as answer:
                assert answer.status == 200
        took = (loop.time() - began) / 20
        async with site.events() as page:
            await page.next("snapshot")
            await site.post("/api/say", {"text": "still here"})
            await page.next("ended", lambda event: bool(event["whole"]))
        server = site.bot.site.server._server  # type: ignore[union-attr]
        assert server is not None
        assert len(server.connections) <= Limits().connections + 1
        for _, writer in crowd:
            writer.transport.abort()
    assert took < 0.25, took


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


# ---------------------------------------------------------------- beside the speech


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
