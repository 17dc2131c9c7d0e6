"""The queue's policy on a clock that only the test moves."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Author, ChatMessage, Dropped, Fragment, Utterance, Worth, rank_of
from bot.speech.estimate import seconds
from bot.speech.queue import Limits, SpeechQueue
from tests.people import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dropped() -> list[Dropped]:
    return []


@pytest.fixture
def queue(clock: Clock, dropped: list[Dropped]) -> SpeechQueue:
    return SpeechQueue(Limits(length=3, max_age=10), clock=clock, dropped=dropped.append)


def utterance(
    name: str, *, paid: bool = False, at: float = 1000, text: str = "hi", speed: float = 1
) -> Utterance:
    event = ChatMessage(
        source="twitch",
        channel="c",
        id=name,
        author=Author(name, name),
        fragments=(Fragment(text),),
        worth=Worth(5, "bits") if paid else None,
    )
    return Utterance(
        id=name, text=text, voice="mei", event=event, received_at=at, speed=speed, rank=rank_of(event)
    )


def names(queue: SpeechQueue) -> list[str]:
    return [waiting.id for waiting in queue]


def given_up(dropped: list[Dropped]) -> list[tuple[str, str]]:
    return [(entry.utterance.id, entry.reason) for entry in dropped]


async def test_first_in_first_out(queue: SpeechQueue) -> None:
    for name in "abc":
        queue.put(utterance(name))
    assert [(await queue.get()).id for _ in range(3)] == ["a", "b", "c"]
    assert len(queue) == 0


async def test_the_oldest_ordinary_one_makes_room(queue: SpeechQueue, dropped: list[Dropped]) -> None:
    for name in "abcde":
        queue.put(utterance(name))
    assert names(queue) == ["c", "d", "e"]
    assert given_up(dropped) == [("a", "queue full"), ("b", "queue full")]


async def test_paid_is_first_never_dropped_and_not_counted(
    queue: SpeechQueue, dropped: list[Dropped]
) -> None:
    for name in "abc":
        queue.put(utterance(name))
    for number in range(100):
        queue.put(utterance(f"paid {number}", paid=True))
    assert not dropped
    queue.put(utterance("d"))
    assert given_up(dropped) == [("a", "queue full")]
    assert names(queue) == [*(f"paid {number}" for number in range(100)), "b", "c", "d"]
    assert (await queue.get()).id == "paid 0"


async def test_nothing_paid_is_ordinary(queue: SpeechQueue, dropped: list[Dropped]) -> None:
    """A gift of no worth, and the streamer's own words, which have no event."""
    queue.put(Utterance(id="own", text="x", voice="mei", received_at=1000))
    for name in "abc":
        queue.put(utterance(name))
    assert given_up(dropped) == [("own", "queue full")]


async def test_stale_ones_are_not_spoken_but_paid_ones_are(
    queue: SpeechQueue, clock: Clock, dropped: list[Dropped]
) -> None:
    queue.put(utterance("paid", paid=True))
    queue.put(utterance("old"))
    queue.put(utterance("just in time", at=1000.5))
    queue.put(utterance("fresh", at=1005))
    clock.now = 1010.5
    assert [(await queue.get()).id for _ in range(3)] == ["paid", "just in time", "fresh"]
    assert given_up(dropped) == [("old", "stale")]


async def test_a_getter_does_not_wake_for_what_is_stale(
    queue: SpeechQueue, clock: Clock, dropped: list[Dropped]
) -> None:
    getter = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(utterance("stale", at=1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not getter.done()
    assert given_up(dropped) == [("stale", "stale")]
    queue.put(utterance("fresh"))
    assert (await asyncio.wait_for(getter, 1)).id == "fresh"


async def test_a_waiting_getter_wakes(queue: SpeechQueue) -> None:
    getter = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not getter.done()
    queue.put(utterance("a"))
    assert (await asyncio.wait_for(getter, 1)).id == "a"


async def test_a_getter_that_gives_up_loses_nothing(queue: SpeechQueue) -> None:
    getter = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(utterance("a"))
    getter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await getter
    assert names(queue) == ["a"]


async def test_remove_takes_paid_ones_too(queue: SpeechQueue, dropped: list[Dropped]) -> None:
    queue.put(utterance("a"))
    queue.put(utterance("b"))
    queue.put(utterance("p", paid=True))
    queue.put(utterance("q", paid=True))
    queue.remove(lambda waiting: waiting.id in ("b", "q", "z"), "deleted")
    assert names(queue) == ["p", "a"]
    assert given_up(dropped) == [("q", "deleted"), ("b", "deleted")]


async def test_backlog_is_in_seconds_of_speech(queue: SpeechQueue) -> None:
    assert queue.backlog == 0
    queue.put(utterance("a", text="hello everybody", speed=2))
    queue.put(utterance("p", paid=True, text="你好你好你好"))
    assert queue.backlog == pytest.approx(seconds("hello everybody") / 2 + seconds("你好你好你好"))


@pytest.mark.parametrize("how", ["got", "removed", "stale"])
async def test_until_empty(how: str, queue: SpeechQueue, clock: Clock) -> None:
    await asyncio.wait_for(queue.until_empty(), 1)
    queue.put(utterance("a"))
    empty = asyncio.create_task(queue.until_empty())
    await asyncio.sleep(0)
    assert not empty.done()
    getter = None
    if how == "got":
        await queue.get()
    elif how == "removed":
        queue.remove(lambda _: True, "deleted")
    else:
        clock.now = 2000
        getter = asyncio.create_task(queue.get())
    await asyncio.wait_for(empty, 1)
    if getter:
        getter.cancel()


@pytest.mark.parametrize("hidden", ["0", ""])
def test_those_whom_a_platform_hides_are_told_apart_by_name(hidden: str) -> None:
    def of(name: str) -> Utterance:
        author = Author(hidden, name)
        event = ChatMessage(source="bilibili", channel="c", id="1", author=author, fragments=())
        return Utterance(id="1", text="hi", voice="mei", event=event)

    assert of("观***").author_id == of("观***").author_id != of("爱***").author_id
