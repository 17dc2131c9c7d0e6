"""The panel's link to the overlay, copied, and the sound devices of a real server, listed and chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.fakes.bot_process import run_bot
from tests.fakes.pulse import PulseServer, pulse
from tests.web.browser.looking import open_page
from tests.web.running import Running

__all__ = ["pulse"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_overlays_link_is_copied(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base, permissions=["clipboard-read", "clipboard-write"]) as (page, _):
        await page.get_by_role("button", name="Copy link").click()
        await expect(page.locator(".toast", has_text="Copied.")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == f"{site.base}/overlay"


async def test_a_browser_that_does_not_let_it_shows_the_link(browser: Browser, site: Running) -> None:
    # Chromium denies a context that is granted something whatever else it asks for.
    async with open_page(browser, site.base, locale="zh-CN", permissions=["geolocation"]) as (page, _):
        await page.get_by_role("button", name="复制链接").click()
        link = page.get_by_role("dialog").get_by_role("textbox")
        await expect(link).to_have_value(f"{site.base}/overlay")
        await expect(link).to_be_focused()
        await page.get_by_role("dialog").get_by_role("button", name="关闭").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator(".toast")).to_have_count(0)


async def test_a_sound_device_is_chosen_and_heard(
    browser: Browser, tmp_path: Path, engine: str, pulse: PulseServer
) -> None:
    """The bot is a process, for PortAudio looks for the sound server once."""
    pulse.pactl(
        *("load-module", "module-null-sink", "sink_name=second"),
        "sink_properties=device.description=Second_cable",
    )
    flags = {
        "engine.url": engine,
        "audio.output": "null",
        "web.port": "0",
        "twitch.channel": "c",
        "twitch.url": "ws://127.0.0.1:9",  # nobody's: chat is not needed here
        "store": str(tmp_path / "store.sqlite3"),
        "rules.blocklist": str(tmp_path / "blocklist.txt"),
    }
    arguments = [word for name, value in flags.items() for word in (f"--{name}", value)]
    async with run_bot(*arguments, env=pulse.env | {"BOT_WEB__ENABLED": "true"}) as bot:
        base = (await bot.until("PagesState", lambda entry: entry["state"] == "ready"))["detail"]
        async with open_page(browser, base) as (page, _):
            await page.get_by_role("button", name="Sound: nowhere").click()
            box = page.locator("#sound-box")
            await box.get_by_label("Sound goes to").select_option("device")
            device = box.get_by_label("Device")
            await expect(device.locator("option", has_text="Second_cable")).to_have_count(1, timeout=15_000)
            titles = await device.locator("option").all_text_contents()
            assert titles[0] == "system default"
            assert any("(system default)" in title for title in titles[1:])
            await device.select_option(label=next(title for title in titles if "Second_cable" in title))
            await bot.until(
                "OutputState", lambda entry: entry["state"] == "ready" and "econd" in entry["detail"]
            )
            await expect(page.locator("button.pill[data-do=sound][data-state=ready]")).to_have_attribute(
                "title", "Second_cable (second)"
            )
            [sink] = [line for line in pulse.pactl("list", "short", "sinks").splitlines() if "second" in line]
            [playing] = pulse.pactl("list", "short", "sink-inputs").splitlines()
            assert playing.split()[1] == sink.split()[0]
            pulse.stop()
            await expect(page.locator("button.pill[data-do=sound]")).not_to_have_attribute(
                "data-state", "ready"
            )
            await expect(box.locator(".fault, .hint").first).not_to_be_empty()
