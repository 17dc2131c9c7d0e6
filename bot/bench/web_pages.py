"""The pages in a real Chromium: how soon words are seen and heard, and whether sound ever breaks off."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np

from bot.bench.chat_server import ChatServer
from bot.bench.report import Row
from bot.bench.web import Bot, bot_process, engine_process
from bot.metrics import quantile
from bot.playback.browser import HEADER
from bot.playback.clock import TICK

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_TIMES = 30
_LOADS = 7
_SPEECH = (
    "it was a bright cold day in April and the clocks were striking thirteen and nobody in the chat could "
    "say for certain who had wound them up so early or what they had been thinking when they did it but all "
    "of them agreed that it had been somebody else and went on to talk about the weather instead"
)
# When each card was first painted, in milliseconds of the epoch.
_CARDS = """globalThis.painted = [];
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const card of addedNodes) {
      const words = card.querySelector?.(".words")?.textContent;
      if (!words) continue;
      requestAnimationFrame(() => {  // a task after it runs when that frame is done
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => painted.push([words, performance.timeOrigin + performance.now()]);
        port2.postMessage(0);
      });
    }
  }).observe(document.getElementById("stage"), { childList: true });
});"""
_USABLE = """document.addEventListener("DOMContentLoaded", () => {
  const look = new MutationObserver(() => {
    if (!document.querySelector("#transport button") || !document.querySelector("#view > *")) return;
    look.disconnect();
    globalThis.usable = performance.now();
  });
  look.observe(document.body, { childList: true, subtree: true });
});"""
_TAP = """() => {
  globalThis.taps = [];
  sound.node.port.onmessage = ({ data }) => taps.push(data);
  sound.node.port.postMessage({ tap: true });
}"""
# When a position of the stream is played, in milliseconds of the epoch.
_WHEN = """(position) => {
  const { origin } = taps.at(-1);
  const { contextTime, performanceTime } = sound.context.getOutputTimestamp();
  return performance.timeOrigin + performanceTime
    + 1000 * ((origin + position) / sound.context.sampleRate - contextTime);
}"""
_BUSY = """() => { globalThis.busy = setInterval(() => {
  const until = performance.now() + 300;
  while (performance.now() < until);
}, 400); }"""


def missing() -> str:
    """Why these cannot be measured here; "" if they can."""
    try:
        import playwright.async_api  # noqa: F401
    except ImportError:
        return "The pages themselves were not measured: pip install playwright, and install Chromium."
    return "" if _chromium() else "The pages themselves were not measured: there is no Chromium here."


async def measure(speech: float) -> list[Row]:
    """`speech`: seconds of continuous speech that a page plays while its own thread is busy."""
    from playwright.async_api import async_playwright

    async with (
        engine_process() as engine,
        ChatServer() as chat,
        bot_process(chat.url, engine, "browser") as bot,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=_ARGUMENTS)
        rows = await _loads(browser, bot)
        async with aiohttp.ClientSession(headers={"X-Chat-Aloud": "1"}) as http:
            rows += await _seen(browser, bot, http)
            rows += await _heard(browser, bot, http, speech)
        await browser.close()
    return rows


async def _loads(browser: Browser, bot: Bot) -> list[Row]:
    sizes, times = [], []
    for _ in range(_LOADS):
        async with _page(browser) as page:
            await page.add_init_script(_USABLE)
            session = await page.context.new_cdp_session(page)
            await session.send("Network.enable")
            size = 0

            def add(event: dict[str, Any]) -> None:
                nonlocal size
                size += int(event["encodedDataLength"])

            session.on("Network.loadingFinished", add)
            await page.goto(bot.base)
            times.append(float(await _until(page, "globalThis.usable")))
            await page.wait_for_load_state("networkidle")
            sizes.append(size)
    return [
        Row("the panel's first load, over the wire, headers included", max(sizes) / 1000, "kB", 150),
        Row("the panel can be used after, median", statistics.median(times), "ms", 300),
    ]


async def _seen(browser: Browser, bot: Bot, http: aiohttp.ClientSession) -> list[Row]:
    """From the moment at which the bot tells of an utterance to the frame that shows it."""
    delays = []
    async with _page(browser) as page:
        await page.add_init_script(_CARDS)
        await page.goto(f"{bot.base}/overlay?audio=0")
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await _connected(http, bot)
        epoch = time.time() - time.monotonic()
        for number in range(_TIMES):
            identity = await _say(http, bot, f"number {number}")
            await _until(page, f"painted.length > {number}")
            delays.append((await page.evaluate("painted.at(-1)[1]")) / 1000 - (bot.spoken[identity] + epoch))
            await _skip(http, bot)
        await _until(page, "stage.childElementCount === 0")
        before = await _work(session)
        await asyncio.sleep(5)
        idle = 100 * (await _work(session) - before) / 5
    return [
        Row("speech begins, to the overlay's pixels, median", 1000 * statistics.median(delays), "ms"),
        Row("speech begins, to the overlay's pixels, p95", 1000 * quantile(delays, 0.95), "ms", 50),
        Row("the overlay's own thread, when nothing is said", idle, "% of a core", 0.5, digits=2),
    ]


async def _heard(browser: Browser, bot: Bot, http: aiohttp.ClientSession, speech: float) -> list[Row]:
    delays, underruns = [], 0
    async with _page(browser) as page, http.ws_connect(f"{bot.base}/api/audio") as socket:
        frames = _Frames()
        reading = asyncio.create_task(frames.read(socket))
        await page.goto(f"{bot.base}/overlay")
        await _until(page, "sound.audible")
        await page.evaluate(_TAP)
        await _until(page, "taps.length")
        epoch = time.time() - time.monotonic()
        for number in range(_TIMES // 2):
            run, waited = frames.runs, await _first_sounds(http, bot)
            asked = time.monotonic()
            identity = await _say(http, bot, f"number {number}")
            while frames.runs == run:  # noqa: ASYNC110 (bound to come)
                await asyncio.sleep(0.005)
            position = frames.first
            await _until(
                page, f"taps.at(-1).origin !== null && taps.at(-1).start > taps.at(-1).origin + {position}"
            )
            played = (await page.evaluate(_WHEN, position)) / 1000 - epoch
            while identity not in bot.finished:  # noqa: ASYNC110 (bound to come)
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)  # past the pause after it
            delays.append(played - asked - (await _first_sounds(http, bot) - waited))
        await page.evaluate(_BUSY)
        before = await page.evaluate("taps.at(-1).underruns")
        began = time.monotonic()
        while time.monotonic() - began < speech:
            identity = await _say(http, bot, _SPEECH)
            while identity not in bot.finished:  # noqa: ASYNC110 (bound to come)
                await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await page.evaluate("clearInterval(busy)")
        underruns = int(await page.evaluate("taps.at(-1).underruns")) - int(before)
        lost = int(
            await page.evaluate(
                "taps.filter(({ start }, at) => at && start !== taps[at - 1].start + 4096).length"
            )
        )
        reading.cancel()
    return [
        Row("engine's first chunk to sound in the page, median", 1000 * statistics.median(delays), "ms"),
        Row("engine's first chunk to sound in the page, p95", 1000 * quantile(delays, 0.95), "ms", 120),
        Row(f"breaks of sound in {took:.0f} s of speech, the page's thread busy", underruns, "", 0, digits=0),
        Row("blocks that its worklet was not asked for meanwhile", lost, "", 0, digits=0),
    ]


class _Frames:
    """The bot's stream, as a second page has it. `first` is the position at which the last speech began."""

    def __init__(self) -> None:
        self.runs = 0
        self.first = 0

    async def read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY and message.data[3] & 1:
                samples = np.frombuffer(message.data, "<i2", offset=HEADER.size)
                # Speech may begin with the second of the two blocks that a frame holds.
                blocks = int(np.flatnonzero(samples)[0]) // TICK if samples.any() else 0
                self.first = int(HEADER.unpack_from(message.data)[7]) + blocks * TICK
                self.runs += 1


