"""Where the engine is and whether it is ready: the seam between those who ask for speech and the process.

EngineError
├── EngineLost      it went away, or hangs: the same request may succeed once it is back
└── EngineRefused   it answered that it will not speak this
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from bot.messages import EngineState, State

if TYPE_CHECKING:
    from aiohttp import ClientSession

Report = Callable[[EngineState], None]
UNAUTHORIZED = "the engine wants a token, or another one: set BOT_ENGINE__TOKEN"


class EngineError(Exception):
    """The engine did not speak; the message is a sentence for the streamer."""


class EngineLost(EngineError):
    pass


class EngineRefused(EngineError):
    pass


class EngineLink(Protocol):
    """An engine that may come and go."""

    async def run(self) -> None:
        """Keeps it going, and says how it is, until cancelled."""

    async def address(self) -> str:
        """Its base URL, as soon as it is ready."""

    def suspect(self) -> None:
        """It broke off or hangs: nobody is given its address until it has been looked at."""


async def health(session: ClientSession, base: str, *, timeout: float) -> dict[str, Any]:
    """What the engine says of itself: at least `status`, one of loading, warming, ready, failed.

    A server of the speech API that has no /health of ours is ready if it answers at all. Raises EngineLost.
    """
    import aiohttp

    try:
        async with session.get(f"{base}/health", timeout=aiohttp.ClientTimeout(total=timeout)) as response:
            if response.status == 401:
                raise EngineRefused(UNAUTHORIZED)
            answer = await response.json(content_type=None) if response.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
        raise EngineLost(f"no answer from {_shown(base)}: is the engine started there?") from None
    if isinstance(answer, dict) and answer.get("status") in ("loading", "warming", "ready", "failed"):
        return answer
    return {"status": "ready"}


async def voices_of(session: ClientSession, base: str) -> list[str]:
    """The ids of the voices that an engine has; empty for a server that lists none. Raises EngineLost."""
    import aiohttp

    try:
        async with session.get(f"{base}/v1/voices", timeout=aiohttp.ClientTimeout(total=5)) as response:
            answer = await response.json(content_type=None) if response.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
        raise EngineLost(f"no list of voices from {_shown(base)}") from None
    listed = answer.get("voices") if isinstance(answer, dict) else None
    voices = (
        [voice.get("id") for voice in listed if isinstance(voice, dict)] if isinstance(listed, list) else []
    )
    return [voice for voice in voices if isinstance(voice, str)]


def _shown(url: str) -> str:
    """An address without the password that may stand in it."""
    scheme, slashes, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}{slashes}{host}"


class EngineAt:
    """An engine that somebody else runs, at a URL: asked how it is until it is ready, and when suspected."""

    def __init__(
        self, url: str, session: Callable[[], ClientSession], report: Report, *, retry: float = 1.0
    ) -> None:
        self._url = url.rstrip("/").removesuffix("/v1")
        self._session = session
        self._report = report
        self._retry = retry
        self._ready = asyncio.Event()
        self._suspected = asyncio.Event()

    async def run(self) -> None:
        state: EngineState | None = None
        while True:
            try:
                answer = await health(self._session(), self._url, timeout=5)
            except EngineError as error:
                now = EngineState(State.WAITING, f"{error}; trying again")
            else:
                now = state_of(answer)
            if now != state:
                self._report(now)
                state = now
            if now.state is State.READY:
                self._suspected.clear()
                self._ready.set()
                await self._suspected.wait()
                state = None
            else:
                await asyncio.sleep(self._retry)

    async def address(self) -> str:
        await self._ready.wait()
        return self._url

    def suspect(self) -> None:
        self._ready.clear()
        self._suspected.set()


def state_of(answer: dict[str, Any]) -> EngineState:
    """What /health answered, as a state to show."""
    detail = str(answer.get("detail") or "")
    progress = answer.get("progress")
    match answer["status"]:
        case "ready":
            return EngineState(State.READY, detail, 1.0)
        case "failed":
            return EngineState(State.FAILED, detail or "the engine could not be started")
        case _:
            done = min(max(progress, 0), 1) if isinstance(progress, int | float) else 0
            return EngineState(State.STARTING, detail or answer["status"], float(done))
