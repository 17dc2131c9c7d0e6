"""The tables of the engine's bench: contest, sweep and profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.bench.engine.case import Case
from bot.bench.engine.contest import Standing, error
from bot.bench.engine.contestant import Run
from bot.bench.engine.counted import whole
from bot.bench.engine.entrants import Entrant, ModelSpec
from bot.bench.report import Column, Line, Table
from bot.engine.f5.architecture import Architecture, VocosArchitecture

CONTEST = [
    Column("first ms", digits=0, better="less"),
    Column("total ms", digits=0, better="less"),
    Column("spread %", digits=0),
    Column("runs", digits=0),
    Column("RTF", digits=3, better="less"),
    Column("x stock", digits=2, better="more"),
    Column("peak MB", digits=0, better="less"),
    Column("mel error %", digits=4),
    Column("matrix %", digits=0),
    Column("memory %", digits=0),
]
SWEEP = [
    Column("first ms", digits=0, better="less"),
    Column("total ms", digits=0, better="less"),
    Column("RTF", digits=3, better="less"),
    Column("peak MB", digits=0, better="less"),
    Column("matrix %", digits=0),
]


class Shares:
    """Of the machine's measured ceilings."""

    def __init__(
        self, arch: Architecture, vocos: VocosArchitecture, matrix: Mapping[str, float], bandwidth: float
    ) -> None:
        self._arch, self._vocos, self._matrix, self._bandwidth = arch, vocos, matrix, bandwidth

    def matrix(self, case: Case, model: ModelSpec, seconds: float) -> float | None:
        """The counted operations in percent of what the precision's products could do meanwhile."""
        ceiling = self._matrix.get(model.precision)
        if ceiling is None:
            return None
        return 100 * whole(self._arch, self._vocos, case, model.precision).flops / seconds / ceiling

    def bandwidth(self, case: Case, model: ModelSpec, seconds: float) -> float:
        """The counted bytes in percent of what could be moved meanwhile."""
        return 100 * whole(self._arch, self._vocos, case, model.precision).moved / seconds / self._bandwidth


def contest_table(
    standings: Sequence[Standing], case: Case, shares: Shares, beside: Standing | None
) -> Table:
    """`beside`: whom "x stock" compares with."""
    lines = []
    for one in standings:
        mine = case_of(case, one.entrant)
        off = error(one, standings)
        lines.append(
            Line(
                one.entrant.name,
                [
                    one.first * 1000,
                    one.total * 1000,
                    None if one.spread is None else one.spread * 100,
                    len(one.runs),
                    one.total / (case.seconds * case.batch),
                    beside.total / one.total if beside else None,
                    one.peak / 1e6 if one.peak else None,
                    None if off is None else off * 100,
                    shares.matrix(mine, one.entrant.model, one.total),
                    shares.bandwidth(mine, one.entrant.model, one.total),
                ],
            )
        )
    note = (
        "Medians; spread: slowest less fastest run. Mel error: against stock fp32 (else this engine's fp32)"
        " with as many steps and the same noise. x stock: against "
        + (beside.entrant.name if beside else "nothing, since it is not here")
        + ". matrix %, memory %: counted operations and bytes of the case in the time it took, of this"
        " machine's measured ceilings. Stock cannot stream: its first sound is its last."
    )
    return Table("contest", CONTEST, lines, note)


def sweep_table(runs: Sequence[tuple[str, Case, Run]], model: ModelSpec, name: str, shares: Shares) -> Table:
    lines = [
        Line(
            title,
            [
                run.first * 1000,
                run.total * 1000,
                run.total / (case.seconds * case.batch),
                run.peak / 1e6 if run.peak else None,
                shares.matrix(case, model, run.total),
            ],
        )
        for title, case, run in runs
    ]
    return Table("sweep", SWEEP, lines, f"This engine, {name}. RTF: of all sound of the batch together.")


def profile_table(profiles: Mapping[str, Mapping[str, float]]) -> Table:
    parts = ("text", "transformer", "vocoder", "copies")
    columns = [Column(f"{part} {unit}", digits=1) for part in parts for unit in ("ms", "%")]
    lines = []
    for name, seconds in profiles.items():
        total = sum(seconds.values())
        values: list[float | None] = []
        for part in parts:
            one = seconds.get(part)
            values += [None, None] if one is None else [one * 1000, 100 * one / total]
        lines.append(Line(name, values))
    note = "text: tokens and text encoder; of stock it is in its transformer. copies: samples to this memory."
    return Table("components", columns, lines, note)


def case_of(case: Case, entrant: Entrant) -> Case:
    return replace(case, steps=entrant.steps, pinned=entrant.pinned, guided_steps=entrant.guided_steps)
