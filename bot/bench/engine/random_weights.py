"""Writes weights of a model's real size that say nothing: for where the real ones cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from bot.engine.f5.architecture import Architecture, Shape, VocosArchitecture


def random_state(shapes: Mapping[str, Shape], seed: int = 0) -> dict[str, Tensor]:
    """Of such a size that every tensor counts: no gate and no output is zero, as f5_tts begins them."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        tensor = torch.randn(shape, generator=generator)
        if len(shape) == 1 and name.endswith(("norm.weight", "gamma")):
            tensor = 1 + 0.2 * tensor
        elif len(shape) == 1 or ".grn." in name:
            tensor *= 0.3
        elif not name.endswith("text_embed.weight"):
            tensor *= (tensor.numel() / shape[0]) ** -0.5
        state[name] = tensor
    return state


def write(folder: Path, architecture: Architecture, vocos: VocosArchitecture) -> None:
    """model.safetensors and vocoder.safetensors."""
    save_file(random_state(architecture.shapes()), folder / "model.safetensors")
    save_file(random_state(vocos.shapes(), seed=1), folder / "vocoder.safetensors")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Architecture.named(sys.argv[2], int(sys.argv[3])), VocosArchitecture())
