"""Graphs are made ready in order; where they cannot be had, the engine goes without."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bot.engine.f5.graphs import Bucket, Graphs, in_order_of_use
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.warming import Warming, has_room, is_compiled
from tests.engine.f5.oracle_cases import SMALL, lively_state


@pytest.fixture
def warming(tmp_path: Path) -> Warming:
    return warming_of((True,), tmp_path)


def warming_of(kinds: tuple[bool, ...], cache: Path, *, compiled: bool = False) -> Warming:
    transformer = Transformer(lively_state(SMALL.shapes()), SMALL, Precision.of("fp32", "cpu"))
    return Warming(transformer, kinds=kinds, compiled=compiled, cache=cache)


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
    assert told == [0.0, 1.0]
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


def test_what_is_compiled_is_so_for_several_rows_before_anything_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.f5.compiling.compiled", lambda transformer: list(transformer.blocks))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.setenv("TRITON_CACHE_DIR", "")
    warming = warming_of((True, False), tmp_path, compiled=True)
    said: list[str] = []
    warming.begin(lambda share, sentence: said.append(sentence))
    assert set(said) == {"Compiling, minutes at the first start."}
    # Four rows first: two guided pairs.
    assert warming.graphs.warmed == [Bucket(1, 640, False), Bucket(1, 640), Bucket(2, 640)]
    assert warming.go_on()
    assert len(warming.graphs.warmed) == 4


def test_where_nothing_compiles_graphs_are_of_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("Failed to find C compiler")

    monkeypatch.setattr("bot.engine.f5.compiling.compiled", lambda transformer: [broken] * 9)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.setenv("TRITON_CACHE_DIR", "")
    warming = warming_of((True,), tmp_path, compiled=True)
    with caplog.at_level(logging.WARNING):
        warming.begin(lambda share, sentence: None)
    assert caplog.text.count("cannot be compiled here") == 1
    assert "C compiler" in caplog.text
    assert not warming.compiled
    assert warming.lengths == [640]
    assert warming.go_on()
    assert set(warming.graphs.warmed) == set(in_order_of_use(600)[:2])


@pytest.mark.parametrize(
    ("setting", "processors", "triton", "compiles"),
    [
        ("auto", 16, True, True),
        ("auto", 16, False, False),
        ("auto", 132, True, False),
        ("on", 132, True, True),
        ("off", 16, True, False),
    ],
)
def test_a_small_gpu_compiles_by_itself(
    setting: str, processors: int, triton: bool, compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = SimpleNamespace(multi_processor_count=processors)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr("bot.engine.f5.warming.find_spec", lambda name: object() if triton else None)
    assert is_compiled(setting, torch.device("cuda")) is compiles
    assert not is_compiled("auto", torch.device("cpu"))


@pytest.mark.parametrize(
    ("free", "integrated", "available", "room"),
    [
        (2 << 30, False, 0, True),
        (1 << 29, False, 0, False),
        (1 << 29, True, 4 << 30, True),
        (1, True, 1, False),
    ],
)
def test_the_last_of_the_memory_is_left_alone(
    free: int, integrated: bool, available: int, room: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = SimpleNamespace(is_integrated=integrated)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 8 << 30))
    monkeypatch.setattr("bot.engine.f5.warming._available", lambda: available)
    assert has_room(torch.device("cuda")) is room
    assert has_room(torch.device("cpu"))


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
