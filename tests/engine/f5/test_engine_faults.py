"""What goes wrong at a piece: no numbers, silence, a full memory, a GPU that fails for good."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from bot.engine.f5.engine import F5Engine
from bot.engine.f5.model import Transformer
from bot.engine.f5.sampler import Job, Sampling
from bot.engine.f5.speaking import GarbledError, TooLongError
from bot.engine.f5.watchdog import EXIT, Watchdog
from bot.engine.voices import Voice
from tests.engine.f5.small_engine import loaded, spoken


class Broken:
    """Gives no numbers, as half precision does when it overflows."""

    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer

    def __getattr__(self, name: str) -> object:
        return getattr(self._transformer, name)

    def __call__(self, *arguments: object) -> torch.Tensor:
        flow: torch.Tensor = self._transformer(*arguments)
        return flow * torch.nan


@pytest.mark.usefixtures("any_precision")
def test_what_comes_out_garbled_is_made_again_in_full_precision(
    weights: Path, voice: Voice, engine: F5Engine
) -> None:
    expected = spoken(engine, voice, "gg")
    broken = loaded(weights, voice, precision="bf16")
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    np.testing.assert_allclose(spoken(broken, voice, "gg"), expected, atol=1e-5)
    assert broken.facts()["garbled"] == 1
    assert broken._running._exact is None  # its memory is given back


def test_in_full_precision_the_same_is_not_tried_again(weights: Path, voice: Voice) -> None:
    broken = loaded(weights, voice)
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    seeds: list[int] = []
    sample = broken._running.sampler.sample

    def noted(jobs: Sequence[Job], sampling: Sampling) -> Generator[None, None, list[torch.Tensor]]:
        seeds.extend(job.seed for job in jobs)
        return sample(jobs, sampling)

    broken._running.sampler.sample = noted  # type: ignore[method-assign, assignment]
    with pytest.raises(GarbledError):
        spoken(broken, voice, "gg")
    assert len(set(seeds)) == 2
    assert broken._running._exact is None


def test_what_is_garbled_twice_is_a_failure_that_is_told(weights: Path, voice: Voice) -> None:
    broken = loaded(weights, voice)
    broken._running.sampler.transformer = Broken(broken._running.model.transformer)  # type: ignore[assignment]
    with pytest.raises(Exception, match="no sound"):
        spoken(broken, voice, "gg")
    assert broken.facts()["failures"] == 1


def test_silence_for_a_text_that_says_something_is_a_failure_that_is_told(
    engine: F5Engine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = engine._running.model.vocoder.decode
    monkeypatch.setattr(engine._running.model.vocoder, "decode", lambda mel: decode(mel) * 0)
    with pytest.raises(GarbledError, match="no sound"):
        spoken(engine, voice, "gg")
    assert engine.facts()["failures"] == 1
    assert not engine._finished


def test_a_full_memory_costs_a_batch_its_batching_and_nothing_else(
    engine: F5Engine, voice: Voice, weights: Path
) -> None:
    expected = spoken(loaded(weights, voice), voice, "gg")
    sample: Callable[..., object] = engine._running.sampler.sample
    calls = 0

    def full(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return sample(*arguments, **named)

    engine._running.sampler.sample = full  # type: ignore[method-assign, assignment]
    np.testing.assert_allclose(spoken(engine, voice, "gg"), expected, atol=1e-5)
    assert engine.facts()["out_of_memory"] == 1


class Warmed:
    """As `Warming` on a GPU, whose graphs fill it."""

    ready: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    freed = 0

    def go_on(self) -> bool:
        return False

    def free(self) -> None:
        self.freed += 1


def test_a_full_memory_is_known_in_all_its_words_and_graphs_make_room(engine: F5Engine, voice: Voice) -> None:
    warming = engine._running.warming = Warmed()  # type: ignore[assignment]
    sample: Callable[..., object] = engine._running.sampler.sample

    def full(*arguments: object, **named: object) -> object:
        if not warming.freed:
            raise RuntimeError("CUDA error: out of memory")
        return sample(*arguments, **named)

    engine._running.sampler.sample = full  # type: ignore[method-assign, assignment]
    assert spoken(engine, voice, "gg").size
    assert warming.freed == 1
    assert engine.facts()["out_of_memory"] == 1


def test_where_sound_has_no_room_the_next_text_has(
    engine: F5Engine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graphs hold what they need: it is the vocoder that another program takes the memory from."""
    warming = engine._running.warming = Warmed()  # type: ignore[assignment]
    decode = engine._running.model.vocoder.decode

    def full(mel: torch.Tensor) -> torch.Tensor:
        if not warming.freed:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(mel)

    monkeypatch.setattr(engine._running.model.vocoder, "decode", full)
    with pytest.raises(torch.OutOfMemoryError):
        spoken(engine, voice, "gg")
    assert spoken(engine, voice, "gg").size
    assert warming.freed == 1
    assert engine.facts()["out_of_memory"] == 1


def test_a_fault_of_another_kind_is_not_tried_again_where_memory_is_full_too(engine: F5Engine) -> None:
    calls = 0

    def fail(*arguments: object) -> Generator[None, None, list[torch.Tensor]]:
        nonlocal calls
        calls += 1
        yield
        raise ValueError("shapes do not match")

    running = engine._running
    running.sampler.sample = fail  # type: ignore[method-assign, assignment]
    sampling = running.sample([])
    next(sampling)
    running.failed(torch.OutOfMemoryError("CUDA out of memory"))  # of another request's vocoder
    with pytest.raises(ValueError, match="shapes"):
        next(sampling)
    assert calls == 1


def test_a_fault_that_ends_a_batch_is_counted_once(engine: F5Engine, voice: Voice) -> None:
    engine._maker._most = 8  # as on a GPU
    fault = torch.OutOfMemoryError("CUDA out of memory")

    def full(*arguments: object) -> object:
        raise fault

    engine._running.sampler.sample = full  # type: ignore[method-assign, assignment]
    requests = [engine.synthesize(text, voice, 1.0) for text in ("gg", "hello", "好")]
    for request in requests:
        assert not next(request).size  # all of them order before the batch is made up
    for request in requests:
        with pytest.raises(torch.OutOfMemoryError):
            list(request)
    assert engine.facts()["failures"] == 3
    assert engine.facts()["out_of_memory"] == 1


@pytest.mark.parametrize(("lost", "bitten"), [(True, 1), (False, 0)])
def test_a_gpu_that_has_failed_for_good_costs_the_process(
    lost: bool, bitten: int, engine: F5Engine, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    bites: list[int] = []
    engine._watchdog = Watchdog(time.monotonic, bite=bites.append)
    monkeypatch.setattr("bot.engine.f5.engine.is_lost", lambda device: lost)

    def fail(*arguments: object, **named: object) -> object:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    engine._running.sampler.sample = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError, match="illegal"):
        spoken(engine, voice, "gg")
    engine._watchdog.close()
    assert bites == [EXIT] * bitten


def test_a_text_that_cannot_be_cut_is_refused_at_once(engine: F5Engine, voice: Voice) -> None:
    blocks = engine.synthesize("a" + "!" * 4095, voice, 1.0)
    with pytest.raises(TooLongError, match="cannot be cut"):
        next(blocks)
