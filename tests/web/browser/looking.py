"""Real pages in a real Chromium, which must do nothing that they were not asked to."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Request, WebSocket

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP streamer.lan 127.0.0.1",  # another machine's name, which is no secure context
    "--autoplay-policy=no-user-gesture-required",  # as an OBS Browser Source has it
]
DEADLINE = 15_000.0  # milliseconds that anything here may take on a busy machine


@dataclass
class Seen:
    """What a page did besides being looked at."""

    faults: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)  # addresses that are not the bot's
    dialogs: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def open_page(
    browser: Browser,
    url: str,
    *,
    fine: Callable[[str], bool] = lambda fault: False,
    wait: bool = True,
    **options: Any,
) -> AsyncIterator[tuple[Page, Seen]]:
    """A page of its own. At the end it must have had no fault but those that are `fine`, asked nobody else
    for anything, and shown no dialog. `options` are the context's."""
    context = await browser.new_context(**{"locale": "en-US", **options})
    context.set_default_timeout(DEADLINE)
    page = await context.new_page()
    seen = watch(page, url)
    try:
        await page.goto(url)
        if wait:
            await page.wait_for_selector("#view > *" if "/overlay" not in url else "#stage", state="attached")
        yield page, seen
    finally:
        await context.close()
    wrong = [fault for fault in seen.faults if not fine(fault)] + seen.away + seen.dialogs
    assert not wrong, wrong


async def until(page: Page, truth: str, argument: Any = None) -> Any:
    """Waits for a truth in the page, whose policy forbids Playwright's own way: it makes code of a string."""
    async with asyncio.timeout(DEADLINE / 1000):
        while not (found := await page.evaluate(truth, argument)):  # noqa: ASYNC110 (the page tells nobody)
            await asyncio.sleep(0.02)
    return found


def watch(page: Page, url: str) -> Seen:
    seen = Seen()
    origin = "/".join(url.split("/")[:3])

    def asked(request: Request) -> None:
        if not request.url.startswith((origin + "/", "data:,", f"blob:{origin}/")):
            seen.away.append(request.url)

    def opened(socket: WebSocket) -> None:
        seen.sockets.append(socket.url)
        if not socket.url.startswith(origin.replace("http", "ws") + "/"):
            seen.away.append(socket.url)

    def told(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.faults.append(f"{message.text} {message.location.get('url', '')}")

    async def dialog(shown: Dialog) -> None:
        seen.dialogs.append(shown.message)
        await shown.dismiss()

    page.on("request", asked)
    page.on("websocket", opened)
    page.on("console", told)
    page.on("pageerror", lambda error: seen.faults.append(str(error)))
    page.on("dialog", dialog)
    return seen
