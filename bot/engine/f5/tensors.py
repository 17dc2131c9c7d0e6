"""The tensors of a checkpoint under a prefix, copied to a device and a type as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Weights:
    """A view of a checkpoint's state.

    What it hands out are copies, so that nothing of the state (a mapped file, say) is kept alive by a model.
    """

    state: Mapping[str, Tensor]
    device: torch.device
    prefix: str = ""

    def at(self, name: str) -> Weights:
        """The weights whose names begin with `name` and a full stop."""
        return replace(self, prefix=f"{self.prefix}{name}.")

    def tensor(self, name: str, dtype: torch.dtype = torch.float32) -> Tensor:
        """A copy of one tensor. Raises KeyError."""
        return self.state[self.prefix + name].to(self.device, dtype, copy=True)

    def buffer(self, name: str, dtype: torch.dtype = torch.float32) -> nn.Buffer:
        """A copy of one tensor, as a module holds it. Raises KeyError."""
        return nn.Buffer(self.tensor(name, dtype), persistent=False)

    def has(self, name: str) -> bool:
        return self.prefix + name in self.state
