"""Graphs are made ready in order; where they cannot be had, the engine goes without."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from bot.engine.f5.graphs import Bucket, Graphs
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.warming import Warming
from tests.engine.f5.oracle_cases import SMALL, lively_state


@pytest.fixture
def warming(tmp_path: Path) -> Warming:
    return warming_of((True,), tmp_path)


def warming_of(kinds: tuple[bool, ...], cache: Path) -> Warming:
    transformer = Transformer(lively_state(SMALL.shapes()), SMALL, Precision.of("fp32", "cpu"))
    return Warming(transformer, kinds=kinds, compiled=False, cache=cache)


class Failing:
    """`Graphs.warm` that fails from the second bucket on."""

    def __init__(self, graphs: Graphs, fault: Exception) -> None:
        self.asked: list[Bucket] = []
        self._warm, self._fault = graphs.warm, fault

    def __call__(self, bucket: Bucket) -> float:
        self.asked.append(bucket)
        if len(self.asked) > 1:
            raise self._fault
        return self._warm(bucket)


def test_the_most_used_comes_first_and_the_rest_while_nobody_speaks(warming: Warming) -> None:
    told: list[float] = []
    warming.begin(lambda share, sentence: told.append(share))
    assert told == [1.0]
    assert warming.ready == ["1x640"]
    assert warming.go_on()
    assert len(warming.ready) == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "memory is full"),
        (RuntimeError("CUDA error: out of memory"), "memory is full"),
        (RuntimeError("operation not permitted when stream is capturing"), "without a graph of"),
    ],
)
def test_what_cannot_be_had_is_gone_without(
    warming: Warming, fault: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(warming.graphs, fault)
    warming.graphs.warm = failing  # type: ignore[method-assign]
    warming.begin(lambda share, sentence: None)
    with caplog.at_level(logging.WARNING):
        assert not warming.go_on()
    assert said in caplog.text
    assert not warming.go_on()
    assert len(failing.asked) == 2
    assert warming.ready == ["1x640"]


def test_all_graphs_memory_is_given_back_and_the_first_made_again(warming: Warming) -> None:
    warming.begin(lambda share, sentence: None)
    warming.go_on()
    assert warming.graphs._room
    warming.free()
    assert warming.ready == []
    assert warming.graphs._room is None
    assert not warming.go_on()
    assert warming.ready == ["1x640"]


def test_steps_with_a_null_pass_and_without_have_graphs_side_by_side(tmp_path: Path) -> None:
    warming = warming_of((True, False), tmp_path)
    assert warming.lengths == []
    warming.begin(lambda share, sentence: None)
    assert warming.ready == ["1x640 unguided", "1x640"]
    assert warming.lengths == [640]
    warming.go_on()
    assert warming.lengths == [640]  # the other kind of the next length is still to come
    warming.go_on()
    assert len(warming.lengths) == 2
    warming.free()
    assert warming.lengths == []
    while warming.go_on():
        pass
    assert warming.lengths == [640]


def test_what_is_begun_later_has_its_first_graphs_while_nobody_speaks(warming: Warming) -> None:
    """As after a change of precision."""
    assert warming.go_on()
    assert warming.ready == ["1x640"]
