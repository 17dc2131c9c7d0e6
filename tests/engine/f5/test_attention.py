"""The transformer's block as a GPU runs it: half-precision rotation, and compiled once for all blocks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bot.engine.f5.attention import Block, rotary_table, rotate
from bot.engine.f5.linear import Linear
from bot.engine.f5.model import additive
from bot.engine.f5.tensors import Weights
from tests.engine.f5.oracle_cases import KINDS, lively_state

GENERATOR = torch.Generator().manual_seed(0)
CPU = torch.device("cpu")


def half(weight: Tensor, bias: Tensor, gelu: bool = False) -> nn.Module:
    return Linear(weight.bfloat16(), bias.bfloat16(), gelu)


def blocks(kind: str, dtype: torch.dtype) -> list[Block]:
    architecture = KINDS[kind]
    weights = Weights(lively_state(architecture.shapes()), CPU)
    linear = Linear if dtype == torch.float32 else half
    return [
        Block(weights.at(f"transformer_blocks.{n}"), architecture, linear, dtype)
        for n in range(architecture.depth)
    ]


@pytest.mark.parametrize("heads", [1, 4])
def test_both_ways_of_rotation_are_one(heads: int) -> None:
    """As complex numbers, and as what is compiled; in place, and into a new tensor."""
    x = torch.randn(2, 50, 2, 4, 32, generator=GENERATOR)
    rotary = rotary_table(50, 32)
    pairs = torch.compile(rotate, backend="eager")(x.clone(), rotary, heads)
    torch.testing.assert_close(rotate(x.clone(), rotary, heads), pairs, rtol=0, atol=1e-6)
    assert torch.equal(pairs[:, 0], x[:, 0])
    assert torch.equal(pairs[:, :, :, heads:], x[:, :, :, heads:])
    half, kept = x.half(), x.half()
    turned = rotate(half, rotary, heads)
    assert torch.equal(turned, rotate(half.float(), rotary, heads).half())
    assert torch.equal(half, kept)
    assert turned.dtype == torch.half


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_attends_as_single_does(kind: str) -> None:
    x, modulation = torch.randn(2, 40, 128, generator=GENERATOR), torch.randn(6, 128, generator=GENERATOR)
    rotary = rotary_table(40, KINDS[kind].dim_head)
    inside = torch.arange(40) < torch.tensor([[40], [23]])
    for first in (0, 15):
        exact, rough = (
            blocks(kind, dtype)[0](x, modulation, rotary, additive(inside, dtype), first)
            for dtype in (torch.float32, torch.bfloat16)
        )
        assert exact.shape == rough.shape == (2, 40 - first, 128)
        assert exact.dtype == rough.dtype == torch.float32
        assert float((exact - rough)[inside[:, first:]].norm() / exact[inside[:, first:]].norm()) < 0.02


def test_one_compiled_function_serves_all_blocks_and_lengths() -> None:
    traced = 0

    def backend(module: torch.fx.GraphModule, _: list[Tensor]) -> object:
        nonlocal traced
        traced += 1
        return module.forward

    compiled = torch.compile(Block.forward, backend=backend, dynamic=True, fullgraph=True)
    modulation = torch.randn(6, 128, generator=GENERATOR)
    # Four rows first, as `Warming` does it: what is compiled of two is of two alone.
    for many, length, compilations in ((4, 40, 1), (2, 48, 1), (16, 64, 1), (1, 72, 2)):
        x, rotary = torch.randn(many, length, 128, generator=GENERATOR), rotary_table(length, 32)
        mask = torch.zeros(many, 1, 1, length, dtype=torch.bfloat16)
        for block in blocks("v1", torch.bfloat16):
            ours = compiled(block, x, modulation, rotary, mask, 0)
            torch.testing.assert_close(ours, block(x, modulation, rotary, mask, 0))
        assert traced == compilations
