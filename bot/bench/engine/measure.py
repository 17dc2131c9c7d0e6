"""The engine's bench as a whole: weights, ceilings, contest, sweep, components, start-up, projection."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.bench.engine.case import Case
from bot.bench.engine.contest import Stable, Standing, Tell, contest
from bot.bench.engine.contestant import Files
from bot.bench.engine.entrants import Entrant, ModelSpec, chosen, entrants, without_stock
from bot.bench.engine.material import Material, material
from bot.bench.engine.numbers import rows
from bot.bench.engine.projection import table as projection
from bot.bench.engine.remote import Remote, WorkerFault
from bot.bench.engine.startup import seconds_to_ready
from bot.bench.engine.streaming import streamed, streaming_table
from bot.bench.engine.sweep import sweep
from bot.bench.engine.tables import Shares, contest_table, profile_table, sweep_table
from bot.bench.report import Report, Row, Table
from bot.engine.f5.settings import F5Settings

_USUAL = Case()  # what budgets are set for
_MATRIX = 512  # size of the ceilings' matrices where the model is a small one


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    case: Case = _USUAL
    quick: bool = False
    only: Sequence[str] = ()  # words of entrants' names; empty: all that there are
    sweep: Sequence[str] = ()  # axes
    rounds: int = 3
    random: bool = False


def measure(settings: F5Settings, plan: Plan, tell: Tell) -> Report:
    """Takes minutes; `tell` is told what goes on.

    Raises HubError, CheckpointError, ImportError or WorkerFault.
    """
    with tempfile.TemporaryDirectory(prefix="chat-aloud-bench-") as name:
        folder = Path(name)
        found = material(settings, folder, plan.random, tell)
        files = replace(found.files, device=_device(settings.device))
        with Stable(files, tell) as stable:
            return _measured(replace(found, files=files), plan, stable, folder, tell)


def _measured(found: Material, plan: Plan, stable: Stable, folder: Path, tell: Tell) -> Report:
    real_size = found.architecture.parameters > 1e8
    tell("measuring the ceilings of this machine")
    with Remote(found.files) as remote:
        machine = remote.ask("machine", size=None if real_size else _MATRIX)
    ceilings = machine["ceilings"]
    shares = Shares(found.architecture, found.vocos, ceilings["matrix"], ceilings["bandwidth"])
    kind = found.files.device.partition(":")[0]
    takes_part, note = without_stock(chosen(entrants(kind, plan.case.steps), plan.quick, plan.only))
    standings, notes = contest(takes_part, plan.case, plan.rounds, stable, folder, tell)
    if note:
        notes.insert(0, note)
    tables: list[Table] = []
    if standings:
        tables.append(contest_table(standings, plan.case, shares, _beside(standings)))
    batched, more = _more(found, plan, stable, standings, shares, notes, tell)
    tables += more
    tables.append(projection(found.architecture, found.vocos, plan.case.steps))
    usual = real_size and plan.case == _USUAL
    budgets = rows(standings, kind == "cuda", batched, usual, plan.case.seconds)
    budgets += _start(found.files, usual, notes, tell)
    budgets += _ceiling_rows(ceilings)
    facts = machine["facts"]
    report = Report("engine", budgets, _setting(plan, found, facts), tables=tables, notes=notes)
    report.machine.update({"gpu": facts["gpu"], "torch": facts["torch"], "threads": facts["threads"]})
    return report


def _more(
    found: Material,
    plan: Plan,
    stable: Stable,
    standings: Sequence[Standing],
    shares: Shares,
    notes: list[str],
    tell: Tell,
) -> tuple[float | None, list[Table]]:
    """The share of the matrix ceiling at a batch of 8, if it was measured; components, sweep, streaming."""
    tables: list[Table] = []
    profiles = {}
    for one in standings:
        if one.entrant.pinned or one.entrant.guided_steps or one.total * 2 > _PATIENCE:
            continue
        try:
            tell(f"components of {one.entrant.name}")
            remote, _ = stable.of(one.entrant.model, one.entrant.name)
            case = replace(plan.case, steps=one.entrant.steps)
            profiles[one.entrant.name] = remote.ask("profile", case=case.json())
        except WorkerFault as fault:
            notes.append(f"components of {one.entrant.name}: {fault}")
    if profiles:
        tables.append(profile_table(profiles))
    entrant = _swept(standings, found.files.device)
    if not plan.sweep or entrant is None:
        return None, tables
    remote, _ = stable.of(entrant.model, entrant.name)
    # What a CPU takes long for is run once.
    rounds = 1 if plan.quick or not found.files.device.startswith("cuda") else plan.rounds
    runs, faults = sweep(remote, plan.case, plan.sweep, rounds, tell)
    notes += faults
    if runs:
        tables.append(sweep_table(runs, entrant.model, entrant.name, shares))
    if "streaming" in plan.sweep:
        lines, faults = streamed(remote, plan.case, rounds, tell)
        notes += faults
        if lines:
            tables.append(streaming_table(lines, entrant.name))
    batched = next(
        (shares.matrix(case, entrant.model, run.total) for _, case, run in runs if case.batch == 8), None
    )
    return batched, tables


_PATIENCE = 60.0  # s: what takes longer than half of it is not run again for its components


def _swept(standings: Sequence[Standing], device: str) -> Entrant | None:
    """This engine as it runs by default, or else the first of its modes that took part."""
    gpu = device.startswith("cuda")
    usual = ModelSpec("ours", "fp16", graphs=True) if gpu else ModelSpec("ours", "bf16")
    own = [one.entrant for one in standings if not one.entrant.stock and not one.entrant.pinned]
    own.sort(key=lambda entrant: entrant.model != usual)
    return own[0] if own else None


def _beside(standings: Sequence[Standing]) -> Standing | None:
    """Stock as shipped, with the steps of the others."""
    stock = [one for one in standings if one.entrant.model.kind == "stock" and one.entrant.steps != 32]
    return stock[-1] if stock else None


def _start(files: Files, usual: bool, notes: list[str], tell: Tell) -> list[Row]:
    tell("starting the engine in a fresh process")
    try:
        took = seconds_to_ready(files)
    except WorkerFault as fault:
        notes.append(f"the start could not be measured: {fault}")
        return []
    budget = 8 if usual and files.device == "cpu" else None
    return [Row("import to ready, weights cached, no compile", took, "s", budget, digits=2)]


def _ceiling_rows(ceilings: dict[str, dict[str, float]]) -> list[Row]:
    found = [
        Row(f"ceiling: {name} products", value / 1e9, "GFLOP/s", digits=0)
        for name, value in ceilings["matrix"].items()
    ]
    return [*found, Row("ceiling: memory read and written", float(str(ceilings["bandwidth"])) / 1e9, "GB/s")]


def _device(name: str) -> str:
    """As torch names it; a process of its own finds out, so that this one stays without torch."""
    if name != "auto":
        return name
    program = "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "cpu"


def _setting(plan: Plan, found: Material, facts: dict[str, str | int]) -> str:
    case = plan.case
    where = facts["gpu"] or f"CPU, {facts['threads']} threads"
    return (
        f"{found.said}; {where}, torch {facts['torch']}; reference {case.reference:g} s and"
        f" {case.seconds:g} s of speech ({case.frames} frames), {case.steps} steps, one seed; {plan.rounds}"
        f" round{'s' if plan.rounds > 1 else ''}"
    )
