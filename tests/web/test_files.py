"""The pages' files: none but those, small, known by their tags, and the streamer's own style."""

from __future__ import annotations

from pathlib import Path

from tests.web.running import Running, running
from tests.web.wire import raw


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
