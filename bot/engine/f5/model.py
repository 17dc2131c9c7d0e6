"""F5-TTS's transformer: one flow of speech, evaluated at one moment, for passes prepared once a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.architecture import Architecture
from bot.engine.f5.attention import Block, rotary_table
from bot.engine.f5.input_embedding import Constants, InputEmbedding
from bot.engine.f5.memory import trim
from bot.engine.f5.modulation import Modulations, StepModulation
from bot.engine.f5.precision import Precision
from bot.engine.f5.tensors import Weights
from bot.engine.f5.text_encoder import TextEncoder, padded_ids

LONGEST = 4096  # frames: what the published models were trained for, and more than a minute of chat


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Passes:
    """What does not change from step to step of M sequences of up to L frames."""

    constants: Constants
    mask: Tensor | None  # [M, 1, 1, L], added to the scores of attention; None: all keys count
    rotary: Tensor  # [L, dim_head / 2, 2]

    def first(self, count: int) -> Passes:
        """The first `count` of the M sequences."""
        mask = None if self.mask is None else self.mask[:count]
        return Passes(self.constants.first(count), mask, self.rotary)


class Transformer(nn.Module):
    """f5_tts's `DiT` over the weights of a checkpoint, held in `precision`.

    The weights of the modulation are not held: `modulations` asks `source` for them once for each grid of
    times.
    """

    def __init__(
        self,
        state: Mapping[str, Tensor],
        architecture: Architecture,
        precision: Precision,
        source: Callable[[], Mapping[str, Tensor]] | None = None,
    ) -> None:
        super().__init__()
        self.architecture, self.precision = architecture, precision
        weights = Weights(state, precision.device)
        self.text = TextEncoder(weights.at("text_embed"), architecture)
        self.input = InputEmbedding(weights.at("input_embed"), architecture, precision.dtype)
        self.blocks = nn.ModuleList(
            Block(weights.at(f"transformer_blocks.{n}"), architecture, precision.linear, precision.attention)
            for n in range(architecture.depth)
        )
        self._blocks: list[Callable[..., Tensor]] = list(self.blocks)
        self.skip = weights.buffer("long_skip_connection.weight") if architecture.long_skip else None
        self.proj, self.proj_bias = weights.buffer("proj_out.weight"), weights.buffer("proj_out.bias")
        rotary = rotary_table(LONGEST, architecture.dim_head).to(precision.device)
        self.rotary = nn.Buffer(rotary, persistent=False)
        self.modulations = Modulations(architecture, source or (lambda: state), self.device)
        trim()

    @property
    def device(self) -> torch.device:
        return self.proj.device

    def prepare(
        self,
        texts: Sequence[Tensor],
        references: Sequence[Tensor],
        lengths: Sequence[int],
        drop: Sequence[bool],
        length: int | None = None,
    ) -> Passes:
        """M passes: ids [N] of each, the mel it is to follow [R, mel], its frames, and whether both are
        withheld.

        `length` is what all are padded to (the longest of `lengths`). The numbers of a sequence depend
        neither on it nor on the other sequences.
        """
        length = length or max(lengths)
        reference = torch.zeros(len(lengths), length, self.architecture.mel, device=self.device)
        for row, mel, dropped in zip(reference, references, drop, strict=True):
            if not dropped:
                row[: len(mel)] = mel
        ids = padded_ids(texts, lengths, length).to(self.device)
        counts = torch.tensor(lengths, device=self.device)
        text = self.text(ids, counts, torch.tensor(drop, device=self.device))
        if min(lengths) == length:
            return Passes(self.input.constants(reference, text, None), None, self.rotary[:length])
        inside = torch.arange(length, device=self.device)[None] < counts[:, None]  # [M, L]
        constants = self.input.constants(reference, text, inside[..., None])
        return Passes(constants, additive(inside, self.precision.attention), self.rotary[:length])

    def forward(self, x: Tensor, passes: Passes, modulation: StepModulation, first: int = 0) -> Tensor:
        """The flow at `x` [B, L, mel] in each of M passes (see `InputEmbedding`), from frame `first` on.

        Returns [M, L - first, mel] float32; what lies beyond a sequence's length means nothing.
        """
        return self.through(self.input(x, passes.constants), passes.mask, passes.rotary, modulation, first)

    def through(
        self,
        h: Tensor,
        mask: Tensor | None,
        rotary: Tensor,
        modulation: StepModulation,
        first: int = 0,
        blocks: Sequence[Callable[..., Tensor]] | None = None,
    ) -> Tensor:
        """The flow that follows from what enters the blocks, h: [M, L, D]; `blocks` replace its own."""
        entered = h
        for n, block in enumerate(blocks or self._blocks):
            cut = first if n == len(self.blocks) - 1 else 0
            h = block(h, modulation.blocks[n], rotary, mask, cut)
        if self.skip is not None:
            h = functional.linear(torch.cat((h, entered[:, first:]), dim=-1), self.skip)
        scale, shift = modulation.last
        h = functional.layer_norm(h, h.shape[-1:], scale, shift, eps=1e-6)
        return functional.linear(h, self.proj, self.proj_bias)


def additive(inside: Tensor, dtype: torch.dtype) -> Tensor:
    """What attention adds to the scores of keys, -inf to those not inside: [M, L] bool -> [M, 1, 1, L]."""
    return torch.zeros_like(inside, dtype=dtype).masked_fill_(~inside, float("-inf"))[:, None, None]
