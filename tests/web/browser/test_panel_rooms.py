"""The panel's other sections, its languages, its keys, who sees what, and what axe finds in each."""

from __future__ import annotations

import asyncio
import io
import re
import wave
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from bot.messages import Spoken, Worth
from tests.people import ALICE, BOB, MODERATOR
from tests.web.browser.looking import open_page, until
from tests.web.running import MODERATOR as MODERATOR_TOKEN
from tests.web.running import OVERLAY, OWNER, TOKENS, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECTIONS = ("now", "history", "viewers", "voices", "words", "settings", "numbers", "log")
NOT_THE_OWNERS = ("now", "history", "viewers", "voices", "words", "numbers")


def recording(seconds: float) -> bytes:
    """A WAV file of somebody who hums."""
    time = np.arange(int(24_000 * seconds)) / 24_000
    hum = 0.3 * np.sin(2 * np.pi * 150 * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    with io.BytesIO() as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(24_000)
            out.writeframes((hum * 32767).astype("<i2").tobytes())
        return file.getvalue()


async def test_voices_are_heard_and_chosen(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/#voices") as (page, _):
        await expect(page.locator(".voice-card:not([data-absent])")).to_have_count(4)
        bruno = page.locator(".voice-card", has_text="Bruno")
        await page.evaluate(
            """() => {
              globalThis.played = [];
              const play = HTMLMediaElement.prototype.play;
              HTMLMediaElement.prototype.play = function () { played.push(this); return play.call(this); };
            }"""
        )
        async with page.expect_response("**/api/voices/bruno/sample") as answering:
            await bruno.get_by_role("button", name="Listen").click()
        answer = await answering.value
        assert (answer.status, answer.headers["content-type"]) == (200, "audio/wav")
        await until(page, "played[0]?.currentTime > 0.2")
        await bruno.get_by_role("button", name="Use as default").click()
        await expect(bruno.locator(".tag")).to_have_text("default")
        await expect(page.locator(".tag")).to_have_count(1)
        assert (await site.get("/api/status"))["controls"]["voice"] == "bruno"


async def test_a_recording_is_checked_before_it_is_a_voice(browser: Browser, site: Running) -> None:
    url = f"{site.base}/#voices"
    async with open_page(browser, url, fine=lambda fault: "/api/voices/" in fault) as (page, _):
        await page.get_by_role("button", name="Check").click()
        await expect(page.locator(".toast.fault")).to_be_visible()  # there is no file yet
        file = FilePayload(name="My Voice!.wav", mimeType="audio/wav", buffer=recording(4))
        await page.locator("#recording").set_input_files(file)
        await expect(page.get_by_label("Name", exact=True)).to_have_value("my-voice")
        await page.get_by_label("What is said in it").fill("hum hum hum, this is what I hum")
        async with page.expect_response("**/api/voices/my-voice?**dry=1**") as answering:
            await page.get_by_role("button", name="Check").click()
        assert (await answering.value).status in (200, 422)
        await expect(page.locator(".checks li").first).to_be_visible()
        assert await page.locator(".checks li[data-verdict]").count() >= 3
        # Dropped on it, as from a file manager.
        await page.evaluate(
            """() => {
              const data = new DataTransfer();
              data.items.add(new File(["not a sound"], "other.wav", { type: "audio/wav" }));
              document.querySelector(".drop").dispatchEvent(
                new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
            }"""
        )
        await expect(page.locator(".drop")).to_contain_text("other.wav")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator(".toast.fault").last).to_be_visible()
        assert all(voice["id"] != "my-voice" for voice in (await site.get("/api/voices"))["voices"])


async def test_a_recording_that_goes_out_slowly(browser: Browser, site: Running) -> None:
    """It is told how far it is, and cannot be sent twice."""
    fine = "/api/voices/"
    async with open_page(browser, f"{site.base}/#voices", fine=lambda fault: fine in fault) as (page, _):
        on = asyncio.Event()

        async def hold(route: Route) -> None:
            await on.wait()
            await route.continue_()

        await page.route("**/api/voices/hum?**", hold)
        file = FilePayload(name="hum.wav", mimeType="audio/wav", buffer=recording(4))
        await page.locator("#recording").set_input_files(file)
        await page.get_by_label("What is said in it").fill("hum hum hum, this is what I hum")
        check = page.get_by_role("button", name="Check")
        await check.click()
        await expect(page.get_by_role("progressbar", name="Add a voice")).to_be_visible()
        await expect(page.get_by_text(re.compile(r"^Sending \d+ %|^Listening to it"))).to_be_visible()
        await expect(check).to_be_disabled()
        await expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
        on.set()
        await expect(page.locator(".checks li").first).to_be_visible()
        await expect(check).to_be_enabled()
        await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_words_are_blocked_taught_and_tried(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/#words") as (page, _):
        blocked = page.locator("section", has=page.get_by_role("heading", name="never said"))
        await blocked.get_by_role("textbox").fill("badword")
        await blocked.get_by_role("button", name="Add").click()
        await expect(blocked.locator(".entries li")).to_have_text(["badword"])
        await page.get_by_label("Type what somebody might write").fill("such a badword")
        await expect(page.locator(".result .refused")).to_contain_text("there is a blocked word in it")
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(blocked.locator(".entries .empty")).to_be_visible()
        await blocked.get_by_role("textbox").fill("/a+b/")
        await blocked.get_by_role("textbox").press("Enter")
        await blocked.get_by_role("button", name="Remove").click()
        await expect(blocked.locator(".entries .empty")).to_be_visible()

        readings = page.locator("section", has=page.get_by_role("heading", name="Readings"))
        await readings.get_by_label("Word").fill("qwop")
        await readings.get_by_label("Is read").fill("quop the game")
        await readings.get_by_role("button", name="Add").click()
        await expect(readings.locator(".entries li")).to_contain_text("qwop → quop the game")
        await page.get_by_label("Type what somebody might write").fill("play qwop with me")
        await expect(page.locator(".result .large")).to_contain_text("quop the game")
        async with page.expect_response("**/api/tts") as answering:
            await page.get_by_role("button", name="Hear it").click()
        assert (await answering.value).status == 200
        await readings.get_by_role("button", name="Remove").click()
        await expect(readings.locator(".entries .empty")).to_be_visible()
        assert (await site.get("/api/readings"))["readings"] == []


async def test_two_moderators_take_back_each_their_own(browser: Browser, site: Running) -> None:
    url = f"{site.base}/#words"
    async with open_page(browser, url) as (one, _), open_page(browser, url) as (other, _):
        for page, word in ((one, "apple"), (other, "pear")):
            blocked = page.locator("section", has=page.get_by_role("heading", name="never said"))
            await blocked.get_by_role("textbox").fill(word)
            await blocked.get_by_role("textbox").press("Enter")
            await expect(blocked.locator(".entries li", has_text=word)).to_be_visible()
        async with one.expect_response("**/api/blocklist/undo"):
            await one.locator(".toast").get_by_role("button", name="Undo").click()
        assert [entry["written"] for entry in (await site.get("/api/blocklist"))["entries"]] == ["pear"]


async def test_undo_takes_back_what_was_taught_and_no_viewers_own(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/#words") as (page, _):
        readings = page.locator("section", has=page.get_by_role("heading", name="Readings"))
        await readings.get_by_label("Word").fill("gg")
        await readings.get_by_label("Is read").fill("good game")
        await readings.get_by_label("Is read").press("Enter")
        await expect(readings.locator(".entries li", has_text="good game")).to_be_visible()
        await site.post("/api/readings", {"word": "gg", "reading": "my own", "scope": "twitch:1"})
        async with page.expect_response("**/api/readings/undo"):
            await page.locator(".toast").get_by_role("button", name="Undo").click()
        [left] = (await site.get("/api/readings"))["readings"]
        assert (left["reading"], left["scope"]) == ("my own", "twitch:1")


async def test_numbers_and_the_log(browser: Browser, site: Running) -> None:
    await site.post("/api/blocklist", {"word": "badword"})
    async with open_page(browser, f"{site.base}/#numbers") as (page, _):
        await site.write("hello there")
        await site.write("a badword", by=BOB)
        await site.until(Spoken)
        await expect(page.locator(".tile").first.locator(".value")).to_contain_text("ms", timeout=15_000)
        await expect(page.locator(".graph svg")).to_have_count(4)
        await expect(page.locator(".reasons")).to_contain_text("there is a blocked word in it")
        await page.goto(f"{site.base}/#log")
        await expect(page.locator(".log")).to_be_visible()


async def test_both_languages(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        assert await page.evaluate("document.documentElement.lang") == "en"
        await page.get_by_role("button", name="中文").click()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        await expect(page.get_by_role("link", name="现场")).to_have_attribute("aria-current", "page")
        for section in SECTIONS:
            await page.goto(f"{site.base}/#{section}")
            await expect(page.locator("#tabs [aria-current]")).to_have_attribute("data-name", section)
        await page.get_by_role("button", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
    async with open_page(browser, site.base, locale="zh-CN") as (page, _):
        await expect(page.get_by_role("button", name="暂停")).to_be_visible()


async def test_a_moderator_sees_no_more_than_theirs(browser: Browser, tmp_path: Path, engine: str) -> None:
    wrong = "/api/login"
    async with (
        running(tmp_path, engine, TOKENS) as site,
        open_page(browser, site.base, wait=False, fine=lambda fault: wrong in fault) as (page, _),
    ):
        await page.get_by_label("Token").fill("not-the-token-at-all")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await page.get_by_label("Token").fill(MODERATOR_TOKEN)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator("#tabs a[data-name]")).to_have_count(len(NOT_THE_OWNERS))
        await page.goto(f"{site.base}/#settings")
        await expect(page).to_have_title("Live – Chat Aloud")
        await page.goto(f"{site.base}/#voices")
        await expect(page.locator(".voice-card:not([data-absent])")).to_have_count(4)
        await expect(page.locator(".drop")).to_have_count(0)
        await page.get_by_role("button", name="Sound: nowhere").click()
        await expect(page.locator("#sound-box").get_by_label("Speed")).to_be_visible()
        await expect(page.locator("#sound-box").get_by_label("Sound goes to")).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("link", name="Overlay for OBS")).to_have_attribute(
            "href", f"/overlay?token={OVERLAY}"
        )
        await page.get_by_role("button", name="Log out").click()
        await page.get_by_label("Token").fill(OWNER)
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator("#tabs a[data-name]")).to_have_count(len(SECTIONS))


# ---------------------------------------------------------------- accessibility


async def faults(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse."""
    await until(page, "document.getAnimations().every(({ playState }) => playState !== 'running')")
    found = await Axe().run(page)
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_axe_finds_nothing_serious_in_the_panel(browser: Browser, site: Running, locale: str) -> None:
    await site.post("/api/blocklist", {"word": "badword"})
    await site.post("/api/readings", {"word": "qwop", "reading": "quop", "scope": ""})
    await site.write("hello there")
    await site.until(Spoken)
    await site.write("a badword indeed", by=BOB)
    await site.post("/api/pause")
    await site.write("waits for its turn", by=MODERATOR)
    await site.write("paid for", by=ALICE, worth=Worth(30, "CNY"))
    await site.write("paid for and held", by=BOB, worth=Worth(30, "CNY"))
    await site.ask("PATCH", "/api/viewers/twitch:2", {"blocked": True})
    sizes = {"en-US": (1366, 768), "zh-CN": (390, 844)}
    width, height = sizes[locale]
    view = {"width": width, "height": height}
    url, missing = f"{site.base}/", "/api/settings"
    async with open_page(browser, url, fine=lambda fault: missing in fault, locale=locale, viewport=view) as (
        page,
        _,
    ):
        await expect(page.locator(".queue .item")).to_have_count(2)
        await expect(page.locator(".held .item")).to_have_count(1)
        for section in SECTIONS:
            await page.goto(f"{url}#{section}")
            await expect(page.locator("#tabs [aria-current]")).to_have_attribute("data-name", section)
            await page.wait_for_load_state("networkidle") if section in ("voices", "settings") else None
            assert await faults(page) == [], section
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
        for sign, box in (("engine", "#states-box"), ("sound", "#sound-box")):
            await page.locator(f"button.pill[data-do={sign}]").click()
            await expect(page.locator(box)).to_be_visible()
            assert await faults(page) == [], box
            await page.keyboard.press("Escape")


async def test_axe_finds_nothing_serious_elsewhere(browser: Browser, tmp_path: Path, engine: str) -> None:
    async with running(tmp_path, engine, TOKENS) as site:
        for locale in ("en-US", "zh-CN"):
            async with open_page(browser, site.base, wait=False, locale=locale) as (page, _):
                await expect(page.locator("#token")).to_be_visible()
                assert await faults(page) == []
        for theme in ("card", "line", "bubble", "subtitle"):
            overlay = f"{site.base}/overlay?theme={theme}&bar=0&token={OVERLAY}"
            async with open_page(browser, overlay) as (page, _):
                await page.evaluate("document.body.style.background = '#303840'")
                await site.write("hello there everybody, how are you all today", worth=Worth(30, "CNY"))
                await expect(page.locator(".card.in")).to_have_count(1)
                assert await faults(page) == [], theme
                await site.post("/api/skip", {"id": None}, headers={"Authorization": f"Bearer {OWNER}"})