async def _say(http: aiohttp.ClientSession, bot: Bot, text: str) -> str:
    """Returns the utterance's id once it is heard."""
    async with http.post(f"{bot.base}/api/say", json={"text": text}) as answer:
        answer.raise_for_status()
        identity = str((await answer.json())["item"]["id"])
    async with asyncio.timeout(20):
        while identity not in bot.spoken:  # noqa: ASYNC110 (bound to come)
            await asyncio.sleep(0.002)
    return identity


async def _skip(http: aiohttp.ClientSession, bot: Bot) -> None:
    async with http.post(f"{bot.base}/api/skip", json={"id": None}) as answer:
        answer.raise_for_status()
    await asyncio.sleep(0.5)  # the API has a rate that a client must keep, and the page its way out


async def _first_sounds(http: aiohttp.ClientSession, bot: Bot) -> float:
    """Seconds that the engine has taken to its first chunks, of all that it was asked for so far."""
    async with http.get(f"{bot.base}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(float(line.split()[1]) for line in lines if "first_sound_seconds_sum" in line)


async def _connected(http: aiohttp.ClientSession, bot: Bot) -> None:
    async with asyncio.timeout(20):
        while True:
            async with http.get(f"{bot.base}/api/status") as answer:
                if (await answer.json())["pages"]["overlays"]:
                    return
            await asyncio.sleep(0.2)


async def _work(session: Any) -> float:
    """Seconds that the page's thread has worked."""
    told = await session.send("Performance.getMetrics")
    return float(next(one["value"] for one in told["metrics"] if one["name"] == "TaskDuration"))


async def _until(page: Page, truth: str) -> Any:
    async with asyncio.timeout(30):
        while not (found := await page.evaluate(truth)):  # noqa: ASYNC110 (the page tells nobody)
            await asyncio.sleep(0.01)
    return found


@contextlib.asynccontextmanager
async def _page(browser: Browser) -> AsyncGenerator[Page]:
    context = await browser.new_context(viewport={"width": 1920, "height": 1080})
    try:
        yield await context.new_page()
    finally:
        await context.close()


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
