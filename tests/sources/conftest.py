"""A Twitch on loopback, time that passes only when somebody sleeps, and a listener that reads a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest
from hypothesis import settings

from bot.messages import ChatEvent, ChatMessage, SourceState, State
from tests.fakes.twitch_irc import FakeTwitch

# A busy machine is no failure.
settings.register_profile("sources", deadline=None)
settings.load_profile("sources")


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


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
async def twitch() -> AsyncIterator[FakeTwitch]:
    async with FakeTwitch() as fake:
        yield fake


@pytest.fixture
async def listen() -> AsyncIterator[Callable[[AsyncGenerator[ChatEvent | SourceState, None]], Listener]]:
    """Makes listeners, and closes them in the end."""
    listeners: list[Listener] = []

    def make(events: AsyncGenerator[ChatEvent | SourceState, None]) -> Listener:
        listeners.append(Listener(events))
        return listeners[-1]

    yield make
    for listener in listeners:
        await listener.close()
