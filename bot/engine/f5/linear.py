"""A linear layer in floating point: plain, or packed once for the CPU's matrix library."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 1024  # a packed weight's layout is chosen for about so many rows


class Linear(nn.Module):
    """y = act(x W^T + b), act the identity or GELU (tanh).

    x: [..., in] of any type, y: [..., out] of the weights' type.
    """

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> None:
        super().__init__()
        self.weight = nn.Buffer(weight, persistent=False)
        self.bias = nn.Buffer(bias, persistent=False)
        self.gelu = gelu

    def forward(self, x: Tensor) -> Tensor:
        y = functional.linear(x.to(self.weight.dtype), self.weight, self.bias)
        return functional.gelu(y, approximate="tanh") if self.gelu else y


class PackedLinear(nn.Module):
    """The same on a CPU through oneDNN, its weight laid out once instead of at every call, GELU fused."""

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> None:
        super().__init__()
        self.dtype = weight.dtype
        # Opaque to all other operators, hence no buffer.
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)
        self.bias = nn.Buffer(bias, persistent=False)
        self.activation, self.kind = ("gelu", "tanh") if gelu else ("none", "")

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = torch.ops.mkldnn._linear_pointwise(
            x.to(self.dtype), self.weight, self.bias, self.activation, [], self.kind
        )
        return y


def can_pack(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether this torch has what `PackedLinear` needs (its operators are not public), and for this type."""
    names = ("_reorder_linear_weight", "_linear_pointwise")
    return (
        device.type == "cpu"
        and torch._C._has_mkldnn
        and all(hasattr(torch.ops.mkldnn, name) for name in names)
        and (dtype == torch.float32 or (dtype == torch.bfloat16 and packs_bf16()))
    )


def packs_bf16() -> bool:
    """Whether the CPU's matrix library takes bfloat16 here: without it all is far slower than in float32."""
    return torch._C._has_mkldnn and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
