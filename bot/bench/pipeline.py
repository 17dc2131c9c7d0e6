"""Measures the whole bot as a process: start-up, chat line to first sample, memory."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.bench.chat_server import ChatServer
from bot.bench.report import Report, Row
from bot.metrics import quantile

_LINES = (
    "hello everyone, good evening",
    "主播今天打什么游戏呀",
    "gg that was close",
    "这波操作可以的 nice",
    "what keyboard is that",
    "哈哈哈哈太好笑了",
    "first time here, love the stream!",
    "RTX 4090 能跑多少帧？",
)


async def measure(output: str, messages: int, starts: int) -> Report:
    """Runs the bot `starts` times; the last one is sent `messages` lines, each when the last is over."""
    ready: list[float] = []
    rows: list[Row] = []
    for number in range(starts):
        async with ChatServer() as chat, _bot(chat.url, output) as bot:
            ready.append(await bot.ready())
            if number == starts - 1:
                latencies = [await _one(chat, bot, _LINES[i % len(_LINES)]) for i in range(messages)]
                memory, engine_memory = bot.memory()
    milliseconds = [latency * 1000 for latency in latencies]
    rows += [
        Row("chat line received to first sample, p50", quantile(milliseconds, 0.5), "ms", 25),
        Row("chat line received to first sample, p95", quantile(milliseconds, 0.95), "ms", 60),
        Row("chat line received to first sample, worst", max(milliseconds), "ms"),
        Row("start to connected and ready, median", statistics.median(ready) * 1000, "ms", 1500),
        Row("start to connected and ready, worst", max(ready) * 1000, "ms"),
    ]
    if memory:
        rows.append(Row("the bot's memory (resident)", memory / 2**20, "MiB", 120))
        rows.append(Row("the espeak engine's memory (resident)", engine_memory / 2**20, "MiB"))
    return Report("pipeline", rows, f"espeak, output {output}, {messages} lines one by one, {starts} starts")


class _Bot:
    """The bot as a process, seen through its JSON view."""

    def __init__(self, process: Process, started: float) -> None:
        self._process = process
        self._started = started

    async def ready(self) -> float:
        """Seconds from its start until the chat, the engine and the sound are all ready."""
        missing = {"SourceState", "EngineState", "OutputState"}
        while missing:
            entry = await self.entry()
            if entry.get("state") == "ready":
                missing.discard(entry["kind"])
        return time.monotonic() - self._started

    async def entry(self, match: Callable[[dict[str, Any]], bool] = lambda entry: True) -> dict[str, Any]:
        """The next entry of its feed that `match` is true of."""
        assert self._process.stdout
        async with asyncio.timeout(60):
            while line := await self._process.stdout.readline():
                entry: dict[str, Any] = json.loads(line)
                if match(entry):
                    return entry
        raise RuntimeError("the bot ended")

    def memory(self) -> tuple[int, int]:
        """Resident bytes of the bot and of its engine; 0 where the system does not tell."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if not children.exists():
            return 0, 0
        return _resident(pid), sum(_resident(int(child)) for child in children.read_text().split())


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


@asynccontextmanager
async def _bot(url: str, output: str) -> AsyncGenerator[_Bot]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "--twitch.channel", "bench", "--twitch.url", url),
            *("--audio.output", output, "--view", "json", "--store", f"{folder}/store.sqlite3"),
            stdin=DEVNULL,
            stdout=PIPE,
        )
        try:
            yield _Bot(process, started)
        finally:
            process.terminate()
            await process.wait()


async def _one(chat: ChatServer, bot: _Bot, text: str) -> float:
    """Sends one line to the idle bot; returns its latency, and cuts it short."""
    number = await chat.message(text)

    def own(kind: str) -> Callable[[dict[str, Any]], bool]:
        return lambda entry: entry["kind"] == kind and entry["utterance"]["event"]["id"] == number

    latency = float((await bot.entry(own("Speaking")))["latency"])
    await chat.delete(number)
    await bot.entry(own("Dropped"))
    # The cut fades out, and the next line comes at no fixed place between two pulls of the output.
    await asyncio.sleep(random.uniform(0.05, 0.1))
    return latency
