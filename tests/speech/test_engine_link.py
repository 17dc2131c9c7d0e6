"""An engine at a URL: it comes up later, goes away, wants a token, or has never heard of /health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.messages import EngineState, State
from bot.speech.engine_link import UNAUTHORIZED, EngineAt, EngineLost, follow, health, state_of
from tests.fakes.loopback import serving
from tests.fakes.speech_server import SpeechServer

RETRY = 0.01


class Reports:
    """What the link said of itself; `next(state)` waits for the next such report."""

    def __init__(self) -> None:
        self.all: list[EngineState] = []
        self._new: asyncio.Queue[EngineState] = asyncio.Queue()

    def __call__(self, state: EngineState) -> None:
        self.all.append(state)
        self._new.put_nowait(state)

    async def next(self, state: State) -> EngineState:
        async with asyncio.timeout(5):
            while (report := await self._new.get()).state is not state:
                pass
        return report


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with SpeechServer() as server:
        yield server


@asynccontextmanager
async def engine_at(url: str, reports: Reports, token: str = "") -> AsyncIterator[EngineAt]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        link = EngineAt(url, lambda: session, reports, retry=RETRY)
        task = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            task.cancel()
            await asyncio.wait((task,))
        assert task.cancelled()


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_a_ready_engine(ending: str, server: SpeechServer, reports: Reports) -> None:
    async with engine_at(server.url + ending, reports) as link:
        assert await asyncio.wait_for(link.address(), 5) == server.url
    assert [report.state for report in reports.all] == [State.READY]
    assert server.health_asked == 1


async def test_one_that_gets_ready_is_shown_on_its_way(server: SpeechServer, reports: Reports) -> None:
    server.health = {"status": "loading", "progress": 0.25, "detail": "Reading the model."}
    async with engine_at(server.url, reports) as link:
        assert await reports.next(State.STARTING) == EngineState(State.STARTING, "Reading the model.", 0.25)
        server.health = {"status": "warming", "progress": 0.9}
        assert await reports.next(State.STARTING) == EngineState(State.STARTING, "warming", 0.9)
        waiting = asyncio.create_task(link.address())
        await asyncio.sleep(0)
        assert not waiting.done()
        server.health = {"status": "ready", "detail": "Ready with 4 voices."}
        assert await reports.next(State.READY) == EngineState(State.READY, "Ready with 4 voices.", 1.0)
        assert await asyncio.wait_for(waiting, 5) == server.url


async def test_one_that_comes_up_later(server: SpeechServer, reports: Reports) -> None:
    await server.stop()
    async with engine_at(server.url, reports) as link:
        waiting = await reports.next(State.WAITING)
        assert waiting.detail == f"no answer from {server.url}: is the engine started there?; trying again"
        address = asyncio.create_task(link.address())
        await asyncio.sleep(5 * RETRY)
        assert not address.done()
        await server.start()
        assert await asyncio.wait_for(address, 5) == server.url
    assert [report.state for report in reports.all] == [State.WAITING, State.READY]  # not once for each try


async def test_one_that_goes_away_and_comes_back(server: SpeechServer, reports: Reports) -> None:
    async with engine_at(server.url, reports) as link:
        await reports.next(State.READY)
        await server.stop()
        link.suspect()
        address = asyncio.create_task(link.address())
        await reports.next(State.WAITING)
        assert not address.done()
        await server.start()
        await reports.next(State.READY)
        assert await asyncio.wait_for(address, 5) == server.url


async def test_one_that_was_suspected_wrongly(server: SpeechServer, reports: Reports) -> None:
    async with engine_at(server.url, reports) as link:
        await reports.next(State.READY)
        link.suspect()
        assert await asyncio.wait_for(link.address(), 5) == server.url
        link.suspect()
        await reports.next(State.READY)
        assert await asyncio.wait_for(link.address(), 5) == server.url
    assert server.health_asked == 3


async def test_a_server_without_health_is_ready(server: SpeechServer, reports: Reports) -> None:
    server.health = None
    async with engine_at(server.url, reports) as link:
        assert await asyncio.wait_for(link.address(), 5) == server.url


async def test_a_server_that_wants_a_token(server: SpeechServer, reports: Reports) -> None:
    server.token = "secret"
    async with engine_at(server.url, reports, token="wrong"):
        assert (await reports.next(State.WAITING)).detail == f"{UNAUTHORIZED}; trying again"
        assert "BOT_ENGINE__TOKEN" in UNAUTHORIZED
    async with engine_at(server.url, reports, token="secret") as link:
        assert await asyncio.wait_for(link.address(), 5) == server.url


async def test_an_engine_that_says_it_failed(server: SpeechServer, reports: Reports) -> None:
    server.health = {"status": "failed", "detail": "No voice can be used."}
    async with engine_at(server.url, reports) as link:
        assert (await reports.next(State.FAILED)).detail == "No voice can be used."
        address = asyncio.create_task(link.address())
        server.health = {"status": "ready"}  # whoever runs it has mended it
        assert await asyncio.wait_for(address, 5) == server.url


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/health", handler)
    async with serving(app) as url:
        yield url


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('{"status": "ready", "x": 1}', 200, {"status": "ready", "x": 1}),
        ('{"status": "loading"}', 200, {"status": "loading"}),
        ('{"status": "loading"}', 503, {"status": "ready"}),
        ('{"status": "ok"}', 200, {"status": "ready"}),
        ('{"status": ["ready"]}', 200, {"status": "ready"}),
        ("[]", 200, {"status": "ready"}),
        ("null", 200, {"status": "ready"}),
        ("", 200, {"status": "ready"}),
        ("OK", 200, None),
        ("[" * 100_000, 200, None),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_health_makes_of_answers(body: str, status: int, said: dict[str, Any] | None) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    async with answering(handler) as base, aiohttp.ClientSession() as session:
        if said is None:
            with pytest.raises(EngineLost):
                await health(session, base, timeout=2)
        else:
            assert await health(session, base, timeout=2) == said


async def test_health_does_not_wait_for_ever() -> None:
    never = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with answering(handler) as base, aiohttp.ClientSession() as session:
        with pytest.raises(EngineLost, match="no answer from http://127"):
            await health(session, base, timeout=0.05)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"status": "ready"}, EngineState(State.READY, "", 1.0)),
        ({"status": "failed"}, EngineState(State.FAILED, "the engine could not be started")),
        ({"status": "loading"}, EngineState(State.STARTING, "loading", 0.0)),
        ({"status": "warming", "progress": 1}, EngineState(State.STARTING, "warming", 1.0)),
        # another program's idea of these
        (
            {"status": "loading", "progress": None, "detail": None},
            EngineState(State.STARTING, "loading", 0.0),
        ),
        ({"status": "loading", "progress": "half"}, EngineState(State.STARTING, "loading", 0.0)),
        ({"status": "loading", "progress": 45}, EngineState(State.STARTING, "loading", 1.0)),
        ({"status": "ready", "detail": {"a": 1}}, EngineState(State.READY, "{'a': 1}", 1.0)),
    ],
)
def test_state_of(answer: dict[str, Any], state: EngineState) -> None:
    assert state_of(answer) == state


def ready(detail: str, *, settled: bool) -> dict[str, Any]:
    return {"status": "ready", "detail": detail, "engines": [], "settled": settled}


async def test_what_a_ready_engine_still_brings_up_is_told(server: SpeechServer, reports: Reports) -> None:
    coming = [f"f5: {done} of 9 MB, {done} s left." for done in range(1, 13)]
    healths = [*(ready(words, settled=False) for words in coming), *[ready("Both.", settled=True)] * 3]
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        server.health = healths.pop(0) if healths else {"status": "failed", "detail": "f5 hangs."}

    async with aiohttp.ClientSession() as session:
        first = ready("f5: 0 of 9 MB, 9 s left.", settled=False)
        last = await follow(session, server.url, reports, first, sleep=sleep)
    assert last == EngineState(State.FAILED, "f5 hangs.")
    # What grows is told every 5 s, another sentence at once, and one that stays never again.
    assert [report.detail for report in reports.all] == [coming[9], "Both."]
    assert {report.state for report in reports.all} == {State.READY}
    assert pauses == [0.5] * 13 + [5.0] * 3


async def test_an_engine_elsewhere_that_brings_up_more_and_then_hangs(
    server: SpeechServer, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.speech.engine_link._UNSETTLED_EVERY", 0.01)
    server.health = ready("f5 loads.", settled=False)
    async with engine_at(server.url, reports) as link:
        assert (await reports.next(State.READY)).detail == "f5 loads."
        server.health = ready("f5 warms up.", settled=False)
        assert (await reports.next(State.READY)).detail == "f5 warms up."
        server.health = {"status": "failed", "detail": "f5 hangs."}
        assert (await reports.next(State.FAILED)).detail == "f5 hangs."
        address = asyncio.create_task(link.address())
        await asyncio.sleep(0)
        assert not address.done()
        server.health = ready("Both.", settled=True)
        assert await asyncio.wait_for(address, 5) == server.url
