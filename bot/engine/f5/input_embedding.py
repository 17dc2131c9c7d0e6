"""What enters the transformer: noisy mel, reference and text in one projection, and a convolution for
position.

Both the projection and the first convolution are linear, so what reference and text add to them is computed
once a request; a step computes only what the noisy mel adds, once for the conditional and the null pass
together.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.architecture import CONV_GROUPS, Architecture
from bot.engine.f5.tensors import Weights


@dataclass(frozen=True, slots=True)
class Constants:
    """What a request adds to every step's embedding, M sequences of up to L frames."""

    projected: Tensor  # [M, L, D] float32
    convolved: Tensor  # [M, L, D] float32
    inside: Tensor | None  # [M, L, 1] bool, the frames within each sequence's length; None: all

    def first(self, count: int) -> Constants:
        """Those of the first `count` of the M sequences."""
        inside = None if self.inside is None else self.inside[:count]
        return Constants(self.projected[:count], self.convolved[:count], inside)


class InputEmbedding(nn.Module):
    """f5_tts's `InputEmbedding`, split by what changes from step to step."""

    def __init__(self, weights: Weights, architecture: Architecture, dtype: torch.dtype) -> None:
        super().__init__()
        weight = weights.tensor("proj.weight")
        noisy, reference, text = torch.split(
            weight, [architecture.mel, architecture.mel, architecture.text_dim], dim=1
        )
        self.noisy, self.reference, self.text = (nn.Buffer(w.contiguous()) for w in (noisy, reference, text))
        self.bias = weights.buffer("proj.bias")
        first, second = (weights.at(f"conv_pos_embed.conv1d.{n}") for n in (0, 2))
        self.first, self.first_bias = GroupedConv(first.tensor("weight", dtype)), first.buffer("bias")
        self.second, self.second_bias = GroupedConv(second.tensor("weight", dtype)), second.buffer("bias")

    def constants(self, reference: Tensor, text: Tensor, inside: Tensor | None) -> Constants:
        """reference: [M, L, mel], zero where there is none; text: [M, L, C]; inside: [M, L, 1] or None."""
        projected = functional.linear(reference, self.reference, self.bias) + functional.linear(
            text, self.text
        )
        return Constants(projected, self.first(_kept(projected, inside)) + self.first_bias, inside)

    def forward(self, x: Tensor, constants: Constants) -> Tensor:
        """x: [B, L, mel], M / B times over -> [M, L, D]."""
        many = len(constants.projected) // len(x)
        inside = constants.inside
        h = functional.linear(x, self.noisy)  # [B, L, D]
        c = self.first(_kept(h, None if inside is None else inside[: len(x)]))
        if many > 1:
            h, c = h.repeat(many, 1, 1), c.repeat(many, 1, 1)
        c = _kept(functional.mish(c + constants.convolved), inside)
        c = _kept(functional.mish(self.second(c) + self.second_bias), inside)
        return h + constants.projected + c


class GroupedConv(nn.Module):
    """A convolution over time in groups of channels, without its bias."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Buffer(weight)  # [D, D / groups, K]

    def forward(self, x: Tensor) -> Tensor:
        """x: [M, L, D] float32 -> [M, L, D] float32."""
        x = x.to(self.weight.dtype).mT
        return functional.conv1d(
            x, self.weight, padding=self.weight.shape[2] // 2, groups=CONV_GROUPS
        ).mT.float()


def _kept(x: Tensor, inside: Tensor | None) -> Tensor:
    return x if inside is None else x.masked_fill(~inside, 0.0)
