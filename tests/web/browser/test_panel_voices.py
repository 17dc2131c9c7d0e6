"""A voice of one's own through the panel: dropped on it, checked, kept, removed and brought back."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
import soundfile
from playwright.async_api import Browser, Page, expect

from bot.engine.references import RATE
from tests.engine.references.recordings import TEXT, recorded, silence, speech
from tests.web.browser.looking import open_page
from tests.web.running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")

_DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name, { type: "audio/wav" }));
  for (const type of ["dragover", "drop"]) document.querySelector(".drop").dispatchEvent(
    new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""


def wav() -> bytes:
    """Somebody says TEXT in a quiet room."""
    with io.BytesIO() as file:
        soundfile.write(file, recorded(silence(0.3), speech(), silence(0.3)), RATE, format="WAV")
        return file.getvalue()


async def drop(page: Page, name: str, data: bytes) -> None:
    """As from a file manager."""
    await page.evaluate(_DROP, [name, base64.b64encode(data).decode()])


async def test_a_recording_becomes_a_voice_that_is_removed_and_brought_back(
    browser: Browser, site: Running, voices: Path
) -> None:
    """The engine here is espeak alone: the panel says that the voice waits for its own."""

    def known(fault: str) -> bool:
        return "409" in fault and "/api/voices/my-aunt" in fault

    async with open_page(browser, f"{site.base}/#voices", fine=known) as (page, _):
        await expect(page.locator(".voices > .voice-card:not([data-absent])")).to_have_count(4)
        await drop(page, "My Aunt.wav", wav())
        await expect(page.locator(".drop")).to_contain_text("My Aunt.wav")
        await expect(page.get_by_label("Name", exact=True)).to_have_value("my-aunt")
        await page.get_by_label("What is said in it").fill(TEXT)
        await page.get_by_label("Language").select_option("en")
        async with page.expect_response("**dry=1**") as answering:
            await page.get_by_role("button", name="Check").click()
        assert (await answering.value).status == 200
        checks = page.locator(".checks li[data-verdict]")
        await expect(checks).not_to_have_count(0)
        assert await page.locator(".checks li[data-verdict=bad]").count() == 0
        assert not (voices / "my-aunt").exists()  # looked at, and no more

        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(
            page.locator(".toast", has_text="my-aunt is kept, and speaks once the F5 engine")
        ).to_be_visible()
        aunt = page.locator("[data-absent=my-aunt]")
        await expect(aunt).to_be_visible()  # what holds it has opened by itself
        await expect(aunt).to_contain_text("my-aunt · en, zh · f5")
        await expect(page.locator(".absent")).to_contain_text("another voice speaks in the place of each")
        assert (voices / "my-aunt" / "voice.toml").is_file()

        await page.get_by_role("button", name="Add", exact=True).click()  # once more
        await expect(page.locator(".toast.fault", has_text="choose another name")).to_be_visible()

        await aunt.get_by_role("button", name="Remove voice").click()
        await expect(aunt).to_have_count(0)
        assert not (voices / "my-aunt").exists()
        await page.locator(".toast", has_text="is removed").get_by_role("button", name="Bring back").click()
        await expect(aunt).to_be_visible()
        assert (voices / "my-aunt" / "voice.toml").is_file()
        await aunt.get_by_role("button", name="Remove voice").click()
        await expect(aunt).to_have_count(0)


async def test_why_a_recording_is_refused_is_told(browser: Browser, site: Running, voices: Path) -> None:
    async with open_page(
        browser, f"{site.base}/#voices", fine=lambda fault: "422" in fault and "/api/voices/" in fault
    ) as (page, _):
        with io.BytesIO() as file:
            soundfile.write(file, silence(4), RATE, format="WAV")
            await drop(page, "nothing.wav", file.getvalue())
        await page.get_by_label("What is said in it").fill(TEXT)
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator(".toast.fault")).to_be_visible()
        refused = page.locator(".checks li[data-verdict=bad]").first
        await expect(refused).to_be_visible()
        assert not (voices / "nothing").exists()
