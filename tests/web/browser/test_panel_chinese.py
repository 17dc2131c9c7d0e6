"""The Chinese panel says in Chinese what the bot says in English: refusals, checks, settings, states."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect

from bot.engine.references import report
from bot.engine.references.contour import Span
from bot.messages import SourceState, State
from bot.speech.engine_child import _WITHOUT_F5
from tests.web.browser.looking import open_page
from tests.web.browser.test_panel_rooms import recording
from tests.web.running import ROOT, TOKENS, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
# Met by programs alone: the panel sends what is right, and these say how.
FOR_PROGRAMS = {
    "csrf",
    "media",
    "upgrade",
    "method",
    "host",
    "proxy",
    "not_found",
    "login",
    "invalid",
    "http",
    "json",
}


REFUSED = (
    "audio.volume cannot be 7.0: input should be less than or equal to 1.",
    "queue.length must be a whole number.",
    "rules.languages cannot be 'xx': input should be 'zh', 'en', 'ja', 'ko', 'ru' or 'other'.",
    "templates.message cannot be '{nme}': there is no {nme} here, only {name}, {text}.",
    "config.toml is read-only: allow it to be written, and settings can be changed here.",
)
NOT_USED = (
    'no NVIDIA GPU was found; engine.name = "f5" uses it on the processor all the same, slowly.',
    "torch 2.7.0 does not reach the GPU: it, or the driver, is of another CUDA.",
    "torch 2.7.0 cannot compute on the GPU (CUDA error 209): install the one made for it.",
)
TABLE = (ROOT / "bot/web/static/panel/sentences.js").read_text(encoding="utf-8")


def literals() -> str:
    """Every text in the bot's code, in lower case."""
    return "\n".join(
        node.value.lower()
        for file in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def refusals() -> Iterator[str]:
    """The API's, but for those with a value in them."""
    for file in sorted((ROOT / "bot" / "web").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ApiError":
                code = next((one.value for one in node.keywords if one.arg == "code"), None)
                sentence = node.args[1]
                if isinstance(code, ast.Constant) and code.value in FOR_PROGRAMS:
                    continue
                if isinstance(sentence, ast.Constant):
                    yield str(sentence.value)


def checks() -> Iterator[str]:
    """What is found of recordings of every kind."""
    pauses = [Span(2.0, 2.5)]
    for seconds in (0.5, 2.0, 5.0, 9.0, 40.0):
        for chosen in (True, False):
            yield report.check_length(seconds, pauses, chosen=chosen).sentence
    yield report.check_length(40.0, [], chosen=False).sentence
    yield report.check_silence().sentence
    yield from (report.check_level(level, 3.0).sentence for level in (-60.0, -20.0))
    yield from (report.check_clipping(share).sentence for share in (0.0, 0.001, 0.5))
    yield from (report.check_noise(snr).sentence for snr in (3.0, 12.0, 40.0))
    yield from (report.check_bandwidth(rate).sentence for rate in (8000, 48_000))
    yield from (report.check_transcript(text, 5).sentence for text in ("", "hello", "hello there"))
    yield from (report.check_pace(pace).sentence for pace in (0.0, 1.0, 5.0, 20.0))


def of_the_engine() -> Iterator[str]:
    """What it says of f5 beside the voices that are ready, in whole."""
    for count in ("1 voice", "4 voices"):
        yield from (f"Ready with {count}. f5 is not used: {reason}" for reason in NOT_USED)
        for why in ("while it was loaded, twice in a row", "3 times within 10 minutes"):
            yield f"Ready with {count}. ({_WITHOUT_F5.format(why)})"
    yield "Ready with 1 voice. f5 failed at a message (no sound), and Robin spoke it instead."
    yield f"the engine hangs; starting it again ({_WITHOUT_F5.format('3 times within 10 minutes')})"


async def test_sentences_that_a_streamer_meets(browser: Browser, site: Running) -> None:
    sentences = [
        *refusals(),
        *checks(),
        "trying again in 4 s: the connection was lost",
        "Ready with 4 voices.",
        *of_the_engine(),
        "a paid message could not be read in 3 runs and is not tried again: Ann: 晚上好",
    ]
    assert len(sentences) > 45
    async with open_page(browser, site.base, locale="zh-CN") as (page, _):
        asked = "(all) => import('/static/panel/sentences.js').then(({ inChinese }) => all.map(inChinese))"
        answers = await page.evaluate(asked, sentences)
        assert await page.evaluate(asked, ["never heard of"]) == ["never heard of"]
    for sentence, answer in zip(sentences, answers, strict=True):
        assert re.search(r"[\u4e00-\u9fff]", answer), sentence
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", answer), (sentence, answer)


async def test_the_table_holds_nothing_that_is_never_said() -> None:
    said = literals()
    for english in re.findall(r'^  \["(.*?)", "', TABLE, re.MULTILINE):
        for part in re.split(r"\{\}|[,.;:]| or ", english.lower()):
            assert part.strip(" ()") in said or "input should be" in part, (
                english,
                part,
            )  # pydantic says that


async def test_every_setting_has_its_words(browser: Browser, site: Running) -> None:
    sections = (await site.get("/api/settings"))["sections"]
    known = {f"[{section['name']}]" for section in sections}
    known |= {field["key"] for section in sections for field in section["fields"]}
    async with open_page(browser, f"{site.base}/#settings", locale="zh-CN") as (page, _):
        asked = "import('/static/panel/settings-zh.js').then(({ CHINESE }) => Object.keys(CHINESE))"
        assert set(await page.evaluate(asked)) == known
        await page.get_by_role("searchbox").fill("volume")
        await expect(page.locator("[data-key='audio.volume']")).to_contain_text("0.0 到 1.0")


async def test_states_and_checks_on_the_page(browser: Browser, site: Running) -> None:
    waits = "trying again in 4 s: Bilibili's chat does not answer"
    site.feed.publish(SourceState("bilibili", "6", State.WAITING, waits))
    fine = "/api/voices/hum"
    async with open_page(
        browser, f"{site.base}/#voices", locale="zh-CN", fine=lambda fault: fine in fault
    ) as (page, _):
        await page.get_by_role("button", name="bilibili 6").click()
        await expect(page.get_by_text("4 秒后重试：Bilibili 弹幕服务器没有回应")).to_be_visible()
        await page.keyboard.press("Escape")
        file = FilePayload(name="hum.wav", mimeType="audio/wav", buffer=recording(4))
        await page.locator("#recording").set_input_files(file)
        await page.get_by_label("录音里说的原话").fill("hum hum hum, this is what I hum")
        await page.get_by_role("button", name="检查").click()
        await expect(page.locator(".checks")).to_contain_text("没有爆音。")


async def test_a_login_that_fails(browser: Browser, tmp_path: Path, engine: str) -> None:
    async with (
        running(tmp_path, engine, TOKENS) as site,
        open_page(
            browser, site.base, wait=False, locale="zh-CN", fine=lambda fault: "/api/login" in fault
        ) as (page, _),
    ):
        await page.get_by_label("令牌").fill("not-the-token-at-all")
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("alert")).to_have_text("令牌不正确。")
