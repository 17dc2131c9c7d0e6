"""Foretells the engine's time on a Jetson AGX Orin from counted operations and bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.bench.engine.case import Case
from bot.bench.engine.counted import sampling as sampled
from bot.bench.engine.counted import text, vocoder
from bot.bench.report import Column, Line, Table
from bot.engine.f5.architecture import Architecture, VocosArchitecture


@dataclass(frozen=True, slots=True)
class Device:
    """Dense peaks, without sparsity and without the separate accelerators (DLA)."""

    name: str
    half: float  # fp16 operations per second of the tensor cores
    int8: float
    bandwidth: float  # bytes per second


ORINS = (
    Device("AGX Orin 64 GB", 42.6e12, 85.2e12, 204.8e9),
    Device("AGX Orin 32 GB", 26.7e12, 53.4e12, 204.8e9),
)
COMPUTE, BANDWIDTH = 0.5, 0.7  # shares of the peaks that are reached
LAUNCH = 20e-6  # s a step, by a captured graph
ASSUMPTIONS = (
    f"Derived, not measured. Assumed: {COMPUTE:.0%} of the dense tensor-core peak ("
    + "; ".join(f"{one.name}: fp16 {one.half / 1e12:g}, int8 {one.int8 / 1e12:g} TOPS" for one in ORINS)
    + f"), {BANDWIDTH:.0%} of 204.8 GB/s; of a product whichever takes longer, and what is moved between"
    " products after it, by one kernel where it is compiled and by several where it is not; CUDA graphs at"
    f" the exact length ({LAUNCH * 1e6:.0f} us a step); clocks locked at their highest (nvpmodel -m 0,"
    " jetson_clocks); nothing else on the GPU. int8: all products of a step twice as fast, while naive int8"
    " has been slower than fp16."
)
_ROWS: tuple[tuple[str, str, Case, bool], ...] = (
    ("fp16, reference 3 s + 2 s", "fp16", Case(), True),
    ("fp16, 3 s + 2 s, not compiled", "fp16", Case(), False),
    ("fp16, reference 5 s + 2 s", "fp16", Case(5), True),
    ("fp16, 5 s + 2 s, not compiled", "fp16", Case(5), False),
    ("fp16, reference 12 s + 2 s", "fp16", Case(12), True),
    ("fp16, reference 3 s + 1 s", "fp16", Case(3, 1), True),
    ("fp16, 5 s + 2 s, pinned reference", "fp16", Case(5, pinned=True), True),
    ("fp16, 5 s + 2 s, guided 4 of 7", "fp16", Case(5, guided_steps=4), True),
    ("int8, reference 3 s + 2 s", "int8", Case(), True),
    ("fp16, 3 s + 2 s, batch 4", "fp16", Case(batch=4), True),
)


def projected(
    arch: Architecture,
    vocos: VocosArchitecture,
    case: Case,
    precision: str,
    device: Device,
    *,
    fused: bool = True,
) -> float:
    """Seconds of a whole case."""
    half, moved = device.half * COMPUTE, device.bandwidth * BANDWIDTH
    products = device.int8 * COMPUTE if precision == "int8" else half
    steps = sampled(arch, case, precision, fused=fused).seconds(products, moved)
    # fp32 outside tensor cores is an eighth of fp16 inside.
    words = text(arch, case).seconds(half / 8, moved)
    return steps + words + vocoder(vocos, case, 2).seconds(half, moved) + LAUNCH * case.steps


def table(arch: Architecture, vocos: VocosArchitecture, steps: int = 7) -> Table:
    columns = [Column("TFLOP", digits=2), Column("GB moved", digits=1)]
    for device in ORINS:
        columns += [Column(f"{device.name}, ms", digits=0, better="less"), Column("RTF", digits=3)]
    lines = []
    for name, precision, each, fused in _ROWS:
        case = replace(each, steps=steps)
        work = sampled(arch, case, precision, fused=fused) + text(arch, case) + vocoder(vocos, case, 2)
        values: list[float | None] = [work.flops / 1e12, work.moved / 1e9]
        for device in ORINS:
            seconds = projected(arch, vocos, case, precision, device, fused=fused)
            values += [seconds * 1000, seconds / (case.seconds * case.batch)]
        lines.append(Line(name, values))
    return Table("projection", columns, lines, note=ASSUMPTIONS)
