"""When the first sound comes, and that playback never waits after it: on a virtual clock, for any engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.engine.f5.cuts import cut
from bot.engine.f5.duration import Duration, frames_for
from bot.engine.f5.joints import Joint
from bot.engine.f5.planner import Caution, Part, Planner

RATE = 93.75
REFERENCE = round(4 * RATE)
EXACT = Caution(slower=1.0, overhead=0.0, shorter=1.0, longest=inf)

Cost = Callable[[int], float]


def spoken(parts: list[Part]) -> float:
    """Seconds of one piece of `parts`, with the pauses inside it."""
    return sum(part.seconds + part.pause for part in parts) - parts[-1].pause


@dataclass
class Played:
    """What an engine and a player made of a plan."""

    began: float = inf
    waited: float = 0.0
    pieces: list[tuple[int, int]] = field(default_factory=list)
    ended: float = 0.0


def play(plan: Planner, parts: list[Part], cost: Cost, real: Cost | None = None, steps: int = 7) -> Played:
    """Runs `plan` on a virtual clock; a piece takes what `real` says, in equal steps. Playback is its own."""
    now = 0.0
    out = Played()
    plan.asked(now)
    sent_until = inf  # when what was sent so far will have sounded
    made = 0.0
    while step := plan.next(now):
        took = (real or cost)(REFERENCE + frames_for(spoken(parts[step.start : step.end])))
        begun = now
        for nth in range(1, steps + 1):
            # Whoever waits for a moment within a step has it at the step's end.
            now = begun + took * nth / steps
            if out.began == inf and plan.may_start(now):
                plan.started(now)
                out.began, sent_until = now, now + made
        sound = sum(part.seconds + part.pause for part in parts[step.start : step.end])
        if out.began < inf:
            out.waited += max(0.0, now - sent_until)
            sent_until = max(sent_until, now) + sound
        made += sound
        plan.made(step, sound, now)
        out.pieces.append((step.start, step.end))
        if out.began == inf and (plan.next(now) is None or plan.may_start(now)):
            assert plan.may_start(now)
            plan.started(now)
            out.began, sent_until = now, now + made
    out.ended = now
    return out


def best_start(parts: list[Part], cost: Cost) -> float:
    """The earliest start of any partition whose playback never waits, by trying all of them."""
    count = len(parts)
    best = inf
    for size in range(count):
        for cuts in combinations(range(1, count), size):
            ends = (0, *cuts, count)
            start = done = played = 0.0
            for a, b in pairwise(ends):
                done += cost(REFERENCE + frames_for(spoken(parts[a:b])))
                start = max(start, done - played)
                played += sum(part.seconds + part.pause for part in parts[a:b])
            best = min(best, start)
    return best


def quadratic(a: float, b: float, c: float) -> Cost:
    return lambda frames: a + b * frames + c * frames * frames


PARTS = st.lists(
    st.builds(
        Part,
        st.floats(0.4, 2.5),
        st.sampled_from([0.0, 0.15, 0.3]),
        st.sampled_from([Joint.WORD, Joint.PHRASE, Joint.CLAUSE, Joint.SENTENCE]),
    ),
    min_size=1,
    max_size=7,
)
# From 1 ms to 20 s for a piece, flat or steep in its length.
COSTS = st.builds(quadratic, st.floats(0.001, 3), st.floats(0, 0.03), st.floats(0, 0.00003))


@example(
    [Part(2.0, 0.0, Joint.WORD), Part(1.0, 0.15, Joint.WORD), Part(1.0, 0.0, Joint.WORD)],
    quadratic(0.25, 0.0, 5.046e-6),
)
@given(PARTS, COSTS)
def test_playback_never_waits_once_it_has_begun(parts: list[Part], cost: Cost) -> None:
    played = play(Planner(parts, frames_for, cost, REFERENCE, caution=EXACT), parts, cost)
    assert played.waited < 1e-3
    assert [a for a, _ in played.pieces] == [0, *(b for _, b in played.pieces[:-1])]
    assert played.pieces[-1][1] == len(parts)


@given(PARTS, COSTS)
def test_the_first_sound_is_nearly_as_early_as_can_be(parts: list[Part], cost: Cost) -> None:
    played = play(Planner(parts, frames_for, cost, REFERENCE, caution=EXACT), parts, cost, steps=1000)
    assert played.began <= best_start(parts, cost) * 1.27 + 0.01


@given(PARTS, COSTS, st.lists(st.floats(0.6, 1.1), min_size=7, max_size=7))
def test_an_engine_that_is_sometimes_slower_than_foretold(
    parts: list[Part], cost: Cost, off: list[float]
) -> None:
    ratios = iter(off)
    played = play(
        Planner(parts, frames_for, cost, REFERENCE),
        parts,
        cost,
        real=lambda frames: cost(frames) * next(ratios),
    )
    assert played.waited < 1e-3


@settings(deadline=None)  # the first one loads jieba's dictionary
@given(st.text("好的我觉得今天，。很棒了the cat and a dog, went. 3", max_size=150), COSTS)
def test_any_text(text: str, cost: Cost) -> None:
    pytest.importorskip("rjieba")
    duration = Duration("Some call me nature, others call me mother nature.", 400, 1.0)
    parts = [Part(duration.seconds(piece.text), 0.2, piece.joint) for piece in cut(text)]
    played = play(Planner(parts, frames_for, cost, REFERENCE), parts, cost)
    assert played.waited < 1e-3


SENTENCE = [
    Part(1.0, 0.0, Joint.PHRASE),
    Part(1.2, 0.15, Joint.CLAUSE),
    Part(1.5, 0.0, Joint.WORD),
    Part(1.3, 0.3, Joint.SENTENCE),
]


def test_a_fast_engine_says_the_clause_first() -> None:
    """Where a piece costs the same whatever its length, nothing is won by cutting within a clause."""
    played = play(
        Planner(SENTENCE, frames_for, quadratic(0.03, 0, 0), REFERENCE), SENTENCE, quadratic(0.03, 0, 0)
    )
    assert played.began <= 0.031
    assert played.pieces[0] == (0, 4)


def test_an_engine_as_fast_as_speech_begins_with_the_shortest() -> None:
    cost = quadratic(0, 0.0012, 0)  # 0.45 s for the reference alone, 0.11 s for each second
    played = play(Planner(SENTENCE, frames_for, cost, REFERENCE), SENTENCE, cost)
    assert played.pieces[0] == (0, 1)
    assert played.began == pytest.approx(cost(REFERENCE + frames_for(1.0)))
    assert played.waited == 0


def test_a_slow_engine_holds_back_just_long_enough() -> None:
    cost = quadratic(0.0, 0.01, 0)  # 3.8 s for the reference, 0.94 s for each second: too slow in any pieces
    parts = SENTENCE * 3
    played = play(Planner(parts, frames_for, cost, REFERENCE, caution=EXACT), parts, cost, steps=100)
    assert played.waited < 1e-3
    assert played.began == pytest.approx(best_start(parts, cost), rel=0.26)
    assert played.began < played.ended - 3.0  # not only when all is made


def test_patience_ends() -> None:
    cost = quadratic(0.0, 0.02, 0)
    caution = Caution(patience=2.0)
    parts = [Part(1.5, 0.3, Joint.SENTENCE)] * 12
    plan = Planner(parts, frames_for, cost, REFERENCE, caution=caution)
    step = plan.next(0.0)
    assert step
    plan.asked(11.0)
    assert not plan.may_start(11.0)  # nothing is there yet, and somebody waits for it
    plan.made(step, 1.8, 12.0)
    assert plan.next(12.0)
    plan.asked(12.0)  # they wait still
    assert not plan.may_start(12.9)
    assert plan.may_start(13.0)


def test_to_look_is_not_to_ask() -> None:
    """Nobody's patience ends where nobody waits: what is made ahead is held back as long as it must be."""
    plan = Planner(
        [Part(1.5, 0.3, Joint.SENTENCE)] * 12,
        frames_for,
        quadratic(0.0, 0.02, 0),
        REFERENCE,
        caution=Caution(patience=2.0),
    )
    step = plan.next(0.0)
    assert step
    plan.made(step, 1.8, 12.0)
    assert plan.next(12.0)
    assert not plan.may_start(12.0)
    assert not plan.may_start(15.0)
    plan.asked(15.0)
    assert plan.may_start(17.0)


