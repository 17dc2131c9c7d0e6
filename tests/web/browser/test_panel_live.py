"""The panel's controls, its queue and what it says of the chat: each does its thing to the real bot."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from bot.messages import Dropped, Speaking, Spoken, Worth
from tests.people import ALICE, BOB, CAROL
from tests.web.browser.looking import DEADLINE, open_page
from tests.web.running import Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = "this is a long line that takes a good while to say, so that there is time to do something about it"


async def status(site: Running) -> Any:
    return await site.get("/api/status")


async def waiting(site: Running) -> list[str]:
    return [item["text"] for item in (await site.get("/api/queue"))["items"]]


async def three_wait(site: Running, page: Page) -> None:
    await site.post("/api/pause")
    for text, by in (("one apple", ALICE), ("two pears", BOB), ("three plums", CAROL)):
        await site.write(text, by=by)
    await expect(page.locator(".queue .item")).to_have_count(3)


async def queue_is(page: Page, site: Running, *texts: str) -> None:
    """On the page, and in the bot."""
    await expect(page.locator(".queue .item .text")).to_have_text(list(texts))
    assert await waiting(site) == list(texts)


async def test_pause_resume_skip_and_the_keys(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.write(LONG)
        await site.until(Speaking)
        await expect(page.locator(".item.current .text")).to_have_text(LONG)
        await page.get_by_role("button", name="Pause", exact=True).click()
        await expect(page.get_by_role("button", name="Resume")).to_be_visible()
        assert (await status(site))["paused"] is True
        await page.get_by_role("button", name="Silent now").click()
        await expect(page.locator(".toast", has_text="Pauses after")).to_have_count(0)
        await page.locator("#transport").get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        await page.locator("#transport").get_by_role("button", name="Skip").click()
        assert (await site.until(Dropped)).reason == "skipped"
        await expect(page.get_by_text("Nothing is being said.")).to_be_visible()
        await page.locator("#view").press("s")
        await expect(page.get_by_text("Nothing to skip.")).to_be_visible()
        await page.locator("#view").press("Space")
        await expect(page.get_by_role("button", name="Resume")).to_be_visible()
        await page.locator("#view").press("2")
        await expect(page).to_have_title("History – Chat Aloud")
        await page.locator("#view").press("n")
        await expect(page.locator("#say")).to_be_focused()
        await page.locator("#say").press("s")  # what is typed is no command
        await expect(page.locator("#say")).to_have_value("s")


async def test_reading_aloud_and_the_volume(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        button = page.get_by_role("button", name="Reading chat")
        await expect(button).to_have_attribute("aria-pressed", "true")
        await button.click()
        await expect(page.get_by_role("button", name="Not reading")).to_have_attribute(
            "aria-pressed", "false"
        )
        assert (await status(site))["reading_aloud"] is False
        volume = page.locator("#transport").get_by_role("slider")
        async with page.expect_response("**/api/controls"):
            await volume.fill("0.5")
        assert (await status(site))["controls"]["volume"] == 0.5


async def test_what_was_said_last_is_said_again(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.write("good evening")
        await site.until(Spoken)
        last = page.locator(".item.last")
        await expect(last.locator(".text")).to_have_text("good evening")
        seen = len(site.entries)
        await last.get_by_role("button", name="Say again").click()
        await site.until(Spoken, lambda entry: entry.utterance.text == "good evening", seen=seen)


async def test_say_something_now(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base, fine=lambda fault: "/api/say" in fault) as (page, _):
        await three_wait(site, page)
        await page.locator("#say").fill("good evening")
        await page.get_by_label("before all others").check()
        await page.locator("#say").press("Enter")
        await queue_is(page, site, "good evening", "one apple", "two pears", "three plums")
        await expect(page.locator("#say")).to_have_value("")
        await page.locator("#say").fill("???")
        await page.get_by_role("button", name="Say it").click()
        await expect(page.locator(".toast.fault")).to_contain_text("nothing in it that can be said")
        await expect(page.locator("#say")).to_have_value("???")  # to be mended, not typed again


async def test_reordered_by_mouse_and_by_keyboard_and_removed(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await three_wait(site, page)
        rows = page.locator(".queue .item")
        await rows.nth(2).drag_to(rows.nth(0))
        await queue_is(page, site, "three plums", "one apple", "two pears")
        earlier = rows.nth(2).get_by_role("button", name="Earlier")
        await earlier.focus()
        await page.keyboard.press("Enter")
        await queue_is(page, site, "three plums", "two pears", "one apple")
        await expect(rows.nth(1).get_by_role("button", name="Earlier")).to_be_focused()
        await rows.nth(0).get_by_role("button", name="Later").click()
        await queue_is(page, site, "two pears", "three plums", "one apple")
        await rows.nth(1).get_by_role("button", name="Remove").click()
        await queue_is(page, site, "two pears", "one apple")


async def test_a_move_went_well_though_what_stood_before_it_was_begun_meanwhile(
    browser: Browser, site: Running
) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.post("/api/pause")
        for text, by in ((LONG, ALICE), ("two pears", BOB), ("three plums", CAROL)):
            await site.write(text, by=by)

        async def late(route: Route) -> None:
            await site.post("/api/resume")
            await site.until(Speaking)
            await site.post("/api/pause")
            await route.continue_()

        await page.route("**/api/queue/order", late)
        rows = page.locator(".queue .item")
        await expect(rows).to_have_count(3)
        await rows.nth(2).get_by_role("button", name="Earlier").click()
        await expect(page.get_by_text("Moved: 1 of 2.")).to_be_attached()
        await queue_is(page, site, "three plums", "two pears")
        await expect(page.locator(".toast")).to_have_count(0)


async def test_cleared_but_for_what_was_paid_for(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await three_wait(site, page)
        await site.write("paid words", by=CAROL, worth=Worth(30, "CNY"))
        await expect(page.locator(".queue .paid")).to_have_text("30 CNY")
        await page.get_by_role("button", name="Clear").click()
        await page.get_by_role("button", name="Cancel").click()
        assert len(await waiting(site)) == 4
        await page.get_by_role("button", name="Clear").click()
        await page.get_by_role("dialog").get_by_role("button", name="Clear").click()
        await expect(page.locator(".queue .item")).to_have_count(1)
        await page.get_by_role("button", name="Clear").click()
        await page.get_by_label("what was paid for, too").check()
        await page.get_by_role("dialog").get_by_role("button", name="Clear").click()
        await expect(page.locator(".queue .item")).to_have_count(0)
        assert await waiting(site) == []


async def test_muted_blocked_and_undone(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await three_wait(site, page)
        line = page.locator(".lines li", has_text="two pears")
        await line.hover()
        await line.get_by_role("button", name="Mute viewer").click()
        await expect(page.locator(".queue .item")).to_have_count(2)
        await expect(line.locator(".why")).to_contain_text("its writer was muted")
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator(".toast", has_text="Undone.")).to_be_visible()
        await site.write("back again", by=BOB)
        await expect(page.locator(".queue .item")).to_have_count(3)
        line = page.locator(".lines li", has_text="one apple")
        await line.hover()
        await line.get_by_role("button", name="Block viewer").click()
        await expect(page.locator(".queue .item")).to_have_count(2)
        await page.goto(f"{site.base}/#viewers")
        alice = page.locator(".people .item", has_text="Alice")
        await expect(alice.get_by_label("blocked: Alice")).to_be_checked()
        async with page.expect_response("**/api/viewers/*"):
            await alice.get_by_label("blocked: Alice").uncheck()
        async with page.expect_response("**/api/viewers/*"):
            await alice.get_by_label("Nickname: Alice").fill("Al")
            await alice.get_by_label("Nickname: Alice").press("Tab")
        async with page.expect_response("**/api/viewers/*"):
            await alice.get_by_label("voice: Alice").select_option("bruno")
        [viewer] = (await site.get("/api/viewers?search=alice"))["viewers"]
        assert (viewer["blocked"], viewer["nickname"], viewer["voice"]) == (False, "Al", "bruno")
        await page.get_by_role("searchbox").fill("bob")
        await expect(page.locator(".people .item")).to_have_count(1)


async def test_what_a_blocked_viewer_paid_is_held(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        held = page.locator("section", has=page.get_by_role("heading", name="Paid for, and held"))
        await expect(held).to_be_hidden()
        await site.post("/api/pause")
        for text in ("first paid", "second paid"):
            await site.write(text, by=BOB, worth=Worth(30, "CNY"))
        line = page.locator(".lines li", has_text="second paid")
        await line.hover()
        await line.get_by_role("button", name="Block viewer").click()
        await expect(held.locator(".item .text")).to_have_text(["first paid", "second paid"])
        await expect(page.locator(".queue .item")).to_have_count(0)
        await expect(line.locator(".why")).to_contain_text(
            "Held · it was paid for, and its writer is blocked"
        )
        await held.locator(".item").first.get_by_role("button", name="Say it anyway").click()
        await expect(page.locator(".queue .item .text")).to_contain_text(["first paid"])
        await expect(held.locator(".item")).to_have_count(1)
        await held.get_by_role("button", name="Let it go").click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(held.locator(".item")).to_have_count(1)
        await held.get_by_role("button", name="Let it go").click()
        await page.get_by_role("dialog").get_by_role("button", name="Let it go").click()
        await expect(held).to_be_hidden()
        assert (await site.get("/api/held"))["items"] == []


async def test_history_says_why_and_says_again(browser: Browser, site: Running) -> None:
    await site.post("/api/blocklist", {"word": "badword"})
    is_refused = "/replay"
    async with open_page(browser, f"{site.base}/#history", fine=lambda fault: is_refused in fault) as (
        page,
        _,
    ):
        await site.write("hello there")
        await site.until(Spoken)
        await site.write("a badword indeed", by=BOB)
        await site.write("!voices", by=BOB)
        spoken = page.locator(".past .item", has_text="hello there")
        await expect(spoken.locator(".outcome")).to_contain_text("Spoken · after")
        refused = page.locator(".past .item", has_text="a badword indeed")
        await expect(refused.locator(".outcome")).to_contain_text("there is a blocked word in it")
        seen = len(site.entries)
        await spoken.get_by_role("button", name="Say again").click()
        await site.until(Spoken, lambda entry: entry.utterance.text == "hello there", seen=seen)
        await refused.get_by_role("button", name="Say it anyway").click()
        await expect(page.locator(".toast.fault")).to_be_visible()  # a blocked word stays one
        await page.get_by_role("button", name="Not read", exact=True).click()
        await expect(page.locator(".past .item")).to_have_count(2)
        await page.get_by_role("searchbox").fill("badword")
        await expect(page.locator(".past .item")).to_have_count(1)


async def test_where_sound_goes_and_how(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await page.get_by_role("button", name="Sound: nowhere").click()
        box = page.locator("#sound-box")
        await expect(box.get_by_label("Sound goes to")).to_have_value("null")
        await box.get_by_label("Sound goes to").select_option("browser")
        await expect(page.get_by_role("button", name="Sound: overlay page")).to_be_visible()
        await expect(box.get_by_text("No page plays it yet")).to_be_visible()
        await box.get_by_label("this page").check()
        await expect(box.get_by_label("this page")).to_be_checked()
        await expect(box.get_by_text("No page plays it yet")).to_have_count(0)
        assert (await status(site))["pages"]["audible"] != ""
        await box.get_by_label("the overlay").check()
        await expect(box.get_by_text("No page plays it yet")).to_be_visible()
        async with page.expect_response("**/api/controls"):
            await box.get_by_label("Speed").fill("1.5")
        await expect(box.get_by_text("1.5 ×")).to_be_visible()
        async with page.expect_response("**/api/controls"):
            await box.get_by_label("Default voice").select_option("bruno")
        controls = (await status(site))["controls"]
        assert (controls["speed"], controls["voice"], controls["output"]) == (1.5, "bruno", "browser")
        await box.get_by_label("Sound goes to").select_option("null")
        await page.keyboard.press("Escape")
        await expect(box).to_be_hidden()


async def test_a_panel_finds_its_bot_again(browser: Browser, site: Running) -> None:
    async with open_page(browser, site.base) as (page, _):
        await site.post("/api/pause")
        assert site.bot.site
        for client in list(site.bot.site.story.hub._views["panel"].clients):
            client.abort()  # as a lost network does
        await expect(page.locator("body[data-connection=closed]")).to_be_attached()
        await site.write("while it was away")
        await expect(page.locator("body[data-connection=open]")).to_be_attached(timeout=DEADLINE)
        await expect(page.locator(".queue .item .text")).to_have_text("while it was away")
