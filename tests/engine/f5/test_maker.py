"""Pieces wanted at the same time are one batch; whoever leaves costs only themselves."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest
import torch
from torch import Tensor

from bot.engine.f5.maker import Made, Maker
from bot.engine.f5.sampler import Job


def job(seed: int) -> Job:
    return Job(reference=torch.zeros(4, 100), ids=torch.zeros(3, dtype=torch.int64), frames=9, seed=seed)


class Kitchen:
    """Samples in three steps; each mel is full of its job's seed."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.steps = 0
        self.closed = 0

    def sample(self, jobs: Sequence[Job]) -> Generator[None, None, list[Tensor]]:
        self.batches.append([one.seed for one in jobs])
        try:
            for _ in range(3):
                if any(one.seed < 0 for one in jobs):
                    raise ValueError("no such seed")
                self.steps += 1
                yield
        except GeneratorExit:
            self.closed += 1
            raise
        return [torch.full((one.spoken, 100), float(one.seed)) for one in jobs]


def in_turns(*making: Generator[None, None, Made]) -> list[float | str]:
    """Moves all on in turns, to their ends."""
    results: dict[int, float | str] = {}
    while len(results) < len(making):
        for number, one in enumerate(making):
            if number not in results:
                try:
                    next(one)
                except StopIteration as done:
                    results[number] = float(done.value.mel[0, 0])
                except ValueError as fault:
                    results[number] = str(fault)
    return [results[number] for number in range(len(making))]


def test_orders_of_one_moment_are_one_batch() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=8)
    assert in_turns(*(maker.make(job(seed)) for seed in (1, 2, 3))) == [1, 2, 3]
    assert kitchen.batches == [[1, 2, 3]]
    assert kitchen.steps == 3


def test_a_batch_holds_so_many_and_the_rest_come_after() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=2)
    assert in_turns(*(maker.make(job(seed)) for seed in (1, 2, 3))) == [1, 2, 3]
    assert kitchen.batches == [[1, 2], [3]]


def test_who_leaves_a_batch_costs_nobody_else() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=8)
    gone, stays = maker.make(job(1)), maker.make(job(2))
    for _ in range(2):
        next(gone)
        next(stays)
    gone.close()
    assert in_turns(stays) == [2]
    assert kitchen.closed == 0


def test_a_batch_that_nobody_wants_any_more_is_given_up() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=8)
    both = [maker.make(job(1)), maker.make(job(2))]
    for _ in range(2):
        for one in both:
            next(one)
    for one in both:
        one.close()
    assert kitchen.closed == 1
    assert in_turns(maker.make(job(3))) == [3]


def test_an_order_that_leaves_before_its_batch_is_not_made() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=8)
    gone = maker.make(job(1))
    next(gone)
    gone.close()
    assert in_turns(maker.make(job(2))) == [2]
    assert kitchen.batches == [[2]]


def test_what_is_wanted_now_does_not_wait_for_what_is_made_ahead() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=8)
    later = maker.make(job(1), ahead=True)
    next(later)
    next(later)
    assert in_turns(maker.make(job(2))) == [2]
    assert kitchen.batches == [[1], [2]]
    assert in_turns(later) == [1]


def test_a_fault_is_told_to_all_of_its_batch_and_to_nobody_else() -> None:
    kitchen = Kitchen()
    maker = Maker(kitchen.sample, most=2)
    assert in_turns(*(maker.make(job(seed)) for seed in (1, -1, 3))) == ["no such seed", "no such seed", 3]


def test_jobs_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        Job(reference=torch.zeros(4, 100), ids=torch.zeros(3, dtype=torch.int64), frames=4, seed=0)


def test_what_a_piece_took_is_known_whosever_turns_that_were() -> None:
    now = 0.0
    kitchen = Kitchen()

    def sample(jobs: Sequence[Job]) -> Generator[None, None, list[Tensor]]:
        nonlocal now
        sampling = kitchen.sample(jobs)
        while True:
            now += 2.0
            try:
                next(sampling)
            except StopIteration as done:
                mels: list[Tensor] = done.value
                return mels
            yield

    maker = Maker(sample, most=2, clock=lambda: now)
    making = [maker.make(job(seed)) for seed in (1, 2, 3)]
    found: dict[int, Made] = {}
    while len(found) < len(making):
        for number, one in enumerate(making):
            try:
                next(one)
            except StopIteration as done:
                found.setdefault(number, done.value)
    took = [(found[number].seconds, found[number].together) for number in range(3)]
    assert took == [(8.0, 2), (8.0, 2), (8.0, 1)]
