"""The number formats that the engine runs in: fp32, bf16, fp16 and int8."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bot.engine.f5 import quantized
from bot.engine.f5.linear import Linear, PackedLinear, can_pack, packs_bf16

NAMES = ("fp32", "bf16", "fp16", "int8")
_SET = "set engine.f5.precision to"
_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class PrecisionError(Exception):
    """The device has no such precision; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How the large products are computed; what is small or delicate stays in float32 in all of them."""

    name: str  # one of NAMES
    device: torch.device

    @classmethod
    def of(cls, name: str, device: torch.device | str) -> Precision:
        """The precision of that name ("auto": the fastest sure to be right). Raises PrecisionError.

        With fp32 on a GPU, the whole process computes in it from then on: products and convolutions of
        torch's that would round their inputs to 10 bits (TF32) do not.
        """
        device = torch.device(device)
        name = fastest(device) if name == "auto" else name
        if name not in NAMES:
            raise PrecisionError(f"there is no precision {name!r}: {_SET} auto, {', '.join(NAMES)}")
        if name == "fp16" and device.type == "cpu":
            raise PrecisionError(f"fp16 needs a GPU: {_SET} auto")
        if name == "bf16" and not can_bf16(device):
            what, others = ("GPU", "fp16 or fp32") if device.type == "cuda" else ("processor", "fp32")
            raise PrecisionError(f"this {what} computes no bf16 to speak of: {_SET} {others}")
        if name == "int8" and not quantized.adds_up(device):
            raise PrecisionError(f"this processor adds 8-bit products up wrongly (no VNNI): {_SET} fp32")
        if name == "fp32" and device.type == "cuda":
            torch.set_float32_matmul_precision("highest")
            torch.backends.cudnn.allow_tf32 = False
        return cls(name, device)

    @property
    def dtype(self) -> torch.dtype:
        """Of the products' inputs and outputs; beside 8-bit linears, of the other products'."""
        return _TYPES[fastest(self.device) if self.name == "int8" else self.name]

    @property
    def attention(self) -> torch.dtype:
        """Of queries, keys and values: a CPU's attention is no faster in bfloat16, and less exact."""
        return torch.float32 if self.device.type == "cpu" else self.dtype

    def linear(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> nn.Module:
        """The layer that computes with these weights."""
        if self.name == "int8":
            kind = (
                quantized.PackedQuantizedLinear
                if quantized.can_pack(self.device)
                else quantized.QuantizedLinear
            )
            return kind(weight.to(self.device), bias.to(self.device), gelu)
        layer = PackedLinear if can_pack(self.device, self.dtype) else Linear
        return layer(weight.to(self.device, self.dtype), bias.to(self.device, self.dtype), gelu)


def can_bf16(device: torch.device) -> bool:
    """Whether its products are made for bfloat16: those of GPUs before Ampere and of most older processors
    are not."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return packs_bf16()


def wider(device: torch.device) -> str:
    """What holds numbers that fp16 does not: of as many bits, where a device is made for that."""
    return "bf16" if can_bf16(device) else "fp32"


def fastest(device: torch.device) -> str:
    """What "auto" means on a device: half precision wherever its processor multiplies it faster than fp32."""
    if device.type == "cuda":
        return "fp16"
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported() and packs_bf16():
        return "bf16"
    return "fp32"
