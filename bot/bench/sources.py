"""Measures the chat sources: what one core parses, a flood held end to end, and the return after a drop."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from bot.bench import chat_lines, parsing, platforms
from bot.bench.report import Report, Row
from bot.messages import ChatEvent, ChatMessage, SourceState, State
from bot.metrics import quantile
from bot.sources.bilibili import Bilibili
from bot.sources.bilibili_open import BilibiliOpen
from bot.sources.connection import Source, keep
from bot.sources.twitch_irc import TwitchIrc

BILIBILI_RATE, TWITCH_RATE = 2000, 200  # messages a second to be held
_MORE = 1.02  # times that are sent: a clock is never quite on time
_DROPS = 3  # how often each source is cut off
_WARM = 0.2  # of the flood passes before memory is looked at


async def measure(seconds: float = 60) -> Report:
    """Takes `seconds` for the flood and about 20 more. Raises RuntimeError if a source does not come up."""
    rows = [
        Row("Bilibili: danmaku parsed from brotli frames", parsing.bilibili(), "/s", 5000, least=True),
        Row("Open Live: danmaku parsed from brotli frames", parsing.open_live(), "/s", 5000, least=True),
        Row("Twitch: chat lines parsed", parsing.twitch(), "/s"),
    ]
    rows += await _flood(seconds)
    rows += await _drops()
    setting = f"{BILIBILI_RATE} danmaku/s in brotli frames and {TWITCH_RATE} Twitch lines/s for {seconds:g} s"
    return Report("sources", rows, setting)


# ---------------------------------------------------------------------- over sockets


class _Here(AbstractResolver):
    """Every name is this machine, at one port."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=family, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


class _Servers:
    """The platforms' process, seen through what it says."""

    def __init__(self, process: Process, ports: Sequence[int]) -> None:
        self._process = process
        self._plain, self._secure = ports

    async def tell(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n".encode())
        await self._process.stdin.drain()

    async def said(self, key: str, timeout: float = 30) -> dict[str, Any]:
        """The next thing said that has `key`; passes over the others."""
        assert self._process.stdout
        async with asyncio.timeout(timeout):
            while line := await self._process.stdout.readline():
                entry: dict[str, Any] = json.loads(line)
                if key in entry:
                    return entry
        raise RuntimeError("the platforms' process ended")

    def bilibili(self) -> Bilibili:
        def session() -> aiohttp.ClientSession:
            secure = platforms.tls(ssl.PROTOCOL_TLS_CLIENT)
            resolver = _Here(self._secure)
            return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver, ssl=secure))

        return Bilibili(str(chat_lines.ROOM), session=session)

    def open_live(self) -> BilibiliOpen:
        secret = SecretStr("bench")
        url = f"http://127.0.0.1:{self._plain}"
        return BilibiliOpen(code=secret, app_id=1, key_id="bench", key_secret=secret, url=url)

    def twitch(self) -> TwitchIrc:
        return TwitchIrc("bench", url=f"ws://127.0.0.1:{self._plain}/twitch")


@asynccontextmanager
async def _servers() -> AsyncGenerator[_Servers]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.bench.platforms"), stdin=PIPE, stdout=PIPE, limit=2**20
    )
    try:
        assert process.stdout
        yield _Servers(process, json.loads(await process.stdout.readline())["listens"])
    finally:
        process.kill()
        await process.wait()


async def _flood(seconds: float) -> list[Row]:
    """Bilibili and Twitch at once, from their sockets to one consumer."""
    heard: Counter[str] = Counter()
    drops = 0
    lags: list[float] = []

    async def listen(source: Source, ready: asyncio.Event) -> None:
        nonlocal drops
        async with aclosing(keep(source)) as events:
            async for event in events:
                if isinstance(event, ChatMessage):
                    heard[event.source] += 1
                elif isinstance(event, SourceState) and event.state is State.READY:
                    ready.set()
                elif isinstance(event, SourceState) and event.state is not State.STARTING:
                    drops += 1

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0.005)
            lags.append((loop.time() - began - 0.005) * 1000)

    async with _servers() as servers:
        both = [asyncio.Event(), asyncio.Event()]
        tasks = [
            asyncio.create_task(listen(servers.bilibili(), both[0])),
            asyncio.create_task(listen(servers.twitch(), both[1])),
        ]
        try:
            async with asyncio.timeout(20):
                for ready in both:
                    await ready.wait()
                for _ in both:
                    await servers.said("joined")
            tasks.append(asyncio.create_task(watch()))
            await servers.tell(f"flood {BILIBILI_RATE * _MORE} {TWITCH_RATE * _MORE} {seconds}")
            processor = time.process_time()
            await asyncio.sleep(seconds * _WARM)
            gc.collect()
            warm = _resident()
            sent = await servers.said("sent", seconds + 30)
            processor = (time.process_time() - processor) / sent["seconds"] * 100
            await asyncio.sleep(0.5)  # what is still in the sockets
            gc.collect()
            growth = (_resident() - warm) / 2**20
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    lost = sum(sent["sent"].values()) - heard.total() + drops
    rows = [
        Row("flood: danmaku held", heard["bilibili"] / sent["seconds"], "/s", BILIBILI_RATE, least=True),
        Row("flood: Twitch lines held", heard["twitch"] / sent["seconds"], "/s", TWITCH_RATE, least=True),
        Row("flood: messages lost, and connections", lost, "", 0),
        Row("flood: event loop late, p99", quantile(lags, 0.99), "ms", 50),
        Row("flood: event loop late, worst", max(lags), "ms"),
        Row("flood: processor, of one core", processor, "%"),
    ]
    if warm:
        rows.append(Row("flood: growth of memory", growth, "MiB", 20))
    return rows


async def _drops() -> list[Row]:
    """From the server being back to the first new message: the worst of a few, each the first retry."""
    rows = []
    async with _servers() as servers:
        for name, made in (
            ("Bilibili", servers.bilibili),
            ("Open Live", servers.open_live),
            ("Twitch", servers.twitch),
        ):
            taken = [await _drop(servers, made()) for _ in range(_DROPS)]
            rows.append(Row(f"after a drop: server back to first message, {name}", max(taken), "s", 3))
    return rows


async def _drop(servers: _Servers, source: Source) -> float:
    async with aclosing(keep(source)) as events, asyncio.timeout(30):
        await _until(events, lambda event: isinstance(event, SourceState) and event.state is State.READY)
        await servers.tell("drop 0.3")
        await _until(events, lambda event: isinstance(event, SourceState) and event.state is State.WAITING)
        await _until(events, lambda event: isinstance(event, ChatMessage))
        heard = time.monotonic()
        return heard - float((await servers.said("listens"))["at"])


async def _until(
    events: AsyncGenerator[ChatEvent | SourceState, None], match: Callable[[ChatEvent | SourceState], bool]
) -> None:
    async for event in events:
        if match(event):
            return
    raise RuntimeError("the source ended")


def _resident() -> int:
    """Resident bytes of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(status.read_text().partition("VmRSS:")[2].split()[0]) * 1024
