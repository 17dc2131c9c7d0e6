"""The panel's settings: changed, refused, undone, and kept in mind while somebody looks at something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.config import load_settings
from tests.web.browser.looking import open_page
from tests.web.running import running

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_setting_is_changed_and_undone(
    browser: Browser, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("# mine\n[audio]\nvolume = 0.8  # not too loud\n", encoding="utf-8")
    monkeypatch.setattr("tests.web.running.load_settings", lambda given, path: load_settings(given, file))
    async with (
        running(tmp_path, engine) as site,
        open_page(browser, f"{site.base}/#settings", fine=lambda fault: "422" in fault) as (page, _),
    ):
        await page.get_by_role("searchbox").fill("volume")
        row = page.locator("[data-key='audio.volume']")
        volume = row.get_by_role("spinbutton")
        await expect(volume).to_have_value("0.8")
        await volume.fill("7")
        await page.get_by_role("button", name="Save").click()
        await expect(row.locator(".fault")).not_to_be_empty()
        await expect(volume).to_be_focused()
        await volume.fill("0.5")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".toast", has_text="Saved.")).to_be_visible()
        assert file.read_text(encoding="utf-8") == "# mine\n[audio]\nvolume = 0.5  # not too loud\n"
        await expect(page.locator("#transport input[type=range]")).to_have_js_property("value", "0.5")
        await page.get_by_role("button", name="Undo the last change").click()
        await expect(volume).to_have_value("0.8")
        assert "volume = 0.8  # not too loud" in file.read_text(encoding="utf-8")
        await page.get_by_role("searchbox").fill("audio.output")
        fixed = page.locator("[data-key='audio.output']")
        await expect(fixed.get_by_role("textbox")).to_be_disabled()
        await expect(fixed).to_contain_text("set on the command line")


async def test_what_is_not_saved_yet_waits_for_its_word(
    browser: Browser, tmp_path: Path, engine: str
) -> None:
    file = tmp_path / "config.toml"
    written = '[audio]\noutput = "null"\nvolume = 0.8\n[queue]\nhold = 2.0\n'
    file.write_text(written, encoding="utf-8")
    async with (
        running(tmp_path, engine, file=file) as site,
        open_page(browser, f"{site.base}/#settings") as (page, _),
    ):
        volume = page.locator("[data-key='audio.volume']").get_by_role("spinbutton")
        hold = page.locator("[data-key='queue.hold']")
        for name in ("audio", "queue"):
            await page.locator(f"details[data-name={name}] summary").click()
        await volume.fill("0.5")
        await hold.get_by_role("button", name="Back to the default").click()
        await expect(hold.get_by_role("spinbutton")).to_have_value("0")
        for section in ("now", "settings"):  # somebody looks at something else meanwhile
            await page.goto(f"{site.base}/#{section}")
            await expect(page.locator("#tabs [aria-current]")).to_have_attribute("data-name", section)
        await expect(page.get_by_text("2 changed")).to_be_visible()
        assert file.read_text(encoding="utf-8") == written
        await expect(volume).to_have_value("0.5")
        await page.get_by_role("button", name="Discard").click()
        await expect(volume).to_have_value("0.8")
        await expect(hold.get_by_role("spinbutton")).to_have_value("2")
        await hold.get_by_role("button", name="Back to the default").click()
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".toast", has_text="Saved.")).to_be_visible()
        assert "hold = 0.0" in file.read_text(encoding="utf-8")
