"""Counted operations and bytes, and what they foretell: against arithmetic by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bench.engine.case import Case
from bot.bench.engine.counted import Work, sampling, step, vocoder, whole
from bot.bench.engine.projection import ORINS, projected, table
from bot.engine.f5.architecture import Architecture, VocosArchitecture

BASE, VOCOS = Architecture.named("F5TTS_v1_Base"), VocosArchitecture()


def test_the_matrix_products_of_the_usual_case() -> None:
    # 8 dim^2 weights a block, 22 blocks, 469 frames, two passes, 7 steps: 2.42 TFLOP; attention and
    # convolutions add a seventh.
    linear = 2 * 8 * 1024**2 * 22 * 469 * 2 * 7
    assert sampling(BASE, Case(), "fp16").flops == pytest.approx(linear * 1.14, rel=0.02)


def test_weights_are_read_once_a_step() -> None:
    one, two = (step(BASE, [469] * count, "fp16") for count in (1, 2))
    weights = 2 * 8 * 1024**2 * 22
    assert two.bytes < 2 * one.bytes
    assert 2 * one.bytes - two.bytes == pytest.approx(weights, rel=0.06)


@pytest.mark.parametrize(
    "less", [{"pinned": True}, {"guided_steps": 4}, {"steps": 5}, {"cfg_strength": 2.0, "seconds": 1.0}]
)
def test_what_leaves_work_out_counts_less(less: dict[str, float]) -> None:
    case = Case(5)
    fewer = replace(case, **less)  # type: ignore[arg-type]
    assert whole(BASE, VOCOS, fewer, "fp16").flops < whole(BASE, VOCOS, case, "fp16").flops
    assert whole(BASE, VOCOS, fewer, "fp16").bytes < whole(BASE, VOCOS, case, "fp16").bytes


def test_a_batch_is_so_many_times_the_operations() -> None:
    one, four = (sampling(BASE, Case(batch=batch), "bf16") for batch in (1, 4))
    assert four.flops == pytest.approx(4 * one.flops)
    assert one.bytes < four.bytes < 4 * one.bytes


def test_the_vocoder_is_a_hundredth() -> None:
    assert vocoder(VOCOS, Case(), 2).flops < sampling(BASE, Case(), "fp16").flops / 100


def test_whichever_takes_longer_and_then_what_is_between() -> None:
    assert Work(10, 10).seconds(5, 1) == 10
    assert Work(10, 10).seconds(1, 5) == 10
    assert Work(10, 10, 5).seconds(1, 5) == 11


# The products alone take 130, 189 and 429 ms. Between them an uncompiled block moves 98 kB a frame, and a
# compiled one 45: at 143 GB/s another 99 or 45 ms for 2 * 469 frames, 22 blocks and 7 steps.
@pytest.mark.parametrize(
    ("reference", "fused", "ms"),
    [(3, True, 178), (3, False, 231), (5, True, 257), (5, False, 332), (12, True, 564)],
)
def test_orin_as_derived_by_hand(reference: float, fused: bool, ms: float) -> None:
    seconds = projected(BASE, VOCOS, Case(reference), "fp16", ORINS[0], fused=fused)
    assert seconds * 1000 == pytest.approx(ms, rel=0.05)
    assert projected(BASE, VOCOS, Case(reference), "fp16", ORINS[1], fused=fused) > seconds * 1.2


def test_the_table_says_what_it_assumes() -> None:
    text = table(BASE, VOCOS).text()
    assert "Derived, not measured" in text
    assert "50% of the dense tensor-core peak" in " ".join(text.split())
    assert "AGX Orin 32 GB" in text
