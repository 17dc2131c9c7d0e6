"""A model that overflows fp16 goes on in bf16 for good; graphs, their cost and their memory come and go."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bot.engine.f5.checkpoint import CheckpointError
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.loading import Model
from bot.engine.f5.overflows import Overflows
from bot.engine.f5.precision import Precision
from bot.engine.f5.running import Running
from bot.engine.f5.speaking import GarbledError
from bot.engine.f5.warming import Warming
from bot.engine.voices import Voice
from tests.engine.f5 import small_engine
from tests.engine.f5.random_weights import small_files
from tests.engine.f5.small_engine import spoken

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their feed-forward layers reach a million inside: more than fp16 holds, and nothing to the others."""
    folder = small_files(tmp_path_factory.mktemp("weights"))
    path = folder / "F5TTS_v1_Base.safetensors"
    state = load_file(path)
    for name, tensor in state.items():
        if ".ff.ff.0.0." in name:
            tensor.mul_(1e6)
        if name.endswith(".ff.ff.2.weight"):
            tensor.mul_(1e-6)
    save_file(state, path)
    return folder


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a GPU, without capture."""

    def static(self: Running, *, compiled: bool) -> Warming:
        kinds = self._sampling.kinds
        return Warming(self.model.transformer, kinds=kinds, compiled=compiled, cache=tmp_path)

    monkeypatch.setattr(Running, "_graphs", static)


def loaded(weights: Path, voice: Voice, **changed: object) -> F5Engine:
    return small_engine.loaded(weights, voice, **{"steps": 2, **changed})


@pytest.mark.usefixtures("any_precision", "graphs")
def test_what_overflows_again_and_again_goes_on_in_a_wider_format(
    weights: Path, voice: Voice, caplog: pytest.LogCaptureFixture
) -> None:
    engine = loaded(weights, voice, precision="fp16")
    running = engine._running
    narrow, warming = running.model.transformer, running.warming
    assert "remark" not in engine.facts()
    with caplog.at_level(logging.WARNING, "bot.engine.f5.running"):
        for word in WORDS[:6]:
            assert spoken(engine, voice, word).size
    assert engine.facts()["garbled"] == 3
    assert engine.facts()["precision"] == "bf16"
    assert engine.facts()["remark"] == "fp16 overflows with these weights: they run in bf16"
    assert caplog.text.count("overflows") == 1
    wide = running.model.transformer
    assert wide.precision.dtype is torch.bfloat16
    assert running._measuring._sampler.transformer is running.sampler.transformer is wide
    assert not {id(narrow), id(warming)} & {id(held) for held in vars(running).values()}
    # Its graphs are made while nobody speaks, and timed.
    assert engine.facts()["buckets"] == running.cost.buckets == []
    assert engine.idle()
    assert engine.facts()["buckets"] == ["1x640"]
    assert engine.idle()  # what has been made is timed in a turn of its own
    assert running.cost.buckets == [640]


@pytest.mark.usefixtures("any_precision")
def test_what_overflows_is_known_at_the_next_start(weights: Path, voice: Voice, tmp_path: Path) -> None:
    kept: dict[str, Any] = {"cache": f"{tmp_path}/hub", "precision": "auto"}
    first = loaded(weights, voice, **kept)
    for word in WORDS[:4]:
        spoken(first, voice, word)
    again = loaded(weights, voice, **kept)
    assert again.facts()["precision"] == first.facts()["precision"] == "bf16"
    assert again.facts()["remark"] == first.facts()["remark"]
    # Who names fp16 has it tried anew; other weights are another matter.
    assert loaded(weights, voice, **{**kept, "precision": "fp16"}).facts()["precision"] == "fp16"
    os.utime(weights / "F5TTS_v1_Base.safetensors")
    assert loaded(weights, voice, **kept).facts()["precision"] == "fp16"


@pytest.mark.usefixtures("any_precision")
def test_where_nothing_can_be_kept_it_is_found_out_anew(weights: Path, voice: Voice, tmp_path: Path) -> None:
    (tmp_path / "chat-aloud").write_text("a file, where a folder should be")
    engine = loaded(weights, voice, cache=f"{tmp_path}/hub", precision="auto")
    for word in WORDS[:4]:
        assert spoken(engine, voice, word).size
    assert engine.facts()["precision"] == "bf16"


@pytest.mark.usefixtures("any_precision")
def test_it_is_the_same_speech_as_from_the_start(weights: Path, voice: Voice) -> None:
    engine = loaded(weights, voice, precision="fp16")
    for word in WORDS[:3]:
        spoken(engine, voice, word)
    expected = spoken(loaded(weights, voice, precision="bf16"), voice, "four")
    np.testing.assert_array_equal(spoken(engine, voice, "four"), expected)


@pytest.mark.usefixtures("any_precision")
def test_what_is_garbled_now_and_then_changes_nothing(weights: Path, voice: Voice) -> None:
    engine = loaded(weights, voice, precision="bf16")
    running = engine._running
    running.model.transformer.precision = Precision("fp16", torch.device("cpu"))
    for mended in [True, True, *[False] * 9, True, True, *[False] * 8]:
        running.came(mended)
    spoken(engine, voice, "one")
    assert running.precision == "fp16"
    running.came(True)
    running.came(True)
    running.came(True)
    spoken(engine, voice, "two")
    assert running.precision == "bf16"


@pytest.mark.usefixtures("any_precision")
def test_what_is_wide_enough_already_stays(weights: Path, voice: Voice) -> None:
    engine = loaded(weights, voice, precision="bf16")
    for _ in range(10):
        engine._running.came(True)
    spoken(engine, voice, "one")
    assert (engine._running.precision, engine._running.remark) == ("bf16", "")


@pytest.mark.usefixtures("any_precision")
def test_what_fp32_garbles_too_is_no_matter_of_format(weights: Path, voice: Voice, tmp_path: Path) -> None:
    state = load_file(weights / "F5TTS_v1_Base.safetensors")
    state["ema_model.transformer.proj_out.bias"] *= 1e4
    save_file(state, tmp_path / "F5TTS_v1_Base.safetensors")
    engine = loaded(weights, voice, precision="fp16", model=str(tmp_path / "F5TTS_v1_Base.safetensors"))
    for word in WORDS[:5]:
        with pytest.raises(GarbledError):
            spoken(engine, voice, word)
    assert engine.facts()["precision"] == "fp16"


@pytest.mark.usefixtures("any_precision")
def test_a_file_that_is_gone_by_then_costs_nothing_but_the_change(
    weights: Path, voice: Voice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = loaded(weights, voice, precision="fp16")
    read_in: Callable[..., Any] = Model.read_in

    def gone(self: Model, name: str, *others: Any) -> Any:
        if name == "bf16":
            raise CheckpointError("it is gone")
        return read_in(self, name, *others)

    monkeypatch.setattr(Model, "read_in", gone)
    for word in WORDS[:4]:
        assert spoken(engine, voice, word).size
    assert caplog.text.count("goes on in fp16") == 1
    assert engine.facts()["precision"] == "fp16"
    monkeypatch.undo()


@pytest.mark.usefixtures("graphs")
@pytest.mark.parametrize("changed", [{}, {"guided_steps": 1}, {"cfg_strength": 0.0}])
def test_graphs_change_the_cost_and_not_the_speech(
    weights: Path, voice: Voice, changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = loaded(weights, voice, **changed)
    cost = engine._running.cost
    assert cost.buckets == [640]
    assert cost.seconds(400) == cost.seconds(640)
    while len(cost.buckets) < 3:
        assert engine.idle()
    assert cost.buckets == engine._running.warming.lengths  # type: ignore[union-attr]
    monkeypatch.setattr(Running, "_graphs", lambda self, compiled: None)
    expected = spoken(loaded(weights, voice, **changed), voice, "gg")
    np.testing.assert_allclose(spoken(engine, voice, "gg"), expected, atol=1e-4)


@pytest.mark.usefixtures("graphs")
def test_graphs_that_made_room_are_not_counted_with(weights: Path, voice: Voice) -> None:
    engine = loaded(weights, voice)
    running = engine._running
    sample: Callable[..., Any] = running.sampler.sample
    calls = 0

    def full(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        assert running.cost.buckets == []
        return sample(*arguments)

    running.sampler.sample = full  # type: ignore[method-assign, assignment]
    assert spoken(engine, voice, "gg").size
    running.sampler.sample = sample  # type: ignore[method-assign]
    while engine.idle():
        pass
    assert running.cost.buckets == [640]


class Dog:
    """Notes what is watched, as a `Watchdog` is told."""

    def __init__(self) -> None:
        self.on: str | None = None
        self.closed = False

    @contextmanager
    def watching(self, *, loading: bool = False) -> Generator[None]:
        assert self.on is None, "one within another"
        self.on = "loading" if loading else "speaking"
        try:
            yield
        finally:
            self.on = None

    @contextmanager
    def paused(self) -> Generator[None]:
        before, self.on = self.on, None
        try:
            yield
        finally:
            self.on = before

    def close(self) -> None:
        self.closed = True


@pytest.mark.usefixtures("any_precision")
def test_a_disk_that_is_slow_to_take_a_note_is_no_gpu_that_hangs(
    weights: Path, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    dog, found = Dog(), []
    engine = loaded(weights, voice, precision="fp16")
    monkeypatch.setattr(engine, "_watchdog", dog)
    monkeypatch.setattr(engine._running, "_watchdog", dog)
    monkeypatch.setattr(Overflows, "add", lambda self, path: found.append(dog.on))
    for word in WORDS[:4]:
        spoken(engine, voice, word)
    assert found == [None]


@pytest.mark.usefixtures("graphs")
@pytest.mark.parametrize("compiled", ["off", "on"])
def test_the_gpu_is_watched_while_it_loads_and_the_disk_and_the_compiler_are_not(
    weights: Path, voice: Voice, compiled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dog, found = Dog(), []

    def noting(place: str, method: str) -> None:
        module, _, name = place.rpartition(".")
        owner = getattr(importlib.import_module(module), name)
        plain = getattr(owner, method)

        def noted(*arguments: Any, **named: Any) -> Any:
            found.append((f"{name}.{method}", dog.on))
            return plain(*arguments, **named)

        monkeypatch.setattr(owner, method, noted)

    noting("bot.engine.f5.checkpoint.Checkpoint", "__getitem__")
    noting("bot.engine.f5.attention.Block", "__init__")
    noting("bot.engine.f5.warming.Warming", "begin")
    noting("bot.engine.f5.measuring.Measuring", "begin")
    monkeypatch.setattr("bot.engine.f5.compiling.compiled", lambda transformer: list(transformer.blocks))
    monkeypatch.setattr("bot.engine.f5.engine.Watchdog", lambda clock: dog)
    monkeypatch.setattr("bot.engine.f5.loading.device_of", lambda name: torch.device("cpu"))
    plain: Any = Running.__init__
    monkeypatch.setattr(Running, "__init__", lambda self, *given: plain(self, *given[:4], dog))
    loaded(weights, voice, device="auto", compile=compiled)
    assert set(found) == {
        ("Checkpoint.__getitem__", None),
        ("Block.__init__", "loading"),
        ("Warming.begin", None if compiled == "on" else "loading"),
        ("Measuring.begin", "loading"),
    }
    assert dog.on is None
    assert dog.closed  # there is no GPU to look on at
