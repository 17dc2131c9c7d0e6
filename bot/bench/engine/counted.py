"""How many operations and bytes a sampling takes, counted from the shapes of the model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.bench.engine.case import Case
from bot.engine.f5.architecture import CONV_GROUPS, CONV_KERNEL, TEXT_KERNEL, Architecture, VocosArchitecture

WIDTHS = {"fp32": 4, "bf16": 2, "fp16": 2, "int8": 1}  # bytes of a weight


@dataclass(frozen=True, slots=True)
class Work:
    """A multiplication and an addition are two operations. `bytes` are what the products read and write: the
    weights, once a step, and their inputs and outputs. `between` is what is moved between one product and
    the next by all that is small (norms, rotation, activation, gates)."""

    flops: float
    bytes: float
    between: float = 0.0

    @property
    def moved(self) -> float:
        return self.bytes + self.between

    def __add__(self, other: Work) -> Work:
        return Work(self.flops + other.flops, self.bytes + other.bytes, self.between + other.between)

    def times(self, count: float) -> Work:
        return Work(self.flops * count, self.bytes * count, self.between * count)

    def seconds(self, flops: float, bytes_: float) -> float:
        """On a machine of so many operations and bytes per second: of a product whichever takes longer, and
        what is between products after them."""
        return max(self.flops / flops, self.bytes / bytes_) + self.between / bytes_


def whole(arch: Architecture, vocos: VocosArchitecture, case: Case, precision: str) -> Work:
    """Text, all steps and the vocoder of a case."""
    return (
        text(arch, case) + sampling(arch, case, precision) + vocoder(vocos, case, min(WIDTHS[precision], 2))
    )


def sampling(arch: Architecture, case: Case, precision: str, *, fused: bool = True) -> Work:
    """All steps of the transformer."""
    guided = case.steps if case.guided_steps is None else min(case.guided_steps, case.steps)
    null = case.new_frames if case.pinned else case.frames
    both = step(arch, [case.frames] * case.batch + [null] * case.batch, precision, fused=fused)
    alone = step(arch, [case.frames] * case.batch, precision, fused=fused)
    return both.times(guided) + alone.times(case.steps - guided)


def step(arch: Architecture, lengths: list[int], precision: str, *, fused: bool = True) -> Work:
    """One step of sequences so many frames long; modulation comes from tables.

    `fused`: neighbours between two products are one kernel, as a compiler makes them; else each is its own.
    """
    width = WIDTHS[precision]
    act = max(width, 2)  # of what goes from layer to layer; the residual stream is float32
    dim, inner, ff, frames = arch.dim, arch.inner, arch.ff, sum(lengths)
    linear = 4 * inner * dim + 2 * dim * ff
    conv = dim * (dim // CONV_GROUPS) * CONV_KERNEL
    flops = 2.0 * frames * linear * arch.depth + sum(4.0 * n * n * inner for n in lengths) * arch.depth
    flops += 2.0 * frames * (2 * conv + 2 * arch.mel * dim)
    weights = linear * arch.depth * width + 2 * conv * max(width, 2) + 2 * arch.mel * dim * 4
    moved = frames * arch.depth * act * (4 * dim + 8 * inner + 2 * ff)
    if fused:  # norms and gates over the float32 residual stream, rotation, activation
        between = (20 + 4 * act) * dim + 4 * act * inner + 2 * act * ff
    else:  # norm, cast, gate; to float32, turn, back
        between = (40 + 4 * act) * dim + (32 + 4 * act) * inner + 2 * act * ff
    return Work(flops, weights + moved, float(frames * arch.depth * between))


def text(arch: Architecture, case: Case) -> Work:
    """The text encoder, once for the conditional and once for the null pass, in float32."""
    channels, wide = arch.text_dim, arch.text_dim * arch.text_mult
    params = arch.text_layers * (2 * channels * wide + channels * TEXT_KERNEL)
    frames = 2 * case.batch * case.frames
    return Work(2.0 * frames * params, 4.0 * (params + frames * arch.text_layers * (6 * channels + 6 * wide)))


def vocoder(vocos: VocosArchitecture, case: Case, width: int) -> Work:
    """The new frames through Vocos, once."""
    dim, frames = vocos.dim, case.batch * case.new_frames
    params = 7 * vocos.mel * dim + dim * (vocos.n_fft + 2)
    params += vocos.layers * (2 * dim * vocos.intermediate + 7 * dim)
    inverse = 2.5 * vocos.n_fft * math.log2(vocos.n_fft)
    moved = width * frames * vocos.layers * (8 * dim + 4 * vocos.intermediate)
    return Work(frames * (2.0 * params + inverse), float(width * params + moved))
