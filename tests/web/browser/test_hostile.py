"""Names and messages meant to break the pages: nothing of them runs, loads or leaves its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from bot.messages import Heard, Queued, Refused, SourceState, Speaking
from bot.platforms import kept
from bot.sources.twitch_irc import TwitchIrc
from tests.fakes.twitch_irc import FakeTwitch
from tests.web.browser.looking import open_page, until
from tests.web.browser.payloads import payloads
from tests.web.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALL = list(payloads())
FLAGS = {"rules.same_viewer": "0", "chat.link": "link", "audio.volume": "0"}
TOGETHER = 4  # messages
WRONG = (Path(__file__).parent / "wrong.js").read_text(encoding="utf-8")


async def whole(page: Page, root: str, payload: str) -> None:
    wrong = await page.evaluate(WRONG, root)
    assert wrong == [], f"{payload[:80]!r}: {wrong}"


@contextlib.asynccontextmanager
async def chat_of(site: Running) -> AsyncIterator[FakeTwitch]:
    """A Twitch server whose channel this bot reads."""
    async with FakeTwitch() as twitch:
        source = kept(TwitchIrc("streamer", url=twitch.url))

        async def read() -> None:
            async for event in source.events():
                if not isinstance(event, SourceState):
                    site.chat.put_nowait(event)

        reading = asyncio.create_task(read())
        try:
            await twitch.joined()
            yield twitch
        finally:
            reading.cancel()
            await asyncio.wait([reading])


def wrote(text: str, entry: Heard) -> bool:
    return getattr(entry.event, "text", "") == text


def of(identity: str, entry: Speaking) -> bool:
    return entry.utterance.id == identity


async def test_there_are_enough_of_them() -> None:
    assert len(set(ALL)) >= 120


async def test_from_the_chat_to_both_pages(browser: Browser, tmp_path: Path, engine: str) -> None:
    shown = 0
    async with (
        running(tmp_path, engine, FLAGS) as site,
        chat_of(site) as twitch,
        open_page(browser, f"{site.base}/overlay", viewport={"width": 1280, "height": 720}) as (overlay, _),
        open_page(browser, site.base, viewport={"width": 390, "height": 844}) as (panel, _),
    ):
        for number in range(0, len(ALL), TOGETHER):
            some = ALL[number : number + TOGETHER]
            seen = len(site.entries)
            for payload in some:
                text = payload.replace("\r", " ").replace("\n", " ")
                await twitch.privmsg(text, payload.replace("\x00", "")[:400])
            end = f"the end of {number}"
            await twitch.privmsg(end, "Marker")  # heard after them, if they are heard at all
            await site.until(Heard, partial(wrote, end), seen=seen)
            queued = [entry.utterance.id for entry in site.entries[seen:] if isinstance(entry, Queued)]
            for identity in queued:
                await site.until(Speaking, partial(of, identity), seen=seen)
                await until(overlay, "stage.lastElementChild?.matches('.in') ?? false")
                await whole(overlay, "#stage", str(some))
                shown += 1
                await site.post("/api/skip", {"id": identity})
            judged = [entry for entry in site.entries[seen:] if isinstance(entry, Queued | Refused)]
            assert len(judged) >= 1 + sum(0 < len(payload) < 400 for payload in some) // 2
        await until(panel, "document.querySelectorAll('.lines li').length >= 60")
        await whole(panel, "#view", "the chat")
        await panel.goto(f"{site.base}/#history")
        await until(panel, "document.querySelectorAll('.past li').length >= 60")
        await whole(panel, "#view", "the history")
        await panel.goto(f"{site.base}/#viewers")
        await until(panel, "document.querySelectorAll('.people li').length >= 60")
    assert shown > 80


async def test_what_no_filter_has_seen(browser: Browser, tmp_path: Path, engine: str) -> None:
    """Straight to the overlay, as if all that cleans text had let it pass, in each look."""
    async with running(tmp_path, engine, FLAGS) as site:
        assert site.bot.site
        hub = site.bot.site.story.hub
        for theme in ("card", "line", "bubble", "subtitle"):
            async with open_page(browser, f"{site.base}/overlay?theme={theme}&size=30") as (page, _):
                await until(page, "document.readyState === 'complete'")
                await connected(site)
                some = ALL if theme == "card" else ALL[::4]
                for number, payload in enumerate(some):
                    identity = f"{theme}{number}"
                    hub.publish("overlay", {"type": "speaking", "item": item(identity, payload)}, urgent=True)
                    await until(page, "name => stage.lastElementChild?.dataset.kind === name", identity)
                    await whole(page, "#stage", payload)
                assert await page.evaluate("stage.childElementCount") <= 3


def item(identity: str, payload: str) -> dict[str, Any]:
    payload = payload[:2000]  # as much as the bot sends of anything
    fields = dict.fromkeys(("name", "voice", "platform"), payload[:100])
    times = {"at": 0, "seconds": 3, "exact": False, "latency": 0.1}
    paid = {"amount": 1e300, "currency": payload[:50]}
    more = {"kind": identity, "roles": [payload[:100]], "rank": payload[:20], "paid": paid}
    return {"id": identity, "text": payload, **fields, **times, **more}


async def connected(site: Running) -> None:
    assert site.bot.site
    async with asyncio.timeout(10):
        while not site.bot.site.story.hub.count("overlay"):  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
