"""The numbers that the engine is held to, from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from bot.bench.engine.contest import Standing, error
from bot.bench.engine.entrants import ModelSpec
from bot.bench.report import Row

_INT8_ERROR = 2.0  # %: above it int8 is held to no speed


def rows(
    standings: Sequence[Standing], gpu: bool, batched: float | None, usual: bool, seconds: float = 2.0
) -> list[Row]:
    """`usual`: the case is the one that budgets are set for (3 s + 2 s, 7 steps, the model's real size), else
    there are none. `batched`: share of the matrix ceiling at a batch of 8, in percent. `seconds`: of speech.
    """
    found = _gpu(standings, batched, seconds) if gpu else _cpu(standings)
    exact = _of(standings, ModelSpec("ours", "fp32"))
    if exact is not None and (off := error(exact, standings)) is not None:
        found.append(Row("fp32: mel error", off * 100, "%", 0.001, digits=5))
    if usual:
        return found
    return [Row(row.name, row.value, row.unit, digits=row.digits) for row in found]


def _cpu(standings: Sequence[Standing]) -> list[Row]:
    found: list[Row] = []
    half, whole = _of(standings, ModelSpec("ours", "bf16")), _of(standings, ModelSpec("ours", "int8"))
    stock, slow = _of(standings, ModelSpec("stock")), _of(standings, ModelSpec("stock"), steps=32)
    if half:
        found += _faster("bf16", half, stock, 1.9) + _faster("bf16", half, slow, 8)
        found += _error("bf16", half, standings, 0.5)
        if half.resident:
            name = "bf16: memory of the loaded transformer"
            found.append(Row(name, half.resident / 1e6, "MB", 420))
    if whole:
        off = error(whole, standings)
        holds = off is not None and off * 100 <= _INT8_ERROR
        found += _faster("int8", whole, stock, 2.7 if holds else None)
        found += _error("int8", whole, standings, _INT8_ERROR)
    return found


def _gpu(standings: Sequence[Standing], batched: float | None, seconds: float) -> list[Row]:
    found: list[Row] = []
    own = [one for one in standings if one.entrant.model.kind == "ours" and one.entrant.guided_steps is None]
    own = [one for one in own if one.entrant.model.precision == "fp16" and not one.entrant.pinned]
    if own:
        best = min(own, key=lambda one: one.total)
        name = best.entrant.name
        found += _faster(name, best, _of(standings, ModelSpec("stock", "fp16")), 3)
        found += _faster(name, best, _of(standings, ModelSpec("recipe", "fp16", compiled=True)), 1.5)
        found.append(Row(f"{name}: first sound", best.first * 1000, "ms", 60))
        found.append(Row(f"{name}: RTF", best.total / seconds, "", 0.01, digits=4))
        found += _error(name, best, standings, 0.5)
    if batched is not None:
        found.append(Row("share of the matrix ceiling, batch of 8", batched, "%", 50, least=True))
    return found


def _of(standings: Sequence[Standing], model: ModelSpec, steps: int = 0) -> Standing | None:
    """The plain entrant of a model, with so many steps (0: the first that is not 32)."""
    for one in standings:
        entrant = one.entrant
        fits = entrant.steps == steps if steps else entrant.steps != 32
        if entrant.model == model and fits and not entrant.pinned and entrant.guided_steps is None:
            return one
    return None


def _faster(name: str, one: Standing, other: Standing | None, least: float | None) -> list[Row]:
    if other is None:
        return []
    title = f"{name}: faster than {other.entrant.name}"
    return [Row(title, other.total / one.total, "x", least, least=True, digits=2)]


def _error(name: str, one: Standing, standings: Sequence[Standing], most: float) -> list[Row]:
    off = error(one, standings)
    return [] if off is None else [Row(f"{name}: mel error", off * 100, "%", most, digits=3)]
