"""What the pages and the API cost: over the engine itself, with many pages open, and from event to page."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import re
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from pathlib import Path
from statistics import mean
from typing import Any

import aiohttp

from bot.bench.chat_server import ChatServer
from bot.bench.report import Report, Row
from bot.metrics import quantile

_LINES = (
    "hello everyone, good evening",
    "主播今天打什么游戏呀",
    "gg that was close",
    "这波操作可以的 nice",
    "!queue",
    "哈哈哈哈太好笑了",
    "first time here, love the stream!",
)
_TEXT = "Hello there, good evening."
_WARM = 6.0  # seconds
_ROUNDS = 4
_SETTLE = 1.0  # seconds before a measurement
_LINK = re.compile(r'(?:src|href)="(/static/[^"]+)"')


async def measure(seconds: float, pages: int, rate: float) -> Report:
    """`pages` pages open while `rate` chat lines come in a second, for `seconds`; the same without pages."""
    async with engine_process() as engine, ChatServer() as chat, bot_process(chat.url, engine) as bot:
        overhead = await _overhead(engine, bot.base, times=min(100, int(seconds * 5)))
        await _busy(chat, bot, min(_WARM, seconds), rate)  # until the queue is full
        alone, together, gaps_alone, gaps, delays, frames = [], [], [], [], [], 0
        rounds = _ROUNDS if seconds >= _ROUNDS else 1
        for _ in range(rounds):  # in turn, for other programs' load comes and goes
            used, heard = await _busy(chat, bot, seconds / rounds, rate)
            alone.append(used)
            gaps_alone += heard
            async with aiohttp.ClientSession() as http, _open(http, bot.base, pages) as opened:
                used, heard = await _busy(chat, bot, seconds / rounds, rate)
            together.append(used)
            gaps += heard
            delays += opened.delays(bot.spoken)
            frames += opened.frames
    rows = [
        Row("first sound over the engine's own, median", overhead[0], "ms", 5),
        Row("a whole answer over the engine's own, median", overhead[1], "ms"),
        Row("first sound through the API, median", overhead[2], "ms"),
        Row(f"the bot's processor, {rate:g} lines/s, no page", mean(alone), "% of a core"),
        Row(f"the bot's processor, {rate:g} lines/s, {pages} pages", mean(together), "% of a core"),
        Row(f"what {pages} pages cost", mean(together) - mean(alone), "% of a core", 10),
        Row("from one utterance to the next, no page, p95", _p95(gaps_alone), "ms"),
        Row(f"from one utterance to the next, {pages} pages, p95", _p95(gaps), "ms"),
        Row("speech begins, to a page told of it, p95", _p95(delays), "ms", 50),
        Row("frames that a page was sent in a second", frames / seconds / pages, ""),
        Row("the panel's first load, packed", _first_load() / 1000, "kB", 150),
    ]
    setting = f"espeak, output null, {pages} pages (half of them overlays), {seconds:g} s each"
    return Report("web", rows, setting)


class Bot:
    """The bot as a process, seen through its JSON view."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.base = ""
        self.spoken: dict[str, float] = {}  # utterance -> when its first sample went out, monotonic
        self.gaps: list[float] = []  # seconds of silence between two utterances
        self.finished: set[str] = set()  # utterances that were heard to their end
        self._silent_since = 0.0
        self._ready = asyncio.Event()

    async def read(self) -> None:
        missing = {"SourceState", "EngineState", "OutputState", "PagesState"}
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            entry: dict[str, Any] = json.loads(line)
            if entry.get("state") == "ready":
                missing.discard(entry["kind"])
                if entry["kind"] == "PagesState":
                    self.base = entry["detail"]
                if not missing:
                    self._ready.set()
            if entry["kind"] == "Speaking":
                self.spoken[entry["utterance"]["id"]] = entry["at"]
                if self._silent_since:
                    self.gaps.append(entry["at"] - self._silent_since)
            elif entry["kind"] == "Spoken":
                self._silent_since = entry["at"]
                self.finished.add(entry["utterance"]["id"])

    async def until_ready(self) -> None:
        async with asyncio.timeout(60):
            await self._ready.wait()

    def processor_seconds(self) -> float:
        """That it has used so far; nan where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Pages:
    """Pages, and when each utterance's beginning was told to them."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []
        self.frames = 0

    async def read(self, page: aiohttp.ClientWebSocketResponse) -> None:
        async for message in page:
            self.frames += 1
            # Looked for before it is parsed: this process has twenty pages to play.
            if b'"speaking"' in message.data.encode() and '"type":"speaking"' in message.data:
                at = time.monotonic()
                for event in json.loads(message.data)["events"]:
                    if event["type"] == "speaking":
                        self.told.append((event["item"]["id"], at))

    def delays(self, spoken: dict[str, float]) -> list[float]:
        """Seconds from the bot's own word to each page."""
        return [at - spoken[identity] for identity, at in self.told if identity in spoken]


