"""The loop that keeps a source connected, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from random import Random

import pytest

from bot.messages import Author, ChatEvent, ChatMessage, Fragment, SourceState, State
from bot.sources.connection import Backoff, keep
from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.recent import Recent
from tests.sources.conftest import VirtualTime

READY = SourceState("fake", "room", State.READY)
DROPPED: Exception = SourceDropped("the connection was lost")

Step = ChatEvent | SourceState | Exception | float  # a float: so many seconds pass


def message(id_: str) -> ChatMessage:
    return ChatMessage(
        source="fake", channel="room", id=id_, author=Author("1", "A"), fragments=(Fragment("x"),)
    )


class Scripted:
    """A source whose sessions are written down; after the last it has no more."""

    name = "fake"
    channel = "room"
    malformed = 0

    def __init__(self, time: VirtualTime, *sessions: Sequence[Step]) -> None:
        self._time = time
        self._sessions = list(sessions)
        self.closed = 0

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        try:
            for step in self._sessions.pop(0) if self._sessions else []:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    self._time.now += step
                else:
                    yield step
        finally:
            self.closed += 1


async def run(
    time: VirtualTime, *sessions: Sequence[Step], remember: int = 2000
) -> list[ChatEvent | SourceState]:
    source = Scripted(time, *sessions)
    kept = keep(source, clock=time.clock, sleep=time.sleep, rng=Random(7), remember=remember)
    return [event async for event in kept]


def states(events: list[ChatEvent | SourceState]) -> list[str]:
    return [event.state.value for event in events if isinstance(event, SourceState)]


def ids(events: list[ChatEvent | SourceState]) -> list[str]:
    return [event.id for event in events if not isinstance(event, SourceState)]


async def test_states_in_order(time: VirtualTime) -> None:
    events = await run(time, [READY, message("1"), DROPPED], [DROPPED], [READY])
    assert states(events) == ["starting", "ready", "waiting", "waiting", "ready"]
    waiting = [event for event in events if isinstance(event, SourceState) and event.state is State.WAITING]
    seconds = [max(1, round(wait)) for wait in time.slept]
    assert [event.detail for event in waiting] == [
        f"trying again in {wait} s: the connection was lost" for wait in seconds
    ]


async def test_waits_grow_to_a_minute_and_stay_there(time: VirtualTime) -> None:
    await run(time, *[[DROPPED]] * 40)
    assert len(time.slept) == 40
    bounds = [(1, 2), (2, 4), (4, 8), (8, 16), (16, 32)] + [(30, 60)] * 35
    assert all(low <= wait <= high for wait, (low, high) in zip(time.slept, bounds, strict=True))
    assert len(set(time.slept)) == 40  # jitter


async def test_a_steady_session_starts_the_waits_anew(time: VirtualTime) -> None:
    await run(time, *[[DROPPED]] * 6, [READY, 29.0, DROPPED], [READY, 31.0, DROPPED], [31.0, DROPPED])
    assert time.slept[6] >= 30
    assert time.slept[7] <= 2
    assert time.slept[8] >= 2  # never live: however long it took


async def test_asked_to_reconnect_goes_at_once_but_only_once_in_a_row(time: VirtualTime) -> None:
    asked = SourceDropped("Twitch asked for a new connection", at_once=True)
    await run(time, [READY, asked], [READY, asked], [READY, asked], [READY, 31.0, asked])
    assert time.slept[0] == 0
    assert time.slept[1] >= 2
    assert time.slept[2] >= 4
    assert time.slept[3] == 0


async def test_what_cannot_heal_stops(time: VirtualTime) -> None:
    events = await run(time, [SourceFailed("Set twitch.channel.")], [READY])
    assert states(events) == ["starting", "failed"]
    assert events[-1] == SourceState("fake", "room", State.FAILED, "Set twitch.channel.")
    assert not time.slept


async def test_no_event_twice(time: VirtualTime) -> None:
    events = await run(
        time,
        [READY, message("1"), message("2"), message("2"), DROPPED],
        [READY, message("2"), message("1"), message("3")],
    )
    assert ids(events) == ["1", "2", "3"]


async def test_events_without_an_id_all_pass(time: VirtualTime) -> None:
    assert ids(await run(time, [message(""), message("")])) == ["", ""]


async def test_memory_of_ids_is_bounded(time: VirtualTime) -> None:
    script: list[Step] = [message("1"), message("2"), message("3"), message("1"), message("3")]
    assert ids(await run(time, script, remember=2)) == ["1", "2", "3", "1"]


def test_recent() -> None:
    recent = Recent(100)
    for number in range(10_000):
        assert recent.add(number)
        assert not recent.add(number)
    assert len(recent) == 100
    assert 9_900 in recent
    assert 9_899 not in recent


async def test_a_bug_is_not_caught(time: VirtualTime) -> None:
    with pytest.raises(ZeroDivisionError):
        await run(time, [READY, ZeroDivisionError()])


async def test_cancelled_while_it_waits(time: VirtualTime) -> None:
    waiting = asyncio.Event()

    async def forever(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def consume() -> None:
        async for _ in keep(Scripted(time, [DROPPED]), clock=time.clock, sleep=forever):
            pass

    task = asyncio.ensure_future(consume())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_stopping_early_closes_the_session(time: VirtualTime) -> None:
    source = Scripted(time, [READY, message("1")])
    kept = keep(source, clock=time.clock, sleep=time.sleep)
    assert (await anext(kept)) == SourceState("fake", "room", State.STARTING)
    assert (await anext(kept)) == READY
    await kept.aclose()
    assert source.closed == 1


def test_backoff_never_overflows() -> None:
    assert 30 <= Backoff().delay(10**6, Random(1)) <= 60
