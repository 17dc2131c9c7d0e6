"""Fixed shapes: which bucket takes what, and that a bucket's numbers are those of the plain run."""

from __future__ import annotations

import os
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.f5.compiling import compiled, keep_compiled, tune_small_devices
from bot.engine.f5.graphs import Bucket, Graphs, in_order_of_use, lengths
from bot.engine.f5.model import LONGEST, Passes, Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Job, Sampler, Sampling, drained
from tests.engine.f5.oracle_cases import SMALL, Case, lively_state

FIVE = Sampling(steps=5)
CUDA = torch.cuda.is_available()
NO_GPU = "there is no CUDA device here: graphs are neither captured nor replayed"


def transformer(precision: str = "fp32", device: str = "cpu") -> Transformer:
    return Transformer(lively_state(SMALL.shapes()), SMALL, Precision.of(precision, device))


def job(reference: int, frames: int, tokens: int, seed: int = 3) -> Job:
    mel, ids = Case("v1", reference=reference, tokens=tokens, seed=seed).inputs(SMALL)
    return Job(mel, ids, frames, seed)


JOBS = [job(40, 101, 30), job(25, 64, 11, seed=4), job(60, 150, 50, seed=5)]


def same(ours: list[Tensor], theirs: list[Tensor], error: float = 1e-5) -> bool:
    return all(
        float((a.cpu() - b.cpu()).norm() / b.cpu().norm()) < error for a, b in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("sampling", [FIVE, replace(FIVE, cfg_strength=0.0), replace(FIVE, guided_steps=2)])
def test_a_bucket_s_numbers_are_the_plain_run_s(sampling: Sampling) -> None:
    model = transformer()
    graphs = Graphs(model)
    for bucket in (
        Bucket(1, 128),
        Bucket(4, 192),
        Bucket(1, 128, guided=False),
        Bucket(4, 192, guided=False),
    ):
        assert graphs.warm(bucket) > 0
    plain, static = Sampler(model), Sampler(model, graphs)
    for jobs in (JOBS[:1], JOBS[1:2], JOBS):
        assert same(drained(static.sample(jobs, sampling)), drained(plain.sample(jobs, sampling)))


@pytest.mark.parametrize("there", [True, False])
def test_a_length_that_has_one_kind_of_graph_alone_gives_the_same_numbers(there: bool) -> None:
    model = transformer()
    graphs = Graphs(model)
    for shape in ((1, 128), (4, 192)):
        graphs.warm(Bucket(*shape, guided=there))
    sampling = replace(FIVE, guided_steps=2)
    for jobs in (JOBS[:1], JOBS):
        wanted = drained(Sampler(model).sample(jobs, sampling))
        assert same(drained(Sampler(model, graphs).sample(jobs, sampling)), wanted)


def test_a_bucket_holds_nothing_of_a_sampling_that_is_over() -> None:
    model = transformer()
    graphs = Graphs(model)
    graphs.warm(Bucket(1, 128))
    held: list[weakref.ref[Passes]] = []
    prepare = model.prepare

    def noted(*arguments: Any) -> Passes:
        passes = prepare(*arguments)
        held.append(weakref.ref(passes))
        return passes

    model.prepare = noted  # type: ignore[method-assign, assignment]
    drained(Sampler(model, graphs).sample(JOBS[:1], FIVE))
    assert [passes() for passes in held] == [None]


def test_samplings_that_take_turns_in_a_bucket_do_not_mix() -> None:
    model = transformer()
    graphs = Graphs(model)
    graphs.warm(Bucket(1, 128))
    wanted = [drained(Sampler(model).sample([one], FIVE))[0] for one in JOBS[:2]]
    under_way = [Sampler(model, graphs).sample([one], FIVE) for one in JOBS[:2]]
    for _ in range(5):
        for sampling in under_way:
            next(sampling)
    assert same([drained(sampling)[0] for sampling in under_way], wanted)


@pytest.mark.parametrize("frames", [0, 2 * 4 * 192])
def test_samplings_that_take_turns_in_several_buckets_do_not_mix(frames: int) -> None:
    """Whether they share their inputs or not."""
    model = transformer()
    graphs = Graphs(model, frames=frames)
    for bucket in (Bucket(1, 128), Bucket(1, 128, guided=False), Bucket(1, 192), Bucket(4, 192)):
        graphs.warm(bucket)
    assert (len({id(flow._room) for flow in graphs._flows.values()}) == 1) == bool(frames)
    sampling = replace(FIVE, guided_steps=3)
    batches = [JOBS[:1], JOBS[1:2], JOBS[2:], JOBS]
    wanted = [drained(Sampler(model).sample(jobs, sampling)) for jobs in batches]
    under_way = [Sampler(model, graphs).sample(jobs, sampling) for jobs in batches]
    for _ in range(5):
        for one in under_way:
            next(one)
    for one, mels in zip(under_way, wanted, strict=True):
        assert same(drained(one), mels)


def test_the_smallest_bucket_that_fits_is_taken_if_it_is_worth_it() -> None:
    graphs = Graphs(transformer())
    assert graphs.fit(1, 100, True) == (1, 100)
    for bucket in (Bucket(1, 128), Bucket(1, 192), Bucket(2, 192), Bucket(1, 1024)):
        graphs.warm(bucket)
    assert graphs.warmed == [Bucket(1, 128), Bucket(1, 192), Bucket(1, 1024), Bucket(2, 192)]
    assert graphs.fit(1, 100, True) == (1, 128)
    assert graphs.fit(1, 129, True) == (1, 192)
    assert graphs.fit(2, 100, True) == (2, 192)
    assert graphs.fit(1, 200, True) == (1, 200)
    assert graphs.fit(1, 600, True) == (1, 1024)
    assert graphs.fit(3, 100, True) == (3, 100)
    assert graphs.fit(1, 100, False) == (1, 100)
    graphs.drop(Bucket(1, 128))
    assert graphs.fit(1, 100, True) == (1, 192)


def test_buckets_come_in_the_order_of_their_use() -> None:
    order = in_order_of_use(469, longest=1024, batches=(1, 2))
    assert order[0] == Bucket(1, 512)
    assert order[1] == Bucket(1, 448)
    assert len(order) == len(set(order))
    assert {bucket.length for bucket in order if bucket.batch == 1} == set(lengths(1024))
    assert all(234 <= bucket.length <= 938 for bucket in order if bucket.batch == 2)
    assert [bucket.batch for bucket in order] == sorted(bucket.batch for bucket in order)


@pytest.mark.parametrize("longest", [1, 128, 700, 2000, LONGEST])
def test_lengths_reach_the_longest(longest: int) -> None:
    found = lengths(longest)
    assert found == sorted(set(found))
    assert longest <= found[-1] <= LONGEST
    assert all(length % 16 == 0 for length in found)


def test_what_is_compiled_is_kept_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/elsewhere")
    monkeypatch.setenv("TRITON_CACHE_DIR", "")
    monkeypatch.delenv("TRITON_CACHE_DIR")
    keep_compiled(tmp_path)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/elsewhere"
    assert os.environ["TRITON_CACHE_DIR"] == str(tmp_path / "triton")


def test_small_devices_are_tuned(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch._inductor.utils

    monkeypatch.setattr(torch._inductor.utils, "is_big_gpu", lambda *_: False)
    tune_small_devices()
    assert torch._inductor.utils.is_big_gpu(torch.device("cpu"))


@pytest.mark.gpu
@pytest.mark.skipif(not CUDA, reason=NO_GPU)
@pytest.mark.parametrize(
    ("precision", "error"), [("fp32", 1e-3), ("fp16", 2e-2), ("bf16", 4e-2), ("int8", 8e-2)]
)
@pytest.mark.parametrize("compile_blocks", [False, True])
def test_a_captured_graph_is_the_plain_run_on_a_cpu(
    precision: str, error: float, compile_blocks: bool
) -> None:
    exact = Sampler(transformer())
    model = transformer(precision, "cuda")
    graphs = Graphs(model, compiled(model, mode="default") if compile_blocks else None)
    for bucket in (Bucket(1, 128), Bucket(4, 192)):
        graphs.warm(bucket)
    for jobs in (JOBS[:1], JOBS, JOBS[1:2]):
        wanted = drained(exact.sample(jobs, FIVE))
        assert same(drained(Sampler(model, graphs).sample(jobs, FIVE)), wanted, error)
        assert same(drained(Sampler(model).sample(jobs, FIVE)), wanted, error)
