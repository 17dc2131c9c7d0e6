"""The engine as a child process: started, shown while it gets ready, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.messages import EngineState, State
from bot.speech.engine_link import EngineLost, Report, follow, health, state_of

if TYPE_CHECKING:
    from aiohttp import ClientSession

log = logging.getLogger(__name__)

_HEALTH_EVERY = 0.03  # seconds, while it is getting ready
_HEALTH_TIMEOUT = 2.0
_LAST_WORDS_TIMEOUT = 0.5
_WAITS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before it is started again; the last one for ever
# It ended because the GPU hung, while f5 spoke or while it was loaded: the codes of engine/f5/watchdog.py.
_HUNG, _HUNG_LOADING = 70, 71
_OFTEN, _WITHIN = 3, 600.0  # ends of the first kind in so many seconds, before it does without f5
_IN_A_ROW = 2  # of the second
_WITHOUT_F5 = "f5 is left out: the GPU did not answer {}; start the bot again once nvidia-smi answers"


class EngineChild:
    """Runs `python -m bot.engine` on a free port of loopback.

    The child's standard input is a pipe of ours: when this process dies, however it dies, the child reads
    its end and goes too. Its standard error becomes log lines.
    """

    def __init__(
        self,
        voices: Path,
        session: Callable[[], ClientSession],
        report: Report,
        *,
        arguments: Sequence[str] = (),
        start_timeout: float = 60,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`arguments`: of its command line, which engine it is and how, as `engine_arguments` has them."""
        self._voices = voices
        self._arguments = arguments
        self._session = session
        self._report = report
        self._start_timeout = start_timeout
        self._sleep = sleep
        self._ready = asyncio.Event()
        self._suspected = asyncio.Event()
        self._base = ""
        self._without = ""  # why it runs without f5
        self._last_words: deque[str] = deque(maxlen=5)
        self.pid = 0  # of the child that runs now; 0: none

    async def run(self) -> None:
        failures = hung_loading = 0
        hung: deque[float] = deque(maxlen=_OFTEN)
        while True:
            self._tell(EngineState(State.STARTING, "starting the engine"))
            self._last_words.clear()
            process = await self._spawn()
            errors = asyncio.create_task(self._read_errors(process))
            was_ready = False
            try:
                answer = await self._wait_until_ready(process)
                was_ready = True
                await self._watch(process, answer)
                reason = f"the engine stopped ({_how(process.returncode)})"
            except EngineLost as error:
                reason = str(error)
            finally:
                self._ready.clear()
                fell = process.returncode is not None
                await self._end(process)
                # Its last words may still be in the pipe; a process that it started may hold that open.
                await asyncio.wait((errors,), timeout=_LAST_WORDS_TIMEOUT)
                errors.cancel()
            hung_loading = hung_loading + 1 if process.returncode == _HUNG_LOADING else 0
            if process.returncode == _HUNG:
                hung.append(time.monotonic())
            if hung_loading == _IN_A_ROW:
                self._do_without("while it was loaded, twice in a row")
            elif len(hung) == _OFTEN and hung[-1] - hung[0] < _WITHIN:
                hung.clear()
                self._do_without(f"{_OFTEN} times within {_WITHIN / 60:g} minutes")
            failures = 0 if was_ready else failures + 1
            wait = _WAITS[min(failures, len(_WAITS) - 1)]
            if fell and not was_ready and self._last_words:
                reason += f": {self._last_words[-1]}"
            log.info("%s; starting it again in %g s", reason, wait)
            self._tell(EngineState(State.WAITING, f"{reason}; starting it again"))
            await self._sleep(wait)

    async def address(self) -> str:
        await self._ready.wait()
        return self._base

    def suspect(self) -> None:
        self._ready.clear()
        self._suspected.set()

    def _do_without(self, why: str) -> None:
        self._without = _WITHOUT_F5.format(why)
        log.warning("%s", self._without)

    def _tell(self, state: EngineState) -> None:
        self._report(replace(state, detail=f"{state.detail} ({self._without})") if self._without else state)

    async def _spawn(self) -> Process:
        # Logins and tokens are none of its business; on a loopback port that only we know of it needs none.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.engine", "--voices", str(self._voices), "--watch-stdin"),
            *self._arguments,
            *(("--engine.name=espeak",) if self._without else ()),  # the last of two stands
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment,
            # Ctrl-C in the terminal reaches the whole process group; the child is ours to stop.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = process.pid
        return process

    async def _wait_until_ready(self, process: Process) -> dict[str, Any]:
        """What it answers then. Raises EngineLost."""
        assert process.stdout
        try:
            async with asyncio.timeout(self._start_timeout):
                line = await process.stdout.readline()
                try:
                    self._base = json.loads(line)["listening"]
                except (ValueError, KeyError, TypeError):
                    await process.wait()
                    raise EngineLost(f"the engine did not start ({_how(process.returncode)})") from None
                shown = None
                while True:
                    answer = await health(self._session(), self._base, timeout=_HEALTH_TIMEOUT)
                    state = state_of(answer)
                    if state.state is State.FAILED:
                        raise EngineLost(state.detail)
                    if state != shown:
                        self._tell(state)
                        shown = state
                    if state.state is State.READY:
                        break
                    await asyncio.sleep(_HEALTH_EVERY)
        except TimeoutError:
            seconds = f"{self._start_timeout:g}"
            raise EngineLost(
                f"the engine was not ready in {seconds} s (engine.start_timeout gives it more)"
            ) from None
        self._suspected.clear()
        self._ready.set()
        return answer

    async def _watch(self, process: Process, answer: dict[str, Any]) -> None:
        """Returns when it has died. Raises EngineLost when it lives and does not answer, or is not ready.

        `answer` is what it said when it got ready.
        """
        gone = asyncio.create_task(process.wait())
        following = asyncio.create_task(follow(self._session(), self._base, self._tell, answer))
        try:
            while True:
                suspected = asyncio.create_task(self._suspected.wait())
                await asyncio.wait((gone, suspected, following), return_when=asyncio.FIRST_COMPLETED)
                suspected.cancel()
                if gone.done():
                    return
                if following.done():
                    raise EngineLost(following.result().detail)
                # The connection's end may reach us before the news of the death.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(gone), 0.1)
                    return
                try:
                    await health(self._session(), self._base, timeout=_HEALTH_TIMEOUT)
                except EngineLost:
                    raise EngineLost("the engine hangs") from None
                self._suspected.clear()
                self._ready.set()
        finally:
            gone.cancel()
            following.cancel()

    async def _end(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self.pid = 0

    async def _read_errors(self, process: Process) -> None:
        assert process.stderr
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # a line longer than the reader holds; left unread, it would block the child
            if not line:
                return
            words = line.decode(errors="replace").strip()
            if words:
                self._last_words.append(words)
                log.info("engine: %s", words)


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