async def _busy(chat: ChatServer, bot: Bot, seconds: float, rate: float) -> tuple[float, list[float]]:
    """Per cent of a core that the bot takes in a busy chat, and seconds between its utterances."""
    await asyncio.sleep(_SETTLE)
    bot.gaps.clear()
    used, began = bot.processor_seconds(), time.monotonic()
    for number in range(int(seconds * rate)):
        await chat.message(f"{_LINES[number % len(_LINES)]} {number}")
        await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    took = time.monotonic() - began
    return 100 * (bot.processor_seconds() - used) / took, list(bot.gaps)


async def _overhead(engine: str, base: str, times: int) -> tuple[float, float, float]:
    """Milliseconds of the API over the engine, to the first sound and the end; and the first sound itself."""
    body = {"model": "tts-1", "input": _TEXT, "voice": "mei", "response_format": "pcm"}
    firsts: dict[str, list[float]] = {engine: [], base: []}
    wholes: dict[str, list[float]] = {engine: [], base: []}
    async with aiohttp.ClientSession() as http:
        for _ in range(times):
            for url in (engine, base):
                began = time.perf_counter()
                async with http.post(f"{url}/v1/audio/speech", json=body) as answer:
                    answer.raise_for_status()
                    await answer.content.readany()
                    firsts[url].append(time.perf_counter() - began)
                    await answer.read()
                    wholes[url].append(time.perf_counter() - began)
            await asyncio.sleep(0.25)  # the API has a rate that a client must keep
    return (
        1000 * _difference(firsts[base], firsts[engine]),
        1000 * _difference(wholes[base], wholes[engine]),
        1000 * statistics.median(firsts[base]),
    )


def _difference(some: list[float], others: list[float]) -> float:
    """The median of the differences of pairs, each of which was measured in one moment."""
    return statistics.median(one - other for one, other in zip(some, others, strict=True))


def _first_load() -> int:
    """Bytes of the panel and of every file that it names, as they are sent."""
    static = Path(__file__).parents[1] / "web" / "static"
    panel = static / "panel.html"
    if not panel.exists():
        return 0
    seen: set[Path] = set()
    waiting = [panel]
    while waiting:
        file = waiting.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        if file.suffix in (".html", ".js", ".css"):
            text = file.read_text("utf-8")
            waiting += [static / name.removeprefix("/static/") for name in _LINK.findall(text)]
            imports = re.findall(r"""(?:from|import)\s*["'](\.?/[^"']+)["']""", text)
            waiting += [static / name.removeprefix("/static/").removeprefix("./") for name in imports]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in seen)


def _p95(seconds: list[float]) -> float:
    return 1000 * quantile(seconds, 0.95)


@contextlib.asynccontextmanager
async def _open(http: aiohttp.ClientSession, base: str, pages: int) -> AsyncGenerator[_Pages]:
    opened = _Pages()
    async with contextlib.AsyncExitStack() as stack:
        reading = []
        for number in range(pages):
            view = "overlay" if number % 2 else "panel"
            page = await stack.enter_async_context(http.ws_connect(f"{base}/api/events?view={view}"))
            reading.append(asyncio.create_task(opened.read(page)))
        yield opened
    await asyncio.wait(reading)


@contextlib.asynccontextmanager
async def _process(*arguments: str) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=1 << 24
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def engine_process() -> AsyncGenerator[str]:
    async with _process("-m", "bot.engine", "--engine.name", "espeak") as process:
        assert process.stdout
        yield str(json.loads(await process.stdout.readline())["listening"])


@contextlib.asynccontextmanager
async def bot_process(chat: str, engine: str, output: str = "null") -> AsyncGenerator[Bot]:
    with tempfile.TemporaryDirectory() as folder:
        async with _process(
            *("-m", "bot", "--twitch.channel", "bench", "--twitch.url", chat, "--engine.url", engine),
            *("--audio.output", output, "--view", "json", "--store", f"{folder}/store.sqlite3"),
            *("--web.enabled", "true", "--web.port", "0", "--rules.blocklist", f"{folder}/blocklist.txt"),
        ) as process:
            bot = Bot(process)
            reading = asyncio.create_task(bot.read())
            try:
                await bot.until_ready()
                yield bot
            finally:
                reading.cancel()
