"""The platforms on loopback, times that pass only when a test says so, and a listener that reads a source."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bot.messages import ChatEvent, ChatMessage, SourceState, State
from bot.sources.twitch_account import TwitchAccount
from bot.sources.twitch_eventsub import TwitchEventSub
from bot.sources.twitch_subscriptions import SCOPES
from tests.fakes.bilibili import FakeBilibili
from tests.fakes.bilibili_open import CODE, KEY_SECRET, FakeOpenLive
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID
from tests.fakes.twitch_irc import FakeTwitch
from tests.sources.twitch_credentials import CountedCredentials

# A busy machine is no failure.
settings.register_profile("sources", deadline=None)
settings.load_profile("sources")

# Of the loop, in which a request over loopback is made, answered and acted upon. Turns, not seconds: a busy
# machine has fewer of them in a second.
_TURNS = 20


class VirtualTime:
    """A clock, and a sleep that moves it and returns after one turn of the loop."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class ManualTime:
    """A clock that stands still, and sleeps that end when `pass_by` has moved it far enough."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Moves on, and gives whoever wakes up the time to do what they do over real sockets."""
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
                for _ in range(_TURNS):
                    await asyncio.sleep(0.001)
        self.now = until


class Listener:
    """Reads events one by one, and never waits longer than 5 s for one."""

    def __init__(self, events: AsyncGenerator[ChatEvent | SourceState, None]) -> None:
        self._events = events

    async def next(self) -> ChatEvent | SourceState:
        return await asyncio.wait_for(anext(self._events), 5)

    async def state(self, state: State) -> SourceState:
        """The next `state`; other states before it are passed over, events are not."""
        while True:
            event = await self.next()
            assert isinstance(event, SourceState), event
            if event.state is state:
                return event

    async def message(self) -> ChatMessage:
        event = await self.next()
        assert isinstance(event, ChatMessage), event
        return event

    async def close(self) -> None:
        await self._events.aclose()


Listen = Callable[[AsyncGenerator[ChatEvent | SourceState, None]], Listener]

# As they are known to the fakes, and to nobody else.
SESSDATA = "s3ss%2Cd4ta%2A31"
SECRETS = (CODE, KEY_SECRET)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
async def twitch() -> AsyncIterator[FakeTwitch]:
    async with FakeTwitch() as fake:
        yield fake


@pytest.fixture
async def server() -> AsyncIterator[FakeTwitchEventSub]:
    """A Twitch for who has logged in."""
    async with FakeTwitchEventSub() as fake:
        yield fake


@pytest.fixture
def store(tmp_path: Path) -> CountedCredentials:
    return CountedCredentials(tmp_path)


Make = Callable[..., TwitchEventSub]


@pytest.fixture
def logged_in(server: FakeTwitchEventSub, store: CountedCredentials) -> Make:
    """Makes the source of who has logged in: by default the streamer, and to read everything."""

    def make(channel: str = "streamer", login: str = "streamer", **options: Any) -> TwitchEventSub:
        scopes = options.pop("scopes", SCOPES)
        if not store.load("twitch"):
            store.save("twitch", server.grant(login, scopes))
        account = TwitchAccount(CLIENT_ID, store, urls=server.urls, timeout=options.pop("timeout", 5.0))
        return TwitchEventSub(channel, account, **{"welcome": 2.0, "linger": 0.05, **options})

    return make


@pytest.fixture
async def bilibili() -> AsyncIterator[FakeBilibili]:
    async with FakeBilibili({SESSDATA: 4242}) as fake:
        yield fake


@pytest.fixture
def manual() -> ManualTime:
    return ManualTime()


@pytest.fixture
async def platform(manual: ManualTime) -> AsyncIterator[FakeOpenLive]:
    async with FakeOpenLive(clock=manual.clock) as running:
        yield running


@pytest.fixture
def no_open_live_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever goes wrong in a test that uses it."""
    caplog.set_level(logging.DEBUG)
    yield
    for secret in SECRETS:
        assert secret not in caplog.text


@pytest.fixture
def no_twitch_secret_is_logged(
    server: FakeTwitchEventSub, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """By this project or by twitchio, at any level."""
    caplog.set_level(logging.DEBUG)
    yield
    shown = caplog.text + "".join(str(record.exc_info) + repr(record.args) for record in caplog.records)
    assert not [secret for secret in server.secrets if secret in shown]


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Makes listeners, and closes them in the end."""
    listeners: list[Listener] = []

    def make(events: AsyncGenerator[ChatEvent | SourceState, None]) -> Listener:
        listeners.append(Listener(events))
        return listeners[-1]

    yield make
    for listener in listeners:
        await listener.close()
