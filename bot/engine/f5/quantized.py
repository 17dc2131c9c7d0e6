"""A linear layer in 8-bit integers: weights scaled a channel, activations a row, anew at every call."""

from __future__ import annotations

import platform

import torch
from torch import Tensor, nn
from torch.nn import functional

TINIEST = 1e-12  # of a scale: a row of equal numbers has none


class QuantizedLinear(nn.Module):
    """y ~ act(x W^T + b), act the identity or GELU (tanh); x: [..., in] of any type, y: [..., out] float32.

    The products add up in 32-bit integers, so rounding to 8 bits is the only error. A row's numbers are
    scale * (q - zero): what zero adds to every product is taken off with the sums of the weights.
    """

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> None:
        super().__init__()
        rounded, scale = symmetric(weight.float())
        self.weight = self.kept(rounded)
        self.scale = nn.Buffer(scale[:, 0].contiguous(), persistent=False)  # [out]
        self.sums = nn.Buffer(-rounded.sum(1) * self.scale, persistent=False)  # [out]
        self.bias = nn.Buffer(bias.float(), persistent=False)
        self.gelu = gelu

    def forward(self, x: Tensor) -> Tensor:
        rows, scale, zero = asymmetric(x.reshape(-1, x.shape[-1]).float())
        y, zero = self.products(rows, zero)
        y = torch.addcmul(self.bias, y, scale).addcmul_(zero.mul_(scale), self.sums)
        y = y.view(*x.shape[:-1], -1)
        return functional.gelu(y, approximate="tanh") if self.gelu else y

    def kept(self, rounded: Tensor) -> Tensor:
        """The weights [out, in] int8 as `products` wants them."""
        return nn.Buffer(rounded, persistent=False)

    def products(self, rows: Tensor, zero: Tensor) -> tuple[Tensor, Tensor]:
        """rows: [M, in] int8; zero: [M, 1] -> sums of products times the channels' scales [M, out], and the
        zero that is in them."""
        return torch._int_mm(rows, self.weight.mT) * self.scale, zero


class PackedQuantizedLinear(QuantizedLinear):
    """The same on a CPU through oneDNN, its weight packed once.

    The 8-bit instructions multiply unsigned by signed numbers: rows and their zero are raised by 128.
    """

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> None:
        super().__init__(weight, bias, gelu)
        self.none = nn.Buffer(torch.zeros(len(weight), dtype=torch.long), persistent=False)  # weights' zeros

    def kept(self, rounded: Tensor) -> Tensor:
        packed: Tensor = torch.ops.onednn.qlinear_prepack(rounded, None)
        return packed

    def products(self, rows: Tensor, zero: Tensor) -> tuple[Tensor, Tensor]:
        raised, out = rows.view(torch.uint8).bitwise_xor_(128), torch.float32
        y: Tensor = torch.ops.onednn.qlinear_pointwise(
            raised, 1.0, 0, self.weight, self.scale, self.none, None, 1.0, 0, out, "none", [], ""
        )
        return y, zero.add_(128)


def symmetric(x: Tensor) -> tuple[Tensor, Tensor]:
    """x: [N, K] float32 -> the nearest int8 numbers [N, K] and each row's scale [N, 1]."""
    scale = (x.abs().amax(1, keepdim=True) / 127).clamp_(min=TINIEST)
    return (x / scale).round_().to(torch.int8), scale


def asymmetric(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """x: [N, K] float32 -> the nearest int8 numbers q [N, K], each row's scale and zero [N, 1], both float32.

    x ~ scale * (q - zero); nearly all numbers are used however lopsided a row is, as it is after GELU.
    """
    high, low = x.amax(1, keepdim=True), x.amin(1, keepdim=True)
    scale = ((high - low) / 254).clamp_(min=TINIEST)  # a level less than there are: rounding zero needs it
    zero = (-127.5 - low / scale).round_()
    return (x * scale.reciprocal()).add_(zero).round_().to(torch.int8), scale, zero


def can_pack(device: torch.device) -> bool:
    """Whether this torch has what `PackedQuantizedLinear` needs (its operators are not public)."""
    return device.type == "cpu" and "onednn" in torch.backends.quantized.supported_engines and adds_up(device)


def adds_up(device: torch.device) -> bool:
    """Whether sums of 8-bit products come out right: an x86 before VNNI adds them in 16 bits by twos, which
    overflow without a word."""
    if device.type != "cpu" or platform.machine().lower() not in ("x86_64", "amd64"):
        return True
    # An older torch does not tell of the instructions that come without AVX-512.
    others = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.cpu._is_vnni_supported() or bool(others.get("avx_vnni"))
