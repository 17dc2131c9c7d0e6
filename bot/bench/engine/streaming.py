"""Whole chat lines through the engine's own streaming: pieces planned, made, decoded, joined, as on air."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.bench.engine.case import Case
from bot.bench.engine.contest import Tell
from bot.bench.engine.remote import Remote, WorkerFault
from bot.bench.report import Column, Line, Table

if TYPE_CHECKING:
    from bot.bench.engine.ours import Ours

LINES = (1.0, 2.0, 5.0, 10.0)  # s of speech, as a chat line would take
_COLUMNS = [
    Column("first ms", digits=0, better="less"),
    Column("starved ms", digits=0),
    Column("total ms", digits=0, better="less"),
    Column("sound ms", digits=0),
    Column("RTF", digits=3, better="less"),
]
_NOTE = (
    "Lines of chat as they are spoken on air: cut into pieces by measured cost, the first one early. first:"
    " until sound leaves the engine, which on a machine slower than speech is held back on purpose; starved:"
    " how long a listener who hears it from then on waits in the midst."
)


@dataclass(frozen=True, slots=True)
class Streamed:
    """One line, in seconds from its text on."""

    first: float  # until the first samples
    starved: float  # of silence in the midst, for a listener who begins with the first samples
    total: float
    sound: float

    def json(self) -> dict[str, Any]:
        return asdict(self)


def stream(ours: Ours, case: Case) -> Streamed:
    """Speaks `case`'s text, whose length alone counts, in the reference's voice. Warm before."""
    from bot.engine.f5.joins import RATE

    began = time.perf_counter()
    first = starved = sound = 0.0
    for block in ours.spoken(case):
        if not block.size:
            continue
        now = time.perf_counter() - began
        if sound:
            starved += max(0.0, now - (first + sound + starved))
        else:
            first = now
        sound += block.size / RATE
    return Streamed(first, starved, time.perf_counter() - began, sound)


def streamed(
    remote: Remote, base: Case, rounds: int, tell: Tell
) -> tuple[list[tuple[str, Streamed]], list[str]]:
    """The median run of each line, and sentences about what could not be run."""
    found, notes = [], []
    for seconds in LINES:
        name = f"a line of {seconds:g} s"
        tell(f"streaming: {name}")
        case = Case(base.reference, seconds, base.steps)
        try:
            remote.ask("stream", case=case.json())  # what is done but once is done before
            runs = [Streamed(**remote.ask("stream", case=case.json())) for _ in range(rounds)]
        except WorkerFault as fault:
            notes.append(f"streaming, {name}: {fault}")
            continue
        found.append((name, sorted(runs, key=lambda run: run.first)[len(runs) // 2]))
    return found, notes


def streaming_table(runs: Sequence[tuple[str, Streamed]], name: str) -> Table:
    lines = [
        Line(
            title,
            [
                *(1000 * each for each in (run.first, run.starved, run.total, run.sound)),
                run.total / run.sound if run.sound else None,
            ],
        )
        for title, run in runs
    ]
    return Table("streaming", _COLUMNS, lines, f"This engine, {name}. {_NOTE}")
