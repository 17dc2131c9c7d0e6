"""Takes the pages' pictures in docs/ anew: python -m tests.web.browser.pictures"""

from __future__ import annotations

import asyncio
import base64
import io
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.messages import Author, Role, Worth
from tests.engine.running import end, start
from tests.people import message
from tests.web.browser.looking import ARGUMENTS, CHROMIUM
from tests.web.running import ROOT, Running, running

DOCS = ROOT / "docs"
THEMES = ("card", "line", "bubble", "subtitle")
PANDA = Author("11", "PixelPanda", "pixelpanda")
MARISOL = Author("12", "Marisol", "marisol", frozenset({Role.VIP}))
GRANDPA = Author("13", "GrandpaGamer", "grandpagamer")
OWL = Author("14", "NightOwl_Mod", "nightowl_mod", frozenset({Role.MODERATOR}))
SODA, FISH = Author("21", "橘子汽水", ""), Author("22", "小鱼干", "")
EVENING = (
    (GRANDPA, "what the heck", None),
    (GRANDPA, "!voices", None),
    (MARISOL, "good evening from Lisbon, how was your week?", None),
    (PANDA, "hi everyone, first time I'm on time for once", None),
    (FISH, "主播晚上好，今天播到几点呀？", Worth(30, "CNY")),
    (OWL, "Reminder: no spoilers for chapter three please", None),
    (SODA, "so close!! 加油", None),
    (GRANDPA, "back in my day we rewound the tape before the boss fight, and we liked it that way", None),
    (PANDA, "love this song, what is it?", None),
    (SODA, "这把能赢吗，我押了五毛", None),
)
SHOWN = (
    (PANDA, "hi everyone, first time I'm on time for once", None),
    (SODA, "主播今天状态真好，这一关一定能过，加油加油！", Worth(100, "CNY")),
)


def game() -> Image.Image:
    """Something like a game, 1920 x 1080."""
    wide, high = 1920, 1080
    height = np.linspace(0, 1, high)[:, None]
    top, bottom = np.array([70, 130, 220]), np.array([235, 190, 150])
    sky = top + (bottom - top) * np.clip(height * 1.6, 0, 1)
    picture = Image.fromarray(np.repeat(sky[:, None, :], wide, axis=1).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((1350, 180, 1490, 320), fill=(255, 244, 214))
    across = np.arange(0, wide + 8, 8)
    for base, tall, wave, colour in (
        (560, 110, 260, (118, 124, 160)),
        (650, 80, 190, (84, 104, 118)),
        (760, 40, 330, (58, 92, 70)),
    ):
        hills = base + tall * np.sin(across / wave) + tall / 3 * np.sin(across / wave * 2.7)
        ridge = [(float(x), float(y)) for x, y in zip(across, hills, strict=True)]
        draw.polygon([(0, high), *ridge, (wide, high)], fill=colour)
    for left, width, tall, colour in ((200, 120, 330, (72, 58, 48)), (1500, 180, 420, (66, 62, 74))):
        draw.rectangle((left, 900 - tall, left + width, 920), fill=colour)
        for number in range(tall // 44 * (width // 34)):
            x, y = left + 14 + number % (width // 34) * 34, 920 - tall + number // (width // 34) * 44
            draw.rectangle((x, y, x + 14, y + 20), fill=(250, 220, 140) if number % 3 else (40, 36, 40))
    return picture


async def write(site: Running, by: Author, text: str, worth: Worth | None) -> None:
    source = "twitch" if by.login else "bilibili"
    number = len(site.entries)
    site.chat.put_nowait(replace(message(text, by=by, id=f"p{number}", worth=worth), source=source))
    while len(site.entries) < number + 2:  # it was heard, and queued or refused  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def opened(browser: Browser, url: str, wide: int, high: int, language: str) -> Page:
    context = await browser.new_context(locale=language, viewport={"width": wide, "height": high})
    page = await context.new_page()
    await page.goto(url)
    return page


def small(taken: bytes, file: Path) -> None:
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


async def panels(browser: Browser, site: Running) -> None:
    for by, text, worth in EVENING:
        await write(site, by, text, worth)
    for name, wide, high, language in (("panel", 1366, 768, "en-US"), ("panel-phone", 390, 844, "zh-CN")):
        page = await opened(browser, site.base, wide, high, language)
        await expect(page.locator(".item.current")).to_be_visible()
        small(await page.screenshot(), DOCS / f"{name}.png")
        await page.context.close()


async def overlays(browser: Browser, site: Running) -> None:
    with io.BytesIO() as file:
        game().save(file, "JPEG", quality=90)
        ground = f"url(data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}) center / cover"
    pages = [
        await opened(browser, f"{site.base}/overlay?theme={theme}", 1920, 1080, "en-US") for theme in THEMES
    ]
    looks = Image.new("RGB", (1280, 720))
    for page in pages:
        await page.evaluate("(ground) => { document.documentElement.style.background = ground; }", ground)
    for column, (by, text, worth) in enumerate(SHOWN):
        await write(site, by, text, worth)
        for page in pages:
            await expect(page.locator(".card.in .said").nth(5)).to_be_attached()
        for row, page in enumerate(pages):
            taken = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
            left = 480 if THEMES[row] == "subtitle" else 0
            part = taken.crop((left, 810, left + 960, 1080)).resize((640, 180), Image.Resampling.LANCZOS)
            looks.paste(part, (640 * column, 180 * row))
            if row == 0 and worth:
                taken.crop((0, 600, 1080, 1080)).save(DOCS / "overlay.png", optimize=True)
        await site.post("/api/skip", {"id": None})
        for page in pages:
            await expect(page.locator(".card")).to_have_count(0)
    looks.save(DOCS / "overlay-looks.webp", quality=85)


async def main() -> None:
    process = start("--engine.name", "espeak", "--voices", str(ROOT / "voices"))
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for take, flags in ((panels, {"rules.blocked": "heck"}), (overlays, {})):
                with tempfile.TemporaryDirectory() as folder:
                    async with running(Path(folder), process.url, flags) as site:
                        await take(browser, site)
            await browser.close()
    finally:
        end(process.process)


if __name__ == "__main__":
    asyncio.run(main())
