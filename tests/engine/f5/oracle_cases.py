"""What f5_tts and vocos are asked in a process of their own, and our engine in the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bot.engine.f5.architecture import Architecture, Shape, VocosArchitecture

SMALL = Architecture(dim=128, depth=3, heads=4, dim_head=32, text_dim=64, text_layers=2, vocabulary=50)
# What differs between the published models, and what a fine-tune may switch on.
KINDS: dict[str, Architecture] = {
    "v1": SMALL,
    "base": replace(SMALL, text_mask_padding=False, pe_attn_head=1),
    "wide": replace(SMALL, ff_mult=4, dim_head=64, heads=2, text_layers=0),
    "odd": replace(SMALL, qk_norm="rms_norm", long_skip=True, average_upsampling=True),
}
REAL = Architecture.named("F5TTS_v1_Base")
VOCOS = {pad: VocosArchitecture(dim=96, intermediate=160, padding=pad) for pad in ("center", "same")}


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance of an f5_tts `CFM.sample`."""

    kind: str
    steps: int = 7
    cfg_strength: float = 2.0
    sway: float | None = -1.0
    reference: int = 40  # frames
    frames: int = 101
    tokens: int = 30
    seed: int = 3

    def inputs(self, architecture: Architecture) -> tuple[Tensor, Tensor]:
        """The reference's mel [R, 100] and the tokens [N]."""
        generator = torch.Generator().manual_seed(self.seed + 100)
        mel = torch.randn(self.reference, architecture.mel, generator=generator)
        return mel, torch.randint(0, architecture.vocabulary, (self.tokens,), generator=generator)


CASES = [
    *(Case("v1", steps) for steps in (1, 5, 6, 7, 8, 10, 12, 16, 32)),
    *(Case("v1", steps, cfg_strength=0.0) for steps in (5, 7, 32)),
    Case("v1", sway=None, cfg_strength=1.0),
    Case("v1", reference=12, frames=300, tokens=9, seed=8),
    Case("v1", reference=90, frames=91, tokens=40),
    Case("base"),
    Case("base", 16, cfg_strength=0.0, reference=25, frames=64, tokens=63),
    Case("wide", 5),
    Case("odd"),
    Case("odd", 5, reference=20, frames=77, tokens=3),
]
REAL_CASE = Case("real", 5, reference=30, frames=70, tokens=25)


def lively_state(shapes: Mapping[str, Shape], seed: int = 0) -> dict[str, Tensor]:
    """Weights of such a size that every one counts: none is zero, as f5_tts begins its gates."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        tensor = torch.randn(shape, generator=generator)
        if len(shape) == 1 and name.endswith(("norm.weight", "gamma")):
            state[name] = 1 + 0.2 * tensor
        elif len(shape) == 1 or ".grn." in name:
            state[name] = 0.3 * tensor
        elif name.endswith("text_embed.weight"):
            state[name] = tensor
        else:
            state[name] = tensor.mul_((tensor.numel() / shape[0]) ** -0.5)
    return state


def vocos_mel(frames: int = 120) -> Tensor:
    return 2 * torch.randn(frames, 100, generator=torch.Generator().manual_seed(5))


def sound(samples: int = 30_000) -> Tensor:
    return 0.2 * torch.randn(samples, generator=torch.Generator().manual_seed(6))
