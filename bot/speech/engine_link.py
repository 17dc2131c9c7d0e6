"""Where the engine is and whether it is ready: the seam between those who ask for speech and the process.

EngineError
├── EngineLost      it went away, or hangs: the same request may succeed once it is back
└── EngineRefused   it answered that it will not speak this
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from bot.messages import EngineState, State

if TYPE_CHECKING:
    from aiohttp import ClientSession

Report = Callable[[EngineState], None]
_UNSETTLED_EVERY, _SETTLED_EVERY, _GROWTH_EVERY, _NEVER = 0.5, 5.0, 5.0, 3600.0  # seconds
_FOLLOW_TIMEOUT = 5.0
UNAUTHORIZED = "the engine wants a token, or another one: set BOT_ENGINE__TOKEN"


class EngineError(Exception):
    """The engine did not speak; the message is a sentence for the streamer."""


class EngineLost(EngineError):
    pass


class EngineRefused(EngineError):
    pass


def session_to(url: str, token: str) -> ClientSession:
    """The HTTP session to an engine at `url`, with its token; "" is our own child, which asks for none.

    To be made in the event loop.
    """
    import aiohttp

    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"} if url and token else {})


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


async def follow(
    session: ClientSession,
    base: str,
    report: Report,
    answer: dict[str, Any],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> EngineState:
    """Tells what an engine that is ready, as it said in `answer`, says of itself from then on.

    While one of several engines in it is still on its way, a number that grows is told every few seconds,
    another sentence at once. Returns how it is when it is not ready any more; never for one that is not ours,
    which is asked nothing.
    """
    told, passed = state_of(answer), 0.0
    while not isinstance(answer.get("engines"), list):
        await sleep(_NEVER)
    while True:
        pause = _SETTLED_EVERY if answer.get("settled") else _UNSETTLED_EVERY
        await sleep(pause)
        passed += pause
        with contextlib.suppress(EngineError):  # whoever wants speech of it will notice
            answer = await health(session, base, timeout=_FOLLOW_TIMEOUT)
            state = state_of(answer)
            if state.state is not State.READY:
                return state
            if _without_numbers(state.detail) != _without_numbers(told.detail) or (
                state != told and passed >= _GROWTH_EVERY
            ):
                report(state)
                told, passed = state, 0.0


def _without_numbers(sentence: str) -> str:
    return re.sub(r"[0-9][0-9.,]*", "", sentence)


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


async def until_own(
    session: ClientSession,
    base: str,
    voice: str,
    tell: Callable[[str], None],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> str:
    """Returns once nobody needs to stand in for `voice`: "", or why it stays so, in the engine's words.

    While one of several engines is on its way, `tell` has its sentence now and then. Raises EngineError.
    """
    told, passed = "", 0.0
    while True:
        answer = await health(session, base, timeout=_FOLLOW_TIMEOUT)
        known = await voices_of(session, base)
        if voice in known or not known or not isinstance(answer.get("engines"), list):
            return ""
        detail = str(answer.get("detail") or "")
        if answer.get("settled"):
            return detail
        if _without_numbers(detail) != _without_numbers(told) or passed >= _GROWTH_EVERY:
            tell(detail)
            told, passed = detail, 0.0
        await sleep(_UNSETTLED_EVERY)
        passed += _UNSETTLED_EVERY


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
                await self._until_otherwise(answer)
                self._ready.clear()
                state = None
            else:
                await asyncio.sleep(self._retry)

    async def _until_otherwise(self, answer: dict[str, Any]) -> None:
        """Returns when it is suspected, or says itself that it is not ready any more."""
        following = asyncio.create_task(follow(self._session(), self._url, self._report, answer))
        suspected = asyncio.create_task(self._suspected.wait())
        try:
            await asyncio.wait((following, suspected), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            following.cancel()
            suspected.cancel()

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
