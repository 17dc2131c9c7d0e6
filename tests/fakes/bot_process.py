"""The real bot as a process, seen through its JSON view and stopped at the end of the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

Entry = dict[str, Any]
DEADLINE = 20.0  # seconds that anything here may take on a busy machine
ROOT = Path(__file__).parents[2]


class BotProcess:
    """`entries` is the feed so far; `until` waits for an entry from `seen` on and moves `seen` behind it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.entries: list[Entry] = []
        self.errors = ""
        self._seen = 0
        self._news = asyncio.Event()
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]

    async def until(
        self, kind: str, match: Callable[[Entry], bool] = lambda entry: True, timeout: float = DEADLINE
    ) -> Entry:
        """The next entry of this kind that `match` is true of. What comes before it is passed over."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    while self._seen < len(self.entries):
                        entry = self.entries[self._seen]
                        self._seen += 1
                        if entry["kind"] == kind and match(entry):
                            return entry
                    if self._readers[0].done():
                        raise AssertionError(f"the bot ended without {kind}: {self.errors}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"no {kind} in {timeout} s; last: {self.entries[-5:]} {self.errors}"
            ) from None

    def skip(self) -> None:
        """Only what comes from now on is waited for."""
        self._seen = len(self.entries)

    async def ready(self) -> None:
        """The chat, the engine and the sound are all ready."""
        missing = {"SourceState", "EngineState", "OutputState"}
        while missing:
            entry = await self.until(
                "SourceState" if "SourceState" in missing else next(iter(missing)),
                lambda entry: entry["state"] == "ready",
            )
            missing.discard(entry["kind"])
            if missing:
                self._seen = 0

    async def spoken(self, text: str, timeout: float = DEADLINE) -> Entry:
        return await self.until("Spoken", lambda entry: entry["utterance"]["text"] == text, timeout)

    async def speaking(self, text: str, timeout: float = DEADLINE) -> Entry:
        return await self.until("Speaking", lambda entry: entry["utterance"]["text"] == text, timeout)

    def texts(self, kind: str) -> list[str]:
        return [entry["utterance"]["text"] for entry in self.entries if entry["kind"] == kind]

    def engine_pid(self) -> int:
        """Of the engine that runs now."""
        children = psutil.Process(self.process.pid).children()
        return next(child.pid for child in children if "bot.engine" in child.cmdline())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    async def ended(self, timeout: float = DEADLINE) -> int:
        """The exit code, once the process has ended and all it said is read."""
        async with asyncio.timeout(timeout):
            code = await self.process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def _read(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            self.entries.append(json.loads(line))
            self._news.set()
        self._news.set()

    async def _read_errors(self) -> None:
        assert self.process.stderr
        while data := await self.process.stderr.read(1 << 16):
            self.errors += data.decode(errors="replace")


@contextlib.asynccontextmanager
async def run_bot(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> AsyncIterator[BotProcess]:
    """`python -m bot ARGUMENTS --view json`; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments, "--view", "json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
        limit=1 << 24,
    )
    bot = BotProcess(process)
    try:
        yield bot
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await bot.ended()


async def gone(pid: int, within: float) -> float:
    """Waits until no process has this id (a zombie counts as gone); the seconds that took."""
    started = time.monotonic()
    while time.monotonic() - started < within:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError(f"process {pid} is still there after {within} s")
    return time.monotonic() - started
