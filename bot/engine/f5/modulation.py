"""What the time step alone decides: every shift, scale and gate of the transformer, once per grid.

The linears behind these numbers hold 41 % of F5-TTS's parameters. Their input is the time step alone, so
they are evaluated once for all steps of a grid and then leave memory.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.architecture import TIME_DIM, Architecture
from bot.engine.f5.memory import trim

KEPT = 8  # grids; a table of 32 steps of F5TTS_v1_Base is 18 MB


@dataclass(frozen=True, slots=True)
class Modulation:
    """One grid's numbers, float32; scales are stored as 1 + scale, as a layer norm's weight takes them."""

    times: Tensor  # [S]
    # [S, depth, 6, D]: attention's shift, 1 + scale, gate; the feed-forward's shift, 1 + scale, gate
    blocks: Tensor
    last: Tensor  # [S, 2, D]: the output norm's 1 + scale, shift

    def at(self, step: int) -> StepModulation:
        return StepModulation(self.blocks[step], self.last[step])


@dataclass(frozen=True, slots=True)
class StepModulation:
    """One step of a `Modulation`."""

    blocks: Tensor  # [depth, 6, D]
    last: Tensor  # [2, D]


class Modulations:
    """The tables of the grids in use; `source` gives the tensors of the checkpoint again for a new grid."""

    def __init__(
        self,
        architecture: Architecture,
        source: Callable[[], Mapping[str, Tensor]],
        device: torch.device | str = "cpu",
    ) -> None:
        self._architecture = architecture
        self._source = source
        self._device = torch.device(device)
        self._tables: OrderedDict[tuple[float, ...], Modulation] = OrderedDict()

    def of(self, times: Tensor) -> Modulation:
        """The table for these `times` [S]; it is kept while it is among the last used."""
        key = tuple(times.tolist())
        if key not in self._tables:
            self._tables[key] = modulation(self._source(), self._architecture.depth, times, self._device)
            trim()
        self._tables.move_to_end(key)
        if len(self._tables) > KEPT:
            self._tables.popitem(last=False)
        return self._tables[key]


@torch.inference_mode()
def modulation(
    state: Mapping[str, Tensor], depth: int, times: Tensor, device: torch.device | str = "cpu"
) -> Modulation:
    """Evaluates f5_tts's `TimestepEmbedding`, `AdaLayerNorm` and `AdaLayerNorm_Final` at `times` [S]."""

    def linear(x: Tensor, name: str) -> Tensor:
        return functional.linear(
            x, state[f"{name}.weight"].float().to(x.device), state[f"{name}.bias"].float().to(x.device)
        )

    hidden = linear(_sinusoids(times), "time_embed.time_mlp.0")
    hidden = functional.silu(linear(functional.silu(hidden), "time_embed.time_mlp.2"))  # [S, D]
    blocks = torch.stack(
        [
            linear(hidden, f"transformer_blocks.{n}.attn_norm.linear").view(len(times), 6, -1)
            for n in range(depth)
        ],
        1,
    )
    blocks[:, :, [1, 4]] += 1
    last = linear(hidden, "norm_out.linear").view(len(times), 2, -1)
    last[:, 0] += 1
    return Modulation(times.to(device), blocks.to(device), last.to(device))


def _sinusoids(times: Tensor, scale: float = 1000.0) -> Tensor:
    """f5_tts's `SinusPositionEmbedding`: [S] -> [S, 256]."""
    half = TIME_DIM // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(10000) / (half - 1)))
    angles = scale * times.float().cpu()[:, None] * rates[None]
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
