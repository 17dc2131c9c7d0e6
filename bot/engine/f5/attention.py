"""One block of the transformer: attention and feed-forward over fused weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.architecture import Architecture
from bot.engine.f5.tensors import Weights

MakeLinear = Callable[[Tensor, Tensor, bool], nn.Module]


class Block(nn.Module):
    """f5_tts's `DiTBlock` with its modulation given, queries, keys and values in one product."""

    def __init__(
        self, weights: Weights, architecture: Architecture, linear: MakeLinear, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.heads, self.dim_head = architecture.heads, architecture.dim_head
        self.rotated = architecture.heads if architecture.pe_attn_head is None else architecture.pe_attn_head
        self.dtype = dtype

        def joined(kind: str) -> Tensor:
            return torch.cat([weights.tensor(f"attn.to_{name}.{kind}") for name in "qkv"])

        def plain(name: str, gelu: bool = False) -> nn.Module:
            return linear(weights.tensor(f"{name}.weight"), weights.tensor(f"{name}.bias"), gelu)

        self.qkv = linear(joined("weight"), joined("bias"), False)
        self.out = plain("attn.to_out.0")
        self.wide = plain("ff.ff.0.0", gelu=True)
        self.narrow = plain("ff.ff.2")
        normed = architecture.qk_norm is not None
        self.q_norm = nn.Buffer(weights.tensor("attn.q_norm.weight")) if normed else None
        self.k_norm = nn.Buffer(weights.tensor("attn.k_norm.weight")) if normed else None

    def forward(
        self, x: Tensor, modulation: Tensor, rotary: Tensor, mask: Tensor | None, first: int = 0
    ) -> Tensor:
        """The residual stream after this block, of the frames from `first` on.

        x: [M, L, D] float32; modulation: [6, D]; rotary: [L, dim_head / 2, 2]; mask: [M, 1, 1, L], added to
        the scores of keys. Returns [M, L - first, D].
        """
        shift, scale, gate, ff_shift, ff_scale, ff_gate = modulation.unbind(0)
        h = functional.layer_norm(x, x.shape[-1:], scale, shift, eps=1e-6)
        x = x[:, first:]
        x = torch.addcmul(x, gate, self.out(self.attend(h, rotary, mask, first)))
        h = functional.layer_norm(x, x.shape[-1:], ff_scale, ff_shift, eps=1e-6)
        return torch.addcmul(x, ff_gate, self.narrow(self.wide(h)))

    def attend(self, h: Tensor, rotary: Tensor, mask: Tensor | None, first: int) -> Tensor:
        """h: [M, L, D] -> [M, L - first, heads * dim_head]."""
        qkv = (
            self.qkv(h).to(self.dtype).view(*h.shape[:2], 3, self.heads, self.dim_head)
        )  # [M, L, 3, H, dim_head]
        if self.q_norm is not None and self.k_norm is not None:
            q, k, v = qkv.unbind(2)
            qkv = torch.stack((rms_norm(q, self.q_norm), rms_norm(k, self.k_norm), v), dim=2)
        q, k = rotate(qkv[:, :, :2], rotary, self.rotated).unbind(2)
        q, k, v = (each.transpose(1, 2) for each in (q[:, first:], k, qkv[:, :, 2]))  # [M, H, L, dim_head]
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)


def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
    return functional.rms_norm(x.float(), x.shape[-1:], weight, eps=1e-6).to(x.dtype)


def rotate(x: Tensor, rotary: Tensor, heads: int) -> Tensor:
    """Rotates the first `heads` heads by their positions' angles, neighbouring channels as pairs.

    x: [M, L, 2, H, dim_head]; float32 is rotated in place, as complex numbers, other types into a new tensor.
    """
    if torch.compiler.is_compiling():  # Inductor makes one kernel of this, and of complex numbers none
        a, b = _pairs(x[:, :, :, :heads]).unbind(-1)
        cos, sin = rotary[:, None, None].unbind(-1)
        y = torch.stack((a * cos - b * sin, b * cos + a * sin), dim=-1).flatten(-2).to(x.dtype)
    elif x.dtype == torch.float32:
        _turn(x[:, :, :, :heads], rotary)
        return x
    else:
        y = x[:, :, :, :heads].float()
        _turn(y, rotary)
        y = y.to(x.dtype)
    return y if heads == x.shape[3] else torch.cat((y, x[:, :, :, heads:]), dim=3)


def _turn(x: Tensor, rotary: Tensor) -> None:
    """In place: x [M, L, 2, H, dim_head] float32."""
    torch.view_as_complex(_pairs(x)).mul_(torch.view_as_complex(rotary)[:, None, None])


def _pairs(x: Tensor) -> Tensor:
    """[M, L, 2, H, dim_head] -> [M, L, 2, H, dim_head / 2, 2]"""
    return x.view(*x.shape[:4], -1, 2)


def rotary_table(length: int, dim_head: int) -> Tensor:
    """Every position's cosines and sines: [L, dim_head / 2, 2] (x_transformers' `RotaryEmbedding`)."""
    rates = 1.0 / (10_000.0 ** (torch.arange(0, dim_head, 2).float() / dim_head))
    angles = torch.outer(torch.arange(length).float(), rates)
    return torch.stack((angles.cos(), angles.sin()), dim=-1)
