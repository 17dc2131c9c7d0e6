"""Seconds by frames, fitted to what was measured."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.graphs import Bucket, Graphs, lengths

LENGTHS = (200, 300, 400, 600, 800, 1200)


def measured(a: float, b: float, c: float, noise: float = 0.0, batch: int = 1) -> list[Measurement]:
    chance = random.Random(1)
    return [
        Measurement(n, (a + b * n + c * n * n) * (1 + chance.uniform(-noise, noise)), batch)
        for n in LENGTHS * 2
    ]


@pytest.mark.parametrize(
    "true",
    [(0.02, 0, 0), (0, 0.02, 0), (0.0, 0.0, 1e-5), (0.01, 1e-4, 0), (1.0, 0.015, 1e-5), (0.03, 0, 1e-8)],
)
def test_the_fit_finds_what_was_there(true: tuple[float, float, float]) -> None:
    model = CostModel.fit(measured(*true))
    assert model.coefficients[1] == pytest.approx(true, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("true", [(0.02, 1e-5, 0), (1.0, 0.015, 1e-5)])
def test_bad_measurements_among_twelve_change_little(true: tuple[float, float, float]) -> None:
    many = measured(*true, noise=0.02)
    for at, factor in ((3, 10), (6, 2), (10, 1.6)):
        many[at] = Measurement(many[at].frames, many[at].seconds * factor)
    model = CostModel.fit(many)
    for one in measured(*true):
        assert model.seconds(one.frames) == pytest.approx(one.seconds, rel=0.06)


@given(st.lists(st.tuples(st.integers(1, 4000), st.floats(1e-4, 100)), min_size=1, max_size=8))
def test_any_measurements_give_a_cost_that_never_falls(pairs: list[tuple[int, float]]) -> None:
    model = CostModel.fit([Measurement(frames, seconds) for frames, seconds in pairs])
    assert all(each >= 0 for each in model.coefficients[1])
    costs = [model.seconds(frames) for frames in range(1, 3000, 300)]
    assert costs == sorted(costs)
    assert costs[-1] > 0


def test_one_measurement_is_enough_for_a_guess() -> None:
    assert CostModel.fit([Measurement(400, 2.0)]).seconds(400) == pytest.approx(2.0)


def test_none_is_not() -> None:
    with pytest.raises(ValueError, match="one batch size"):
        CostModel.fit([])


def test_a_bucket_costs_as_much_as_its_length() -> None:
    model = CostModel({1: (0.0, 0.001, 0.0)}, buckets=(512, 256))
    assert [model.seconds(n) for n in (100, 256, 257, 512, 600)] == pytest.approx(
        [0.256, 0.256, 0.512, 0.512, 0.6]
    )


def test_batches() -> None:
    model = CostModel.fit([*measured(0.02, 0, 0), *measured(0.05, 0, 0, batch=4)])
    assert [model.seconds(300, batch) for batch in (1, 2, 4, 8)] == pytest.approx([0.02, 0.04, 0.05, 0.1])
    assert CostModel({4: (0.05, 0, 0)}).seconds(300, 1) == pytest.approx(0.05)


def test_the_drift_follows_a_machine_that_grows_hot() -> None:
    model = CostModel({1: (0.1, 0.0, 0.0)})
    for _ in range(30):
        model.observe(Measurement(300, 0.15))
    assert model.seconds(300) == pytest.approx(0.15, rel=0.01)


def test_one_hiccup_moves_it_little() -> None:
    model = CostModel({1: (0.1, 0.0, 0.0)})
    model.observe(Measurement(300, 60.0))
    assert model.seconds(300) < 0.12
    model.observe(Measurement(300, 0.0))
    assert model.seconds(300) < 0.12


def test_what_no_bucket_takes_costs_what_it_costs_without_a_graph() -> None:
    model = CostModel({1: (0.0, 0.001, 0.0)}, buckets=(640, 1280), plain=(0.5, 0.0, 0.001))
    assert model.seconds(500) == pytest.approx(0.64)
    assert model.seconds(700) == pytest.approx(1.28)
    assert model.seconds(100) == pytest.approx(0.5 + 10)  # to pad it to 640 is more than twice the work
    assert model.seconds(2000) == pytest.approx(0.5 + 4000)
    assert model.seconds(2000, batch=2) == pytest.approx(2 * (0.5 + 4000))
    model.pad_to(())
    assert model.seconds(500) == pytest.approx(0.5 + 250)


@given(st.integers(1, 3000), st.sets(st.sampled_from(lengths(2048))))
def test_it_foretells_the_length_that_is_run(frames: int, warmed: set[int]) -> None:
    graphs = Graphs.__new__(Graphs)
    graphs._flows = dict.fromkeys(Bucket(1, length) for length in warmed)  # type: ignore[assignment]
    model = CostModel({1: (0.0, 1.0, 0.0)}, buckets=list(warmed), plain=(1e6, 1.0, 0.0))
    run = graphs.fit(1, frames, True)[1]
    assert model.seconds(frames) in (run, 1e6 + frames)
    assert (model.seconds(frames) < 1e6) == (run in warmed)


def test_what_is_measured_later_changes_the_coefficients_and_not_the_drift() -> None:
    plain = [Measurement(128, 0.3, plain=True), Measurement(960, 0.9, plain=True)]
    model = CostModel.fit([*plain, Measurement(640, 0.2)], buckets=(640,))
    for _ in range(50):
        model.observe(Measurement(600, 0.3))
    drift = model.drift
    assert drift == pytest.approx(1.5, rel=0.01)
    model.refit([*plain, *(Measurement(frames, 0.1 + frames / 6400) for frames in (640, 320, 1280))])
    model.pad_to((320, 640, 1280))
    assert model.drift == drift
    assert model.seconds(300) == pytest.approx(0.15 * drift, rel=0.01)
    assert model.seconds(1100) == pytest.approx(0.3 * drift, rel=0.01)
    assert model.seconds(3000) > 0.9 * drift
    with pytest.raises(ValueError, match="one measurement"):
        model.refit([])


def test_where_all_is_without_graphs_that_is_the_ordinary_cost() -> None:
    model = CostModel.fit([Measurement(128, 0.3, plain=True), Measurement(960, 0.9, plain=True)])
    assert model.plain is None
    assert model.seconds(960) == pytest.approx(0.9)
