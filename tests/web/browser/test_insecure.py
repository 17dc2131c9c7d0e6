"""Pages over plain http from another machine, where a browser hands out neither sound nor the clipboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.web.browser.looking import open_page
from tests.web.running import OVERLAY, OWNER, TOKENS, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
# Chromium's own word on such a page: the header counts for https alone.
COOP = "Cross-Origin-Opener-Policy header has been ignored"
FLAGS = {**TOKENS, "web.hosts": "streamer.lan", "audio.output": "browser"}


def is_known(fault: str) -> bool:
    return COOP in fault


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    """At a name that no browser takes for its own machine."""
    async with running(tmp_path, engine, FLAGS) as site:
        site.base = f"http://streamer.lan:{site.port}"
        yield site


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en-US", "The browser plays no sound on a page over plain http"), ("zh-CN", "浏览器不允许播放声音")],
    ids=["en", "zh"],
)
async def test_the_overlay_says_why_it_is_silent(
    browser: Browser, site: Running, locale: str, words: str
) -> None:
    overlay = f"{site.base}/overlay?token={OVERLAY}"
    async with open_page(browser, overlay, fine=is_known, locale=locale) as (page, _):
        told = page.locator("#insecure")
        await expect(told).to_contain_text(words)
        await expect(told).to_contain_text(f"ssh -N -L {site.port}:127.0.0.1:{site.port}")
        await expect(told).not_to_contain_text(OVERLAY)  # viewers may see it
        assert await page.evaluate("sound.state") == "off"
        await page.goto(f"{overlay}&audio=0")
        await expect(page.locator("#stage")).to_be_attached()
        await expect(told).to_be_hidden()
    async with open_page(browser, overlay.replace("streamer.lan", "localhost"), fine=is_known) as (page, _):
        await expect(page.locator("#insecure")).to_be_hidden()


@pytest.mark.parametrize(
    ("locale", "listen", "copy", "words"),
    [
        ("en-US", "Hear it here", "Copy link", ("no sound on a page over plain http", "Press Ctrl+C")),
        ("zh-CN", "在此收听", "复制链接", ("浏览器不允许播放声音", "Ctrl+C")),
    ],
    ids=["en", "zh"],
)
async def test_the_panel_says_so_too_and_has_the_link_copied_by_hand(
    browser: Browser, site: Running, locale: str, listen: str, copy: str, words: tuple[str, str]
) -> None:
    async with open_page(browser, site.base, wait=False, fine=is_known, locale=locale) as (page, _):
        await page.locator("#token").fill(OWNER)
        await page.locator("#token").press("Enter")
        await page.get_by_role("button", name=listen).click()
        told = page.locator(".toast.fault", has_text=words[0])
        await expect(told).to_contain_text(f"http://localhost:{site.port}")
        await page.locator("button.pill[data-do=sound]").click()
        await expect(page.locator("#sound-box .hint", has_text=words[0])).to_be_visible()
        await expect(page.locator("#sound-box input[value=here]")).to_be_disabled()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name=copy).click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading")).to_contain_text(words[1])
        link = dialog.get_by_role("textbox")
        await expect(link).to_have_value(f"{site.base}/overlay?token={OVERLAY}")
        await expect(link).to_be_focused()
        assert await link.evaluate(
            "(field) => field.selectionEnd - field.selectionStart === field.value.length"
        )
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
