"""Sampling: batches, padding, cancelling, approximations, and what a job may ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.f5.grid import grid
from bot.engine.f5.model import LONGEST, Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Job, Sampler, Sampling, drained, least_frames, noise
from tests.engine.f5.oracle_cases import KINDS, SMALL, Case, lively_state

FIVE = Sampling(steps=5)
CPU = torch.device("cpu")


def transformer(kind: str = "v1", precision: str = "fp32") -> Transformer:
    architecture = KINDS[kind]
    return Transformer(lively_state(architecture.shapes()), architecture, Precision(precision, CPU))


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler(transformer())


def job(reference: int, frames: int, tokens: int, seed: int = 3) -> Job:
    mel, ids = Case("v1", reference=reference, tokens=tokens, seed=seed).inputs(SMALL)
    return Job(mel, ids, frames, seed)


JOBS = [job(40, 101, 30), job(25, 64, 11, seed=4), job(60, 150, 50, seed=5)]


def relative(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    return float((ours - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cfg_strength", [0.0, 2.0])
def test_a_batch_of_unequal_jobs_equals_single_runs(kind: str, cfg_strength: float) -> None:
    sampler, sampling = Sampler(transformer(kind)), replace(FIVE, cfg_strength=cfg_strength)
    together = drained(sampler.sample(JOBS, sampling))
    for one, mel in zip(JOBS, together, strict=True):
        assert mel.shape == (one.spoken, 100)
        assert relative(mel, drained(sampler.sample([one], sampling))[0]) < 1e-5


def test_padding_to_a_length_changes_no_number(sampler: Sampler) -> None:
    plain = drained(sampler.sample(JOBS[:1], FIVE))[0]
    for length in (102, 128, 500):
        assert relative(drained(sampler.sample(JOBS[:1], FIVE, length))[0], plain) < 1e-5


def test_a_step_at_a_time_and_closed_between_two(sampler: Sampler) -> None:
    steps = 0
    sampling = sampler.sample(JOBS[:1], FIVE)
    for _ in sampling:
        steps += 1
    assert steps == 5
    halfway = sampler.sample(JOBS[:1], FIVE)
    next(halfway)
    halfway.close()
    with pytest.raises(StopIteration):
        next(halfway)


def test_samplings_under_way_at_once_do_not_mix(sampler: Sampler) -> None:
    wanted = [drained(sampler.sample([one], FIVE))[0] for one in JOBS[:2]]
    under_way = [sampler.sample([one], FIVE) for one in JOBS[:2]]
    for _ in range(5):
        for sampling in under_way:
            next(sampling)
    for sampling, mel in zip(under_way, wanted, strict=True):
        assert torch.equal(drained(sampling)[0], mel)


def test_a_seed_is_f5_tts_s_and_the_result_its_own(sampler: Sampler) -> None:
    torch.manual_seed(3)
    assert torch.equal(noise(JOBS[:1], 120, 100)[0, :101], torch.randn(101, 100))
    again, other = (
        drained(sampler.sample([replace(JOBS[0], seed=seed)], FIVE))[0] for seed in (JOBS[0].seed, 99)
    )
    assert torch.equal(again, drained(sampler.sample(JOBS[:1], FIVE))[0])
    assert relative(again, other) > 0.1


def test_guidance_on_no_step_is_none_and_on_all_steps_is_guidance(sampler: Sampler) -> None:
    none = drained(sampler.sample(JOBS, replace(FIVE, cfg_strength=0.0)))
    every = drained(sampler.sample(JOBS, FIVE))
    for guided_steps, wanted in ((0, none), (5, every), (9, every)):
        for ours, theirs in zip(
            drained(sampler.sample(JOBS, replace(FIVE, guided_steps=guided_steps))), wanted, strict=True
        ):
            assert relative(ours, theirs) < 1e-5
    some = drained(sampler.sample(JOBS, replace(FIVE, guided_steps=2)))
    assert relative(some[0], every[0]) > 1e-3
    assert relative(some[0], none[0]) > 1e-3


@pytest.mark.parametrize(
    ("changed", "guided", "kinds"),
    [
        ({}, 5, (True,)),
        ({"guided_steps": 9}, 5, (True,)),
        ({"guided_steps": 2}, 2, (True, False)),
        ({"guided_steps": 0}, 0, (False,)),
        ({"cfg_strength": 0.0}, 0, (False,)),
        ({"cfg_strength": 1e-6, "guided_steps": 2}, 0, (False,)),
        ({"pinned": True}, 5, ()),
    ],
)
def test_which_steps_are_guided(changed: dict[str, Any], guided: int, kinds: tuple[bool, ...]) -> None:
    sampling = replace(FIVE, **changed)
    assert (sampling.guided, sampling.kinds) == (guided, kinds)


@pytest.mark.parametrize("cfg_strength", [0.0, 2.0])
def test_pinned_batches_equal_pinned_single_runs(sampler: Sampler, cfg_strength: float) -> None:
    sampling = replace(FIVE, pinned=True, cfg_strength=cfg_strength)
    for one, mel in zip(JOBS, drained(sampler.sample(JOBS, sampling)), strict=True):
        single = drained(sampler.sample([one], sampling))[0]
        assert relative(mel, single) < 1e-5
        # It is an approximation, and of the right thing.
        assert 1e-3 < relative(mel, drained(sampler.sample([one], replace(sampling, pinned=False)))[0]) < 1


def test_a_reference_that_is_nearly_nothing_pins_nothing() -> None:
    sampler, short = Sampler(transformer()), job(1, 90, 20)
    exact, pinned = (
        drained(sampler.sample([short], Sampling(32, 0.0, pinned=pinned)))[0] for pinned in (False, True)
    )
    assert relative(pinned, exact) < 0.05


@pytest.mark.parametrize(("frames", "fits"), [(41, True), (40, False), (LONGEST, True), (LONGEST + 1, False)])
def test_a_job_has_room_for_its_text_and_no_more_than_the_model_takes(frames: int, fits: bool) -> None:
    assert least_frames(40, 30) == 41
    assert least_frames(40, 60) == 61
    mel, ids = Case("v1").inputs(SMALL)
    if fits:
        assert Job(mel, ids, frames, 0).spoken == frames - 40
    else:
        with pytest.raises(ValueError, match=f"{frames} frames: between 41 and 4096"):
            Job(mel, ids, frames, 0)


@pytest.mark.parametrize(("precision", "error"), [("bf16", 0.02), ("int8", 0.06)])
@pytest.mark.parametrize("kind", ["v1", "base"])
def test_fewer_bits_speak_the_same(precision: str, error: float, kind: str) -> None:
    exact = drained(Sampler(transformer(kind)).sample(JOBS[:1], FIVE))[0]
    rough = drained(Sampler(transformer(kind, precision)).sample(JOBS[:1], FIVE))[0]
    assert 1e-5 < relative(rough, exact) < error


def test_tables_are_asked_for_once_a_grid() -> None:
    state, asked = lively_state(SMALL.shapes()), 0

    def source() -> dict[str, Tensor]:
        nonlocal asked
        asked += 1
        return state

    held = {
        name: tensor for name, tensor in state.items() if "norm.linear" not in name and "time" not in name
    }
    sampler = Sampler(Transformer(held, SMALL, Precision("fp32", CPU), source))
    for steps in (5, 5, 6, 5):
        drained(sampler.sample(JOBS[:1], Sampling(steps)))
    assert asked == 2
    weights = sum(buffer.numel() for buffer in sampler.transformer.buffers())
    assert weights < 0.8 * SMALL.parameters + sampler.transformer.rotary.numel()


@pytest.mark.parametrize("steps", range(1, 34))
def test_every_grid_goes_from_noise_to_speech(steps: int) -> None:
    for sway in (None, -1.0, 0.4):
        times = grid(steps, sway)
        assert len(times) == steps + 1
        assert abs(float(times[0])) < 1e-6
        assert abs(float(times[-1]) - 1) < 1e-6
        assert bool((times.diff() > 0).all())


def test_no_step_is_no_sampling() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        grid(0)
