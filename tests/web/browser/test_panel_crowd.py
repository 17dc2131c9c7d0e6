"""The panel with more than is usual of everything, and with a bot that goes and comes."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.messages import Author, SourceState, State, Trouble, Worth
from tests.people import ALICE, BOB, MODERATOR
from tests.web.browser.looking import DEADLINE, open_page
from tests.web.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
logger = logging.getLogger(__name__)
ROOM = {"queue.length": "1000", "queue.seconds": "3600", "queue.max_age": "3600"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


async def as_wide_as_the_screen(page: Page) -> None:
    assert await page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [390, 390]


async def test_twenty_sources_and_what_is_amiss_with_them(browser: Browser, site: Running) -> None:
    for number in range(20):
        wrong = number % 5 == 4
        state = State.WAITING if wrong else State.READY
        told = "no answer: trying again in 12 s" if wrong else ""
        site.feed.publish(SourceState("bilibili", f"a room of a very long name, {number}", state, told))
    site.feed.publish(Trouble("login", "bilibili: the login has run out: python -m bot login bilibili"))
    async with open_page(browser, site.base, **PHONE) as (page, _):
        sign = page.get_by_role("button", name="21 chats")
        await expect(sign).to_contain_text("4 not ready")
        await expect(sign).to_have_attribute("data-state", "waiting")
        await as_wide_as_the_screen(page)
        assert await page.evaluate("document.getElementById('top').offsetHeight") < 120
        await sign.tap()
        box = page.get_by_role("dialog", name="What runs")
        await expect(box.get_by_text("no answer: trying again in 12 s")).to_have_count(4)
        await expect(box.get_by_text("the login has run out")).to_be_visible()
        await as_wide_as_the_screen(page)
        await box.get_by_role("button", name="Close").tap()
        await expect(box).to_be_hidden()


async def test_few_sources_have_a_sign_each(browser: Browser, site: Running) -> None:
    site.feed.publish(SourceState("bilibili", "6", State.FAILED, "there is no such room"))
    async with open_page(browser, site.base) as (page, _):
        sign = page.get_by_role("button", name="bilibili 6")
        await expect(sign).to_contain_text("failed")
        await sign.press("Enter")
        await expect(page.get_by_role("dialog").get_by_text("there is no such room")).to_be_visible()
        site.feed.publish(SourceState("bilibili", "6", State.READY))
        await expect(page.get_by_role("dialog").get_by_text("there is no such room")).to_have_count(0)


async def test_a_long_queue_leaves_room_for_the_rest(browser: Browser, tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, ROOM) as site:
        await site.post("/api/pause")
        for number in range(120):
            await site.write(f"apples {number}", by=Author(str(number), "W" * 100, f"w{number}"))
        async with open_page(browser, site.base, **PHONE) as (page, _):
            rows = page.locator(".queue .item")
            await expect(rows).to_have_count(50)
            await as_wide_as_the_screen(page)
            # Chat is two screens down at most, and holds what was written before this page was opened.
            assert (
                await page.locator(".chat").evaluate("(chat) => chat.getBoundingClientRect().top") < 2 * 844
            )
            await expect(page.locator(".lines li")).to_have_count(60)
            await page.get_by_role("button", name="70 more").tap()
            await expect(rows).to_have_count(120)
            await rows.nth(119).get_by_role("button", name="Earlier").tap()
            await expect(rows.nth(118).locator(".text")).to_have_text("apples one hundred nineteen")
            await expect(page.get_by_text("Moved: 119 of 120.")).to_be_attached()


async def test_much_that_is_held_leaves_room_for_the_rest(browser: Browser, site: Running) -> None:
    await site.write("hello", by=BOB)
    await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True})
    for number in range(201):
        await site.write(f"paid {number}", by=BOB, worth=Worth(1, "USD"))
    async with open_page(browser, site.base) as (page, _):
        await expect(page.locator(".held .item")).to_have_count(200)
        await expect(page.locator(".held .item").first).to_contain_text("paid 1")
        await expect(page.get_by_text("If there are older ones, they are kept")).to_be_visible()
        assert await page.locator(".speaking").evaluate(
            "(box) => box.getBoundingClientRect().top < innerHeight"
        )


async def test_order_is_changed_within_a_rank_and_the_page_says_so(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.post("/api/pause")
        await site.write("a moderator's word", by=MODERATOR)
        await site.write("a viewer's word", by=ALICE)
        rows = page.locator(".queue .item")
        await rows.nth(1).drag_to(rows.nth(0))
        await expect(page.get_by_text("Paid messages come first")).to_be_visible()
        await expect(rows.nth(0).locator(".text")).to_have_text("a moderator's word")


async def test_a_pause_is_told_where_words_would_be(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.post("/api/pause")
        await expect(page.get_by_text("Paused: what comes in waits")).to_be_visible()
        await site.post("/api/resume")
        await expect(page.get_by_text("Nothing is being said.")).to_be_visible()
        await site.post("/api/reading", {"on": False})
        await expect(page.get_by_text("Chat is not read.")).to_be_visible()


async def test_a_bot_that_is_started_anew(browser: Browser, tmp_path: Path, engine: str) -> None:
    """While it is away each page says so, once; then log and history are the new bot's."""

    def away(fault: str) -> bool:
        return "ERR_CONNECTION_REFUSED" in fault or "WebSocket" in fault

    async with AsyncExitStack() as pages:
        async with running(tmp_path, engine) as site:
            log, _ = await pages.enter_async_context(open_page(browser, f"{site.base}/#log", fine=away))
            url = f"{site.base}/#history"
            history, _ = await pages.enter_async_context(open_page(browser, url, fine=away))
            logger.warning("the first run's")
            for text in ("one", "two", "three"):
                await site.write(f"!voices {text}")
            await expect(log.get_by_text("the first run's")).to_be_visible()
            await expect(history.locator(".past .item")).to_have_count(3)
            await expect(history.get_by_role("button", name="More", exact=True)).to_be_hidden()
        for page in (log, history):
            await expect(page.locator("#toasts > *")).to_have_text(["Connection lost, trying again…"])
        await log.wait_for_timeout(2500)  # it looks every two seconds
        await expect(log.locator("#toasts > *")).to_have_count(1)
        async with running(tmp_path, engine, {"web.port": str(site.port)}) as site:
            logger.warning("the second run's")
            for page in (log, history):
                await expect(page.locator("body[data-connection=open]")).to_be_attached(timeout=2 * DEADLINE)
                await expect(page.locator("#toasts > *")).to_have_count(0)
            await expect(log.get_by_text("the second run's")).to_be_visible()
            await expect(history.get_by_text("Nothing here yet.")).to_be_visible()
            await site.write("!voices again", by=BOB)
            await expect(history.locator(".past .item")).to_have_count(1)
