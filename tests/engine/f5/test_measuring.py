"""What a piece costs is known from its first steps, and stays right as graphs come and go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.f5.graphs import Bucket, Graphs
from bot.engine.f5.measuring import Measuring
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Sampler, Sampling
from bot.engine.f5.vocoder import Vocoder
from tests.engine.f5.random_weights import SMALL, SMALL_VOCOS, random_state

FIVE = Sampling(steps=5)
LAUNCHES, ROW = 0.05, 1e-4  # s of a step without a graph, and of one frame in one pass


class Machine:
    """A virtual clock that goes on with every step."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slower = 1.0

    def __call__(self) -> float:
        return self.now

    def step(self, rows: int, launches: float) -> None:
        self.now += self.slower * (launches + rows * ROW)


class Timed:
    """A transformer that takes the machine's time."""

    def __init__(self, transformer: Transformer, machine: Machine) -> None:
        self._transformer, self._machine = transformer, machine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transformer, name)

    def __call__(self, x: Tensor, passes: Any, *others: Any) -> Tensor:
        self._machine.step(len(passes.constants.projected) * x.shape[1], LAUNCHES)
        flow: Tensor = self._transformer(x, passes, *others)
        return flow


class TimedGraphs(Graphs):
    """Graphs whose replays take the machine's time, and no launches."""

    def __init__(self, transformer: Any, machine: Machine) -> None:
        super().__init__(transformer)
        self._machine = machine

    def flow(self, x: Tensor, passes: Any, *others: Any) -> Tensor:
        many = len(passes.constants.projected)
        if Bucket(x.shape[0], x.shape[1], many > len(x)) in self._flows:
            self._machine.step(many * x.shape[1], 0.0)
        return super().flow(x, passes, *others)


class Bench:
    """All that is measured."""

    def __init__(self, sampling: Sampling = FIVE, machine: Machine | None = None) -> None:
        self.machine = machine or Machine()
        model = Transformer(random_state(SMALL.shapes()), SMALL, Precision.of("fp32", "cpu"))
        timed: Any = Timed(model, self.machine)
        self.graphs = TimedGraphs(timed, self.machine)
        self.sampler = Sampler(timed, self.graphs)
        vocoder = Vocoder(random_state(SMALL_VOCOS.shapes()), SMALL_VOCOS)
        self.measuring = Measuring(self.sampler, vocoder, sampling, self.machine)

    def warm(self, *lengths: int, kinds: tuple[bool, ...] = (True,)) -> list[int]:
        for length in lengths:
            for kind in kinds:
                self.graphs.warm(Bucket(1, length, kind))
        return sorted({bucket.length for bucket in self.graphs.warmed})


def piece(frames: int, launches: float = 0.0) -> float:
    """Five guided steps."""
    return 5 * (2 * frames * ROW + launches)


def test_a_processor_is_known_from_two_lengths() -> None:
    bench = Bench()
    cost = bench.measuring.begin()
    assert cost.seconds(128) == pytest.approx(piece(128, LAUNCHES), rel=0.01)
    assert cost.seconds(320) == pytest.approx(piece(320, LAUNCHES), rel=0.01)
    assert cost.buckets == []


def test_a_graph_costs_its_length_and_what_has_none_its_launches_too() -> None:
    bench = Bench()
    cost = bench.measuring.begin(bench.warm(640))
    assert cost.seconds(300) == cost.seconds(640) == pytest.approx(piece(640), rel=0.01)
    assert cost.seconds(128) == pytest.approx(piece(128, LAUNCHES), rel=0.01)
    assert cost.seconds(1500) == pytest.approx(piece(1500, LAUNCHES), rel=0.05)


def test_a_gpu_is_waited_for_and_timed_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(replace(FIVE, guided_steps=4))
    waited: list[float] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waited.append(bench.machine.now))
    bench.measuring._gpu = True
    cost = bench.measuring.begin(bench.warm(640, kinds=(True, False)))
    assert cost.seconds(600) == pytest.approx(9 * 640 * ROW, rel=0.01)
    assert len(waited) > 20


def test_graphs_that_come_are_timed_and_those_that_go_are_not_counted_with() -> None:
    bench = Bench()
    cost = bench.measuring.begin(bench.warm(640))
    began = bench.machine.now
    bench.measuring.follow(cost, bench.warm(320))
    assert bench.machine.now - began < piece(320) + piece(640)  # two steps of each tell
    bench.measuring.follow(cost, bench.warm(1280))
    assert cost.buckets == [320, 640, 1280]
    for asked, taken in ((200, 320), (500, 640), (1000, 1280)):
        assert cost.seconds(asked) == pytest.approx(piece(taken), rel=0.01)
    bench.graphs.drop(Bucket(1, 320))
    bench.measuring.follow(cost, bench.warm())
    assert cost.seconds(200) == pytest.approx(piece(640), rel=0.01)


def test_what_is_timed_on_a_machine_that_grew_slow_is_not_counted_as_slow_twice() -> None:
    bench = Bench()
    cost = bench.measuring.begin(bench.warm(640))
    bench.machine.slower = 1.5
    cost.drift = 1.5  # as the pieces that were spoken since have told
    bench.measuring.follow(cost, bench.warm(320))
    for frames in (320, 640):
        assert cost.seconds(frames) == pytest.approx(1.5 * piece(frames), rel=0.01)


def test_what_pieces_take_beyond_what_was_timed_is_counted_for_new_graphs_too() -> None:
    bench = Bench()
    cost = bench.measuring.begin(bench.warm(640))
    cost.drift = 1.3  # and the machine is as quick as it was
    bench.measuring.follow(cost, bench.warm(320))
    assert cost.seconds(320) == pytest.approx(1.3 * piece(320), rel=0.01)


@pytest.mark.parametrize("guided", [1, 2, 4])
def test_steps_without_a_null_pass_cost_less(guided: int) -> None:
    bench = Bench(replace(FIVE, guided_steps=guided))
    cost = bench.measuring.begin(bench.warm(640, kinds=(True, False)))
    assert cost.seconds(600) == pytest.approx((5 + guided) * 640 * ROW, rel=0.01)


@pytest.mark.parametrize("sampling", [Sampling(steps=1), Sampling(steps=1, cfg_strength=0.0)])
def test_one_step_is_all_of_a_piece(sampling: Sampling) -> None:
    cost = Bench(sampling).measuring.begin()
    passes = 2 if sampling.guided else 1
    assert cost.seconds(320) == pytest.approx(LAUNCHES + passes * 320 * ROW, rel=0.01)


def test_another_transformer_s_graphs_are_timed_anew_and_what_was_known_stands_until_then() -> None:
    bench = Bench()
    cost = bench.measuring.begin(bench.warm(640))
    before = cost.seconds(600)
    other = Bench(machine=bench.machine)
    bench.measuring.restart(other.sampler)
    cost.pad_to(())
    assert cost.seconds(960) == pytest.approx(piece(960, LAUNCHES), rel=0.01)
    bench.measuring.follow(cost, other.warm(640))
    assert cost.seconds(600) == pytest.approx(before, rel=0.01)


def test_a_second_table_of_moments_is_not_read() -> None:
    bench = Bench(replace(FIVE, guided_steps=2))
    bench.measuring.begin()
    assert len(bench.sampler.transformer.modulations._tables) == 1
