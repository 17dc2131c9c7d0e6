"""The documented nginx in front of the bot, over TLS: what a browser on another machine can then do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser.hearing import sounding
from tests.web.browser.looking import open_page
from tests.web.running import OVERLAY, OWNER, ROOT, TOKENS, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
FLAGS = {**TOKENS, "web.hosts": "streamer.lan", "web.trusted_proxies": "127.0.0.1", "audio.output": "browser"}


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextlib.asynccontextmanager
async def nginx(folder: Path, site: Running) -> AsyncIterator[str]:
    """As docs/api.md has it, but for its ports and where its certificate lies; yields its address."""
    [block] = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.DOTALL)
    port = free_port()
    for before, after in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("studio.example;", "streamer.lan;"),
        ("/etc/ssl/studio.example.pem", str(folder / "streamer.pem")),
        ("/etc/ssl/studio.example.key", str(folder / "streamer.key")),
        ("127.0.0.1:8765", f"127.0.0.1:{site.port}"),
    ):
        assert before in block
        block = block.replace(before, after)
    kept = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {kept}\n{block} }}",
        encoding="utf-8",
    )
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", "/CN=streamer.lan", "-days", "2"),
        *("-keyout", str(folder / "streamer.key"), "-out", str(folder / "streamer.pem")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    assert NGINX
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-e", f"{folder}/error.log", "-c", str(config), "-p", str(folder))
    )
    try:
        async with asyncio.timeout(10):
            while True:
                assert process.returncode is None, (folder / "error.log").read_text()
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield f"https://streamer.lan:{port}"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="not installed: nginx, openssl")
async def test_pages_over_https(browser: Browser, tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, FLAGS) as site, nginx(tmp_path, site) as base:
        options: dict[str, Any] = {
            "ignore_https_errors": True,
            "permissions": ["clipboard-read", "clipboard-write"],
        }
        async with open_page(browser, base, wait=False, **options) as (page, _):
            await page.get_by_label("Token").fill(OWNER)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.locator("body[data-connection=open]")).to_be_attached()
            [cookie] = await page.context.cookies()
            assert (cookie["name"], cookie["secure"]) == ("__Host-chat_aloud", True)
            await page.get_by_role("button", name="Copy link").click()
            link = await page.evaluate("navigator.clipboard.readText()")
            assert link == f"{base}/overlay?token={OVERLAY}"
            await page.locator("#say").fill("good evening")
            await page.locator("#say").press("Enter")
            await expect(page.locator(".toast", has_text="It will be said.")).to_be_visible()
        async with open_page(browser, link, ignore_https_errors=True) as (page, _):
            await sounding(page)
            await expect(page.locator("#insecure")).to_be_hidden()