def test_no_piece_takes_longer_than_it_may_if_it_can_be_cut() -> None:
    cost = quadratic(0.0, 0.01, 0)
    parts = SENTENCE * 3
    for work, most in ((1.0, 1), (7.5, 2), (inf, 6)):
        played = play(Planner(parts, frames_for, cost, REFERENCE, caution=Caution(work=work)), parts, cost)
        assert max(b - a for a, b in played.pieces) == most


def test_no_hurry_while_something_else_sounds() -> None:
    """What is due in 5 s is made in one piece, which sounds best and costs least."""
    cost = quadratic(0.2, 0.001, 0)
    hurried = Planner(SENTENCE, frames_for, cost, REFERENCE).next(0.0)
    calm = Planner(SENTENCE, frames_for, cost, REFERENCE, due=5.0).next(0.0)
    assert hurried
    assert calm
    assert hurried.end < calm.end == 4


def test_sound_may_leave_while_it_is_decoded() -> None:
    """Where frames are there and the rest is quick enough, nothing waits for the vocoder."""
    plan = Planner(SENTENCE, frames_for, quadratic(0.03, 0, 0), REFERENCE)
    step = plan.next(0.0)
    assert step
    assert not plan.may_start(0.02)
    plan.sampled(step, 0.02)
    assert plan.may_start(0.02)
    plan.started(0.02)
    plan.made(step, 5.0, 0.05)
    assert plan.starved == 0
    assert plan.next(0.05) is None


def test_a_slow_engine_holds_back_what_is_decoded_too() -> None:
    cost = quadratic(0.0, 0.01, 0)
    parts = SENTENCE * 3
    plan = Planner(parts, frames_for, cost, REFERENCE)
    step = plan.next(0.0)
    assert step
    plan.sampled(step, 6.0)
    assert not plan.may_start(7.0)
    plan.made(step, 5.0, 6.1)
    assert plan.next(6.1)
    assert not plan.may_start(7.0)


def test_waiting_is_counted_when_it_cannot_be_helped() -> None:
    """A piece that takes far longer than was foretold."""
    plan = Planner(SENTENCE, frames_for, quadratic(0.0, 0.0012, 0), REFERENCE)
    step = plan.next(0.0)
    assert step
    plan.made(step, 1.0, 0.6)
    following = plan.next(0.6)
    assert following
    assert plan.may_start(0.6)
    plan.started(0.6)
    plan.made(following, 1.3, 4.6)
    assert plan.starved == pytest.approx(3.0)


def test_long_texts_are_planned_at_once() -> None:
    """No piece is longer than what the model can say in one go."""
    parts = [Part(1.5, 0.15, Joint.CLAUSE)] * 200
    cost = quadratic(0.02, 0.00001, 0)
    played = play(Planner(parts, frames_for, cost, REFERENCE), parts, cost)
    assert max(b - a for a, b in played.pieces) * 1.5 <= 8.0
    assert played.waited == 0


def test_nothing_to_say() -> None:
    plan = Planner([], frames_for, quadratic(1, 0, 0), REFERENCE)
    assert plan.next(0.0) is None
    assert not plan.may_start(1.0)
