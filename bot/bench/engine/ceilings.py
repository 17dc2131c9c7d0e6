"""How fast this machine multiplies matrices and moves memory at best, as its own library does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.bench.engine.meter import Meter
from bot.engine.f5.precision import Precision, PrecisionError


@dataclass(frozen=True, slots=True)
class Ceilings:
    matrix: dict[str, float]  # operations per second by precision; a multiply-add is two
    bandwidth: float  # bytes per second, read and written


def ceilings(device: torch.device, size: int | None = None) -> Ceilings:
    """The best of several shapes and tries. `size`: of the matrices, smaller ones in tests."""
    meter = Meter(device)
    least = 0.25 if size is None else 0.01
    matrix = {}
    for name in ("fp32", "bf16", "fp16", "int8"):
        try:
            matrix[name] = _matrix(name, meter, size or (8192 if meter.gpu else 2048), least)
        except (PrecisionError, RuntimeError, NotImplementedError):
            continue  # this device or torch does not have it
    return Ceilings(matrix, _bandwidth(meter, 1 << (22 if size else 30 if meter.gpu else 28), least))


@torch.inference_mode()
def _matrix(name: str, meter: Meter, size: int, least: float) -> float:
    precision = Precision.of(name, meter.device)
    best = 0.0
    for rows, inner, out in ((size, size, size), (size // 2, size // 2, size)):
        work = 2.0 * rows * inner * out
        for product in _products(precision, rows, inner, out):
            best = max(best, work / _seconds(product, meter, least))
    return best


def _products(precision: Precision, rows: int, inner: int, out: int) -> list[Callable[[], object]]:
    """The library's own product, and this engine's layer, which may know a better way to it."""
    device = precision.device
    weight = torch.randn(out, inner, device=device) / inner**0.5
    x = torch.randn(rows, inner, device=device)
    layer = precision.linear(weight, torch.zeros(out, device=device))
    if precision.name == "int8":
        # Not all the same: numbers that do not change take less power, and run at a higher clock.
        a, b = (
            torch.randint(-127, 128, (rows, inner), dtype=torch.int8, device=device) for rows in (rows, out)
        )
        b = b.mT
        return [lambda: layer(x), *([lambda: torch._int_mm(a, b)] if device.type == "cuda" else [])]
    a, b = x.to(precision.dtype), weight.to(precision.dtype).mT
    return [lambda: layer(a), lambda: torch.mm(a, b)]


def _bandwidth(meter: Meter, size: int, least: float) -> float:
    if meter.gpu:
        size = min(size, torch.cuda.mem_get_info(meter.device)[0] // 4)
    source = torch.ones(size // 4, device=meter.device)
    target = torch.empty_like(source)

    def copy() -> Tensor:
        return target.copy_(source)

    return 2.0 * size / _seconds(copy, meter, least)


def _seconds(work: Callable[[], object], meter: Meter, least: float) -> float:
    """The fastest of the tries that fit in `least` seconds, three at least."""
    work()
    found: list[float] = []
    end = time.perf_counter() + least
    while len(found) < 3 or time.perf_counter() < end:
        began = meter.now()
        work()
        found.append(meter.now() - began)
    return min(found)
