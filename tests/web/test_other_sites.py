"""What other sites' pages and names can do here: nothing; and what our own tell a browser to forbid."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.web.running import OWNER, SAFE, TOKENS, Running, running
from tests.web.wire import bearer, raw


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
