"""Names and messages meant to break the pages: nothing of them runs, loads or leaves its place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
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
# Whether the page holds nothing but what its own code puts there, and nothing sticks out of it.
WRONG = """(root) => {
  const wrong = [];
  const tags = new Set("ARTICLE HEADER SPAN BDI P DIV I MAIN SECTION H1 H2 OL UL LI BUTTON SVG PATH SVG FORM LABEL INPUT TIME STRONG A OUTPUT SMALL svg path".split(" "));
  const names = /^(class|id|data-[a-z-]+|aria-[a-z-]+|dir|type|title|for|hidden|draggable|tabindex|lang|role|maxlength|autocomplete|placeholder|viewBox|width|height|fill|stroke|stroke-width|stroke-linecap|stroke-linejoin|d)$/;
  const page = document.querySelector(root);
  if (!page) return ["the page has lost " + root];
  for (const node of page.querySelectorAll("*")) {
    if (!tags.has(node.tagName)) wrong.push(node.tagName);
    for (const { name } of node.attributes) if (!names.test(name)) wrong.push(`${node.tagName} ${name}`);
  }
  if (document.scripts.length !== 1) wrong.push("scripts");
  if (document.querySelectorAll("style, iframe, object, embed, base, meta[http-equiv]").length) wrong.push("in the head");
  if (globalThis.broken) wrong.push("it ran");
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) {
    const out = Array.from(document.body.querySelectorAll("*")).filter((node) => !node.closest("#tabs, #states") && (node.getBoundingClientRect().right > innerWidth || node.scrollWidth > innerWidth));
    wrong.push(`${scrollWidth} wide: ${out.slice(0, 3).map((node) => node.outerHTML.slice(0, 300))}`);
  }
  for (const card of document.querySelectorAll("#stage .card, .queue .item, .lines li, .item.current")) {
    const { left, right, top, bottom, height } = card.getBoundingClientRect();
    if (left < 0 || right > innerWidth + 1) wrong.push(`from ${left} to ${right}`);
    if (card.closest("#stage") && (top < 0 || bottom > innerHeight || height > 320)) wrong.push(`${top} to ${bottom}`);
  }
  return wrong;
}"""


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
            await site.until(Heard, lambda entry, end=end: getattr(entry.event, "text", "") == end, seen=seen)
            queued = [entry.utterance.id for entry in site.entries[seen:] if isinstance(entry, Queued)]
            for identity in queued:
                await site.until(
                    Speaking, lambda entry, identity=identity: entry.utterance.id == identity, seen=seen
                )
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
                some = ALL if theme == "card" else ALL[::2]
                for number, payload in enumerate(some):
                    identity = f"{theme}{number}"
                    hub.publish("overlay", {"type": "speaking", "item": item(identity, payload)}, urgent=True)
                    await until(page, "name => stage.lastElementChild?.dataset.kind === name", identity)
                    await whole(page, "#stage", payload)
                assert await page.evaluate("stage.childElementCount") <= 3


def item(identity: str, payload: str) -> dict[str, Any]:
    payload = payload[:2000]  # as much as the bot sends of anything
    return {
        **{"id": identity, "at": 0, "seconds": 3, "exact": False, "text": payload, "name": payload[:100]},
        **{"voice": payload[:100], "platform": payload[:100], "kind": identity, "roles": [payload[:100]]},
        **{"rank": payload[:20], "paid": {"amount": 1e300, "currency": payload[:50]}, "latency": 0.1},
    }


async def connected(site: Running) -> None:
    assert site.bot.site
    async with asyncio.timeout(10):
        while not site.bot.site.story.hub.count("overlay"):  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
