"""The overlay's card: in, word by word, out; its looks; and what it costs when nothing is said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bot.messages import Author, Role, Speaking, Spoken, Worth
from tests.people import ALICE, MODERATOR
from tests.web.browser.looking import open_page, until
from tests.web.running import OVERLAY, TOKENS, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINE = "one two three four five six seven eight nine ten"
# Counts what the page has planned: an idle page has nothing to do, now or later.
COUNTS = """
globalThis.planned = new Set();
globalThis.frames = 0;
const pairs = [["setTimeout", "clearTimeout", true], ["setInterval", "clearInterval", false]];
for (const [plan, forget, once] of pairs) {
  const real = globalThis[plan];
  globalThis[plan] = (act, ...rest) => {
    const id = real((...given) => { if (once) planned.delete(id); act(...given); }, ...rest);
    planned.add(id);
    return id;
  };
  const stop = globalThis[forget];
  globalThis[forget] = (id) => { planned.delete(id); stop(id); };
}
const frame = globalThis.requestAnimationFrame;
globalThis.requestAnimationFrame = (act) => { frames += 1; return frame(act); };
"""
# Of the words on their way: whether some are still to be said, whether they have moved on, and whether the
# last one that was said is within its box.
WORDS = """() => {
  const words = document.querySelector(".words");
  const word = [...document.querySelectorAll(".said")].at(-1)?.getBoundingClientRect();
  if (!word) return { left: Boolean(words), moved: false, seen: true };
  const card = document.querySelector(".card").getBoundingClientRect();
  const { top, left, right, bottom } = words.getBoundingClientRect();
  const box = { top, left, right, bottom: Math.min(bottom, card.bottom) };
  const room = 4; // letters' boxes are higher than lines
  const within = (from, to) => word[from] >= box[from] - room && word[to] <= box[to] + room;
  return {
    left: Boolean(words.querySelector("span:not(.said)")),
    moved: words.scrollTop + words.scrollLeft > 0,
    seen: within("top", "bottom") && within("left", "right"),
  };
}"""
STORY = (
    "the quick brown fox jumps over a lazy dog while some children play near our old river and sing about it"
)


def card(page: Page) -> Any:
    return page.locator(".card.in")


async def test_in_word_by_word_and_out(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await connected(site)
        await site.write(LINE, by=Author("9", "<b>Ann</b>", "ann"))
        await site.until(Speaking)
        await expect(card(page)).to_have_count(1)
        await expect(card(page).locator(".name")).to_have_text("<b>Ann</b>")
        await expect(card(page).locator(".words")).to_have_text(LINE)
        await expect(card(page).locator(".voice")).to_have_text("mei")
        await expect(card(page)).to_have_attribute("data-platform", "twitch")
        seen: list[int] = []
        async with asyncio.timeout(20):
            while not any(isinstance(entry, Spoken) for entry in site.entries):
                seen.append(await page.evaluate("document.querySelectorAll('.card.in .said').length"))
                await asyncio.sleep(0.05)
        assert seen == sorted(seen)  # said stays said
        assert len(set(seen)) > 5  # word by word
        assert await page.evaluate("document.querySelectorAll('.words span:not(.said)').length") == 0
        await expect(page.locator(".card")).to_have_count(0)


async def test_a_skipped_one_goes_at_once_and_a_page_that_comes_late_sees_the_rest(
    browser: Browser, site: Running
) -> None:
    await site.write(LINE)
    await site.until(Speaking)
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await expect(card(page)).to_have_count(1)
        await site.post("/api/skip", {"id": None})
        await expect(card(page)).to_have_count(0)
        await expect(page.locator(".card")).to_have_count(0)


async def test_nothing_to_do_when_nothing_is_said(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/overlay", wait=False) as (page, _):
        await page.add_init_script(COUNTS)
        await page.reload()
        await connected(site)
        await site.write("hello there")
        await site.until(Speaking)
        await expect(card(page)).to_have_count(1)
        assert await page.evaluate("planned.size") > 0
        await expect(page.locator(".card")).to_have_count(0)
        idle = "[planned.size, frames, document.getAnimations().length, stage.childNodes.length].join()"
        await until(page, f"{idle} === '0,0,0,0'")
        assert await page.evaluate("document.body.childElementCount") == 4  # as it stands in the file


@pytest.mark.parametrize(
    ("worth", "by", "colour"),
    [
        (Worth(1, "USD"), ALICE, "rgb(46, 196, 255)"),
        (Worth(5, "USD"), ALICE, "rgb(255, 200, 61)"),
        (Worth(100, "CNY"), ALICE, "rgb(255, 122, 61)"),
        (Worth(50_000, "bits"), ALICE, "rgb(255, 61, 113)"),
        (None, MODERATOR, "rgb(61, 220, 151)"),
        (None, ALICE, "rgb(169, 112, 255)"),
    ],
)
async def test_the_colours(
    browser: Browser, site: Running, worth: Worth | None, by: Author, colour: str
) -> None:
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await connected(site)
        await site.write("look at this", by=by, worth=worth)
        await expect(card(page)).to_have_css("border-left-color", colour)
        paid = card(page).locator(".paid")
        await expect(paid).to_have_count(1)
        assert bool(await paid.text_content()) == bool(worth)


async def test_the_platforms_sign_keeps_its_colour(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await connected(site)
        await site.write("look at this", by=MODERATOR)
        await expect(card(page).locator(".platform")).to_have_css("background-color", "rgb(169, 112, 255)")


@pytest.mark.parametrize(("query", "words"), [("", "look at this"), ("?name=0", "Alice: look at this")])
async def test_a_name_that_is_said_too_stands_there_once(
    browser: Browser, site: Running, query: str, words: str
) -> None:
    async with open_page(browser, f"{site.base}/overlay{query}") as (page, _):
        await connected(site)
        await site.write("look at this", by=ALICE, worth=Worth(30, "CNY"))
        await expect(card(page).locator(".words")).to_have_text(words)
        assert (await site.until(Speaking)).utterance.text == "Alice: look at this"


@pytest.mark.parametrize(
    ("theme", "high"), [("card", 500), ("card", 200), ("line", 500), ("bubble", 500), ("subtitle", 500)]
)
async def test_words_that_are_said_are_seen_however_long_the_message(
    browser: Browser, site: Running, theme: str, high: int
) -> None:
    address = f"{site.base}/overlay?theme={theme}&size=40&width=360"
    view = {"width": 700, "height": high}
    async with open_page(browser, address, reduced_motion="reduce", viewport=view) as (page, _):
        await connected(site)
        await site.write(STORY)
        await expect(card(page)).to_have_count(1)
        told = await page.evaluate(WORDS)
        moved = False
        while told["left"]:
            assert told["seen"]
            await asyncio.sleep(0.02)
            told = await page.evaluate(WORDS)
            moved = moved or told["moved"]
        assert moved


@pytest.mark.parametrize("theme", ["card", "line", "bubble", "subtitle"])
async def test_the_looks(browser: Browser, site: Running, theme: str) -> None:
    query = f"theme={theme}&size=40&width=500&accent=00ff00&position=top&align=right&voice=0&badge=0&bar=0"
    async with open_page(browser, f"{site.base}/overlay?{query}") as (page, _):
        await connected(site)
        await site.write(f"{LINE} {LINE}", by=Author("9", "Ann", "ann", frozenset({Role.VIP})))
        await expect(card(page)).to_have_count(1)
        await expect(card(page)).to_have_css("opacity", "1")
        told = await page.evaluate(
            """() => {
              const card = document.querySelector(".card.in");
              const { top, right, width } = card.getBoundingClientRect();
              const { theme, position, align } = document.body.dataset;
              const size = getComputedStyle(document.body);
              return { theme, position, align, top, gap: innerWidth - right, width, size: size.fontSize,
                accent: size.getPropertyValue("--accent"), ground: size.backgroundColor,
                voice: card.querySelector(".voice").textContent,
                badge: getComputedStyle(card.querySelector(".platform")).display };
            }"""
        )
        assert (told["theme"], told["position"], told["align"]) == (theme, "top", "right")
        assert (told["size"], told["accent"], told["ground"]) == ("40px", "#00ff00", "rgba(0, 0, 0, 0)")
        assert (told["voice"], told["badge"]) == ("", "none")
        assert told["top"] < 100
        assert told["gap"] < 100
        if theme != "line":
            assert told["width"] <= 510  # it may be on its way in


@pytest.mark.parametrize(
    "query",
    [
        "theme=<script>&size=1e9&width=-5&accent=red;}*{display:none}&position=x&align=../..",
        "theme=__proto__&size=NaN&accent=%00%00%00&name=<b>",
    ],
)
async def test_a_query_that_makes_no_sense_changes_nothing(
    browser: Browser, site: Running, query: str
) -> None:
    async with open_page(browser, f"{site.base}/overlay?{query}") as (page, _):
        data = await page.evaluate("({...document.body.dataset})")
        assert data == {"theme": "card", "position": "bottom", "align": "left"}
        assert await page.evaluate("document.body.style.length") == 0


async def test_the_streamers_own_style(browser: Browser, tmp_path: Path, engine: str) -> None:
    style = tmp_path / "mine.css"
    style.write_text(".card { border-left-color: rgb(1, 2, 3) } .name { text-transform: uppercase }")
    async with (
        running(tmp_path, engine, {"web.overlay_css": str(style)}) as site,
        open_page(browser, f"{site.base}/overlay") as (page, _),
    ):
        await connected(site)
        await site.write("look at this")
        await expect(card(page)).to_have_css("border-left-color", "rgb(1, 2, 3)")
        await expect(card(page).locator(".name")).to_have_css("text-transform", "uppercase")


@pytest.mark.parametrize("theme", ["card", "line", "bubble", "subtitle"])
async def test_the_streamers_own_values_hold_in_every_theme(
    browser: Browser, tmp_path: Path, engine: str, theme: str
) -> None:
    style = tmp_path / "mine.css"
    style.write_text(":root { --lines: 3; --quiet: rgb(1, 2, 3); --text: rgb(4, 5, 6); --size: 20px }")
    async with (
        running(tmp_path, engine, {"web.overlay_css": str(style)}) as site,
        open_page(browser, f"{site.base}/overlay?theme={theme}", reduced_motion="reduce") as (page, _),
    ):
        await connected(site)
        await site.write(STORY)
        words = card(page).locator(".words")
        await expect(words).to_have_css("max-height", "81px")
        colours = await words.locator("span").evaluate_all(
            "all => all.map(one => getComputedStyle(one).color)"
        )
        assert set(colours) <= {"rgb(1, 2, 3)", "rgb(4, 5, 6)"}
        assert colours[-1] == "rgb(1, 2, 3)"


async def test_it_finds_its_bot_again(browser: Browser, tmp_path: Path, engine: str) -> None:
    """The bot is started anew, at the same place and with the same token."""
    async with running(tmp_path, engine, TOKENS) as site:
        flags: Mapping[str, str] = TOKENS | {"web.port": str(site.port)}
        opening = open_page(
            browser, f"{site.base}/overlay?token={OVERLAY}", fine=lambda fault: "WebSocket" in fault
        )
        page, _ = await opening.__aenter__()
        await connected(site)
        await site.write(LINE)
        await expect(card(page)).to_have_count(1)
    await expect(page.locator(".card")).to_have_count(0)  # its bot was ended in mid-word
    async with running(tmp_path, engine, flags) as site:
        await connected(site)
        await site.write("here again")
        await expect(card(page).locator(".words")).to_have_text("here again")
        await opening.__aexit__(None, None, None)


async def connected(site: Running) -> None:
    assert site.bot.site
    async with asyncio.timeout(20):
        while not site.bot.site.story.hub.count("overlay"):  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
