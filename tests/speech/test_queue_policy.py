"""Whose turn it is and how briefly it is said, as the backlog grows; on a clock that only the test moves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Author, ChatMessage, Dropped, Fragment, Rank, Role, Utterance, Worth, rank_of
from bot.speech.queue import Limits, SpeechQueue
from tests.people import message

TEN_SECONDS = "word " * 39  # by the estimate, a little less


class Stage:
    def __init__(self, limits: Limits) -> None:
        self.now = 1000.0
        self.dropped: list[tuple[str, str]] = []
        self.queue = SpeechQueue(limits, clock=lambda: self.now, dropped=self._note)

    def _note(self, entry: Dropped) -> None:
        self.dropped.append((entry.utterance.id, entry.reason))

    def put(
        self,
        name: str,
        *roles: Role,
        by: str = "",
        paid: Worth | None = None,
        text: str = "hi",
        shorter: tuple[str, ...] = (),
    ) -> Utterance:
        author = Author(by or name, by or name, roles=frozenset(roles))
        event = ChatMessage(
            source="t", channel="c", id=name, author=author, fragments=(Fragment(text),), worth=paid
        )
        utterance = Utterance(
            id=name, text=text, voice="mei", shorter=shorter, event=event, received_at=self.now,
            rank=rank_of(event),
        )  # fmt: skip
        self.queue.put(utterance)
        return utterance

    def take_all(self) -> list[str]:
        taken = []
        while utterance := self.queue.take():
            taken.append(utterance.id)
        return taken


@pytest.fixture
def stage() -> Stage:
    return Stage(Limits(seconds=60, length=200, max_age=120))


def test_by_rank_and_by_worth(stage: Stage) -> None:
    stage.put("viewer")
    stage.put("subscriber", Role.SUBSCRIBER)
    stage.put("vip", Role.VIP)
    stage.put("bits", paid=Worth(100, "bits"))  # a dollar
    stage.put("moderator", Role.MODERATOR)
    stage.put("yuan", paid=Worth(30, "CNY"))  # four
    stage.put("more bits", paid=Worth(100, "bits"))
    stage.put("broadcaster", Role.BROADCASTER)
    assert stage.take_all() == [
        *("yuan", "bits", "more bits", "moderator", "broadcaster", "subscriber", "vip", "viewer"),
    ]


def test_nobody_is_heard_twice_in_a_row_while_others_wait(stage: Stage) -> None:
    for name in ("a1", "a2", "a3", "b1", "c1"):
        stage.put(name, by=name[0])
    assert stage.take_all() == ["a1", "b1", "a2", "c1", "a3"]


def test_who_paid_is_heard_twice_in_a_row(stage: Stage) -> None:
    for name in ("a1", "a2"):
        stage.put(name, by="a", paid=Worth(5, "USD"))
    stage.put("b", paid=Worth(1, "USD"))
    assert stage.take_all() == ["a1", "a2", "b"]


def test_the_least_of_rank_makes_room_the_oldest_first() -> None:
    stage = Stage(Limits(seconds=1000, length=3))
    stage.put("viewer 1")
    stage.put("viewer 2")
    stage.put("subscriber", Role.SUBSCRIBER)
    stage.put("moderator", Role.MODERATOR)
    stage.put("paid", paid=Worth(1, "USD"))
    assert stage.dropped == [("viewer 1", "queue full")]
    stage.put("moderator 2", Role.MODERATOR)
    stage.put("moderator 3", Role.MODERATOR)
    assert stage.dropped[1:] == [("viewer 2", "queue full"), ("subscriber", "queue full")]
    assert stage.take_all() == ["paid", "moderator", "moderator 2", "moderator 3"]


def test_the_limit_is_in_seconds_of_speech() -> None:
    stage = Stage(Limits(seconds=25))
    for name in "abcd":
        stage.put(name, text=TEN_SECONDS)
    assert stage.dropped == [("a", "queue full"), ("b", "queue full")]
    assert stage.queue.backlog <= 25


def test_one_that_is_too_long_alone_is_spoken_all_the_same() -> None:
    stage = Stage(Limits(seconds=1))
    stage.put("long", text=TEN_SECONDS)
    assert stage.dropped == []
    assert stage.take_all() == ["long"]


@pytest.mark.parametrize(
    ("waiting", "said", "hurried"),
    [
        (0, "Alice the Great says: x", False),
        (2, "Alice the Great says: x", False),
        (4, "Alice: x", False),
        (6, "x", True),
    ],
)
def test_the_more_waits_the_briefer_it_is(waiting: int, said: str, hurried: bool) -> None:
    stage = Stage(Limits(seconds=100, fastest=1.5))
    stage.put("first", text="Alice the Great says: x", shorter=("Alice: x", "x"))
    for number in range(waiting + 1 if waiting else 0):
        stage.put(str(number), text=TEN_SECONDS)
    first = stage.queue.take()
    assert first
    assert (first.text, first.speed > 1) == (said, hurried)
    assert first.speed <= 1.5


def test_who_goes_on_speaking_needs_no_name(stage: Stage) -> None:
    for number in (1, 2):
        stage.put(f"a{number}", by="a", text="Alice: x", shorter=("A: x", "x"))
    assert [taken.text for taken in (stage.queue.take(), stage.queue.take()) if taken] == ["Alice: x", "x"]
    stage.now += 60
    stage.put("a3", by="a", text="Alice: x", shorter=("A: x", "x"))
    taken = stage.queue.take()
    assert taken
    assert taken.text == "Alice: x"


def test_what_is_held_can_be_taken_back() -> None:
    stage = Stage(Limits(hold=5))
    stage.put("a")
    stage.now += 2
    stage.put("b")
    assert stage.queue.take() is None
    stage.now += 3
    assert stage.take_all() == ["a"]
    assert stage.queue.remove(lambda utterance: utterance.id == "b", "deleted") == 1
    stage.now += 5
    assert stage.take_all() == []


def test_the_streamers_own_words_are_not_held() -> None:
    stage = Stage(Limits(hold=5))
    stage.queue.put(Utterance(id="own", text="hi", voice="mei", received_at=stage.now))
    assert stage.take_all() == ["own"]


def test_what_was_held_is_no_older_for_it() -> None:
    stage = Stage(Limits(hold=30, max_age=10))
    stage.put("a")
    stage.now += 31
    assert stage.take_all() == ["a"]
    stage.put("b")
    stage.now += 41
    assert stage.take_all() == []
    assert stage.dropped == [("b", "stale")]


async def test_a_getter_wakes_when_the_hold_is_over() -> None:
    queue = SpeechQueue(
        Limits(hold=0.05), clock=asyncio.get_running_loop().time, dropped=lambda dropped: None
    )
    began = asyncio.get_running_loop().time()
    queue.put(Utterance(id="a", text="hi", voice="mei", event=message("hi"), received_at=began))
    assert (await asyncio.wait_for(queue.get(), 5)).id == "a"
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_paused_and_resumed(stage: Stage) -> None:
    stage.queue.paused = True
    stage.put("a")
    getter = asyncio.create_task(stage.queue.get())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not getter.done()
    stage.queue.resume()
    assert (await asyncio.wait_for(getter, 1)).id == "a"


async def test_what_is_put_back_is_next_of_its_rank(stage: Stage) -> None:
    stage.put("a")
    stage.put("b")
    taken = stage.queue.take()
    assert taken
    stage.put("paid", paid=Worth(1, "USD"))
    stage.queue.put_back(taken, "a+")
    assert stage.take_all() == ["paid", "a+", "b"]


async def test_several_are_put_back_the_last_first_each_as_it_was(stage: Stage) -> None:
    for name in ("a1", "a2", "b"):
        stage.put(name, by=name[0], text=f"{name}: x", shorter=("x",))
    taken = [utterance for _ in range(3) if (utterance := stage.queue.take())]
    assert [one.text for one in taken] == ["a1: x", "b: x", "a2: x"]
    for utterance in reversed(taken[1:]):
        stage.queue.put_back(utterance, f"{utterance.id}+")
    assert [(one.id, one.text) for one in stage.queue] == [("b+", "b: x"), ("a2+", "a2: x")]
    assert stage.take_all() == ["b+", "a2+"]


def test_amended_in_its_place(stage: Stage) -> None:
    stage.put("a")
    stage.put("b")

    def change(utterance: Utterance) -> Utterance:
        return Utterance(id=utterance.id, text="amended", voice="leo", received_at=utterance.received_at)

    changed = stage.queue.amend(lambda utterance: utterance.id == "a", change)
    assert changed
    assert changed.text == "amended"
    assert stage.queue.amend(lambda utterance: utterance.id == "z", change) is None
    assert [(utterance.id, utterance.text) for utterance in stage.queue] == [("a", "amended"), ("b", "hi")]


def test_reordered_within_their_ranks(stage: Stage) -> None:
    for name in "abcd":
        stage.put(name)
    stage.put("m", Role.MODERATOR)
    stage.queue.reorder(["d", "gone", "b", "m"])
    assert [utterance.id for utterance in stage.queue] == ["m", "d", "b", "a", "c"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Rank), st.sampled_from("abc"), st.integers(1, 60), st.integers(0, 40)))
)
def test_whatever_comes_is_spoken_or_dropped_once_and_paid_is_spoken(
    arrivals: list[tuple[Rank, str, int, int]],
) -> None:
    stage = Stage(Limits(seconds=20, length=5, max_age=60))
    numbers = count()
    roles = {Rank.SUBSCRIBER: (Role.SUBSCRIBER,), Rank.MODERATOR: (Role.MODERATOR,)}
    spoken: list[str] = []
    for rank, by, words, wait in arrivals:
        paid = Worth(1, "USD") if rank is Rank.PAID else None
        name = f"{rank.name} {next(numbers)}"
        stage.put(name, *roles.get(rank, ()), by=by, paid=paid, text="word " * words)
        ordinary = [utterance for utterance in stage.queue if not utterance.paid]
        assert len(ordinary) <= 5
        stage.now += wait
        if wait % 3 == 0 and (taken := stage.queue.take()):
            spoken.append(taken.id)
    spoken += stage.take_all()
    given_up = [name for name, _ in stage.dropped]
    assert len(spoken) + len(given_up) == len(set(spoken) | set(given_up)) == len(arrivals)
    assert not [name for name in given_up if name.startswith("PAID")]
    assert len(stage.queue) == 0
    assert stage.queue.backlog == 0


def test_what_is_put_back_waits_as_it_did_before() -> None:
    """However often: in full, unhurried, and nobody has been heard meanwhile."""
    stage = Stage(Limits(seconds=100, fastest=1.5))
    stage.put("a", by="a", text="Alice the Great says: x", shorter=("Alice: x", "x"))
    stage.put("rest", by="b", text=TEN_SECONDS * 9)
    for _ in range(3):
        taken = stage.queue.take()
        assert taken
        assert (taken.id, taken.text) == ("a", "x")
        assert 1 < taken.speed <= 1.5
        stage.queue.put_back(taken, "a")
    assert stage.queue.remove(lambda utterance: utterance.id == "rest", "deleted")
    taken = stage.queue.take()
    assert taken
    assert (taken.id, taken.text, taken.speed) == ("a", "Alice the Great says: x", 1)


def test_what_is_put_back_has_another_id(stage: Stage) -> None:
    first = stage.put("a")
    taken = stage.queue.take()
    assert taken
    stage.queue.put_back(taken, "a+")
    assert stage.queue.backlog > 0
    assert list(stage.queue) == [replace(first, id="a+")]
    assert stage.take_all() == ["a+"]
    assert stage.queue.backlog == 0
