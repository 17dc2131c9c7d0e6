"""Linear layers in every number format against the plain product."""

from __future__ import annotations

import platform

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.linear import Linear, PackedLinear, packs_bf16
from bot.engine.f5.precision import NAMES, Precision, PrecisionError, fastest
from bot.engine.f5.quantized import (
    PackedQuantizedLinear,
    QuantizedLinear,
    adds_up,
    asymmetric,
    can_pack,
    symmetric,
)

CPU = torch.device("cpu")
NO_BF16 = pytest.mark.skipif(not packs_bf16(), reason="this processor computes no bf16")
NO_INT8 = pytest.mark.skipif(not adds_up(CPU), reason="this processor adds 8-bit products up wrongly")
GENERATOR = torch.Generator().manual_seed(0)
WEIGHT, BIAS = torch.randn(96, 64, generator=GENERATOR), torch.randn(96, generator=GENERATOR)
X = torch.randn(3, 20, 64, generator=GENERATOR)


def product(gelu: bool) -> Tensor:
    y = functional.linear(X, WEIGHT, BIAS)
    return functional.gelu(y, approximate="tanh") if gelu else y


@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize(
    ("kind", "dtype", "error"),
    [
        (Linear, torch.float32, 1e-6),
        (PackedLinear, torch.float32, 1e-6),
        (Linear, torch.bfloat16, 1e-2),
        pytest.param(PackedLinear, torch.bfloat16, 1e-2, marks=NO_BF16),
        (QuantizedLinear, torch.float32, 2e-2),
        pytest.param(PackedQuantizedLinear, torch.float32, 2e-2, marks=NO_INT8),
    ],
)
def test_a_layer_multiplies(kind: type[nn.Module], dtype: torch.dtype, error: float, gelu: bool) -> None:
    layer = kind(WEIGHT.to(dtype), BIAS.to(dtype), gelu)
    y, wanted = layer(X), product(gelu)
    assert y.shape == (3, 20, 96)
    assert y.dtype == dtype
    assert float((y.float() - wanted).norm() / wanted.norm()) < error


@NO_INT8
def test_packed_integers_are_the_same_integers() -> None:
    plain, packed = (kind(WEIGHT, BIAS)(X) for kind in (QuantizedLinear, PackedQuantizedLinear))
    torch.testing.assert_close(plain, packed, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "row",
    [[0.0] * 8, [5.0] * 8, [-3.0, 0, 0, 0, 0, 0, 0, 1e-3], [1e-9, 2e-9] * 4, [0, 1e4] * 4, list(range(8))],
)
def test_rounding_is_by_half_a_level_at_most(row: list[float]) -> None:
    x = torch.tensor([row])
    for rounded, scale, zero in ((*symmetric(x), torch.zeros(1, 1)), asymmetric(x)):
        assert rounded.dtype == torch.int8
        assert bool(((rounded - zero) * scale - x).abs().max() <= scale.max() * 0.501 + x.abs().max() * 2e-5)


def test_lopsided_rows_use_all_levels() -> None:
    row = functional.gelu(torch.randn(1, 4096, generator=GENERATOR), approximate="tanh")
    rounded, _, _ = asymmetric(row)
    assert int(rounded.max()) >= 126
    assert int(rounded.min()) <= -127


@pytest.mark.parametrize(
    ("machine", "avx512", "others", "right"),
    [
        ("x86_64", True, {}, True),
        ("AMD64", False, {"avx_vnni": True}, True),
        ("x86_64", False, {"avx_vnni": False}, False),
        ("aarch64", False, {}, True),
    ],
)
def test_8_bits_are_taken_only_where_their_sums_are_right(
    machine: str, avx512: bool, others: dict[str, bool], right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: others, raising=False)
    assert adds_up(CPU) is right
    if right:
        assert Precision.of("int8", "cpu").name == "int8"
    else:
        assert not can_pack(CPU)
        with pytest.raises(PrecisionError, match=r"up wrongly .*: set engine.f5.precision to fp32"):
            Precision.of("int8", "cpu")


def test_every_layer_can_be_had_of_every_precision() -> None:
    """Also of those that this processor has no kernel for: what is asked of it then is slow, and right."""
    for name in NAMES:
        y = Precision(name, CPU).linear(WEIGHT, BIAS)(X)
        assert float((y.float() - product(False)).norm() / product(False).norm()) < 2e-2


def test_precisions_by_name() -> None:
    assert Precision.of("auto", "cpu").name in ("bf16", "fp32")
    assert fastest(torch.device("cuda")) == "fp16"
    assert {name for name in NAMES if name != "fp16"} == {"fp32", "bf16", "int8"}
    with pytest.raises(PrecisionError, match="fp16 needs a GPU"):
        Precision.of("fp16", "cpu")
    with pytest.raises(PrecisionError, match=r"engine.f5.precision to auto, fp32"):
        Precision.of("fp8", "cpu")
