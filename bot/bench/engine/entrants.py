"""Who takes part in the contest: stock f5-tts, its predecessor's recipe, and this engine's modes."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

STOCK_WHERE = (
    "stock f5-tts is left out: {missing} cannot be imported; .venv/bin/python -m pip install --no-deps "
    "--require-hashes -r requirements/dev.txt installs what it takes"
)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as one process holds it."""

    kind: str  # "stock", "recipe" (stock with autocast and torch.compile) or "ours"
    precision: str = "fp32"
    compiled: bool = False
    graphs: bool = False

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row of the table: a model and what differs in how it samples."""

    name: str
    model: ModelSpec
    steps: int = 7
    pinned: bool = False
    guided_steps: int | None = None
    quick: bool = True  # takes part in a quick run

    @property
    def stock(self) -> bool:
        return self.model.kind != "ours"


EXACT = ModelSpec("stock", "fp32")  # what errors are measured against


def entrants(device: str, steps: int = 7) -> list[Entrant]:
    """All of them on a kind of device ("cpu", "cuda"), in the table's order."""
    if device == "cuda":
        half, fast = "fp16", ModelSpec("ours", "fp16", compiled=True, graphs=True)
        graphs = ModelSpec("ours", "fp16", graphs=True)
        own = [
            Entrant("fp32", ModelSpec("ours", "fp32"), steps),
            Entrant("fp16", ModelSpec("ours", "fp16"), steps),
            Entrant("bf16", ModelSpec("ours", "bf16"), steps, quick=False),
            Entrant("fp16 + graphs", graphs, steps),
            Entrant("fp16 + graphs + compile", fast, steps, quick=False),
            Entrant("int8", ModelSpec("ours", "int8"), steps),
            Entrant("int8 + graphs", ModelSpec("ours", "int8", graphs=True), steps, quick=False),
            Entrant("int8 + graphs + compile", replace(fast, precision="int8"), steps, quick=False),
        ]
        base = graphs
    else:
        half = "bf16"
        own = [
            Entrant("fp32", ModelSpec("ours", "fp32"), steps, quick=False),
            Entrant("bf16", ModelSpec("ours", "bf16"), steps),
            Entrant("int8", ModelSpec("ours", "int8"), steps),
            Entrant("bf16 + compile", ModelSpec("ours", "bf16", compiled=True), steps, quick=False),
        ]
        base = ModelSpec("ours", "bf16")
    some = max(1, round(steps * 4 / 7))
    own += [
        Entrant(f"{half}, pinned reference", base, steps, pinned=True, quick=False),
        Entrant(f"{half}, guided {some} of {steps}", base, steps, guided_steps=some, quick=False),
    ]
    stock = [Entrant(f"stock fp32, {steps} steps", EXACT, steps)]
    shipped = EXACT
    if device == "cuda":
        shipped = ModelSpec("stock", "fp16")  # f5_tts's own choice
        stock.append(Entrant(f"stock fp16, {steps} steps", shipped, steps))
    stock.append(Entrant(f"stock {shipped.precision}, 32 steps", shipped, 32, quick=device == "cuda"))
    recipe = ModelSpec("recipe", half, compiled=True)
    stock.append(Entrant(f"stock, autocast + compile, {steps} steps", recipe, steps, quick=False))
    return stock + own


def chosen(everyone: Sequence[Entrant], quick: bool, only: Sequence[str]) -> list[Entrant]:
    """Those that `only` names, or whose names hold a word of it; without any, all or the quick ones."""
    if only:
        names = [one.name.lower() for one in everyone]
        asked = [word.lower() for word in only]
        parts = [word for word in asked if word not in names]
        found = {name for name in names if name in asked or any(part in name for part in parts)}
        return [one for one in everyone if one.name.lower() in found]
    return [one for one in everyone if one.quick or not quick]


def without_stock(everyone: Sequence[Entrant]) -> tuple[list[Entrant], str]:
    """Those that can be here, and a sentence about what cannot."""
    names = ("f5_tts", "vocos", "torchaudio", "torchdiffeq", "x_transformers")
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing or not any(one.stock for one in everyone):
        return list(everyone), ""
    return [one for one in everyone if not one.stock], STOCK_WHERE.format(missing=", ".join(missing))
