"""What a bench found: rows of numbers with the budgets they are held against, tables of what was compared; as
text and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
import textwrap
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot import __version__


@dataclass(frozen=True, slots=True)
class Row:
    """One number. `budget` is the most it should be, or the `least`; None: for information."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    least: bool = False
    digits: int = 1  # behind the point

    @property
    def met(self) -> bool:
        if self.budget is None:
            return True
        return self.value >= self.budget if self.least else self.value <= self.budget


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    digits: int = 1  # behind the point
    better: str = ""  # "less", "more", or "": for information


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    values: list[float | None]  # one for each column; None: there is none


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers of several things, side by side."""

    name: str
    columns: list[Column]
    lines: list[Line]
    note: str = ""

    def text(self) -> str:
        heads = [column.name for column in self.columns]
        cells = [
            [
                "-" if value is None else f"{value:,.{column.digits}f}"
                for column, value in zip(self.columns, line.values, strict=True)
            ]
            for line in self.lines
        ]
        first = (
            max(len(self.name), *(len(line.name) for line in self.lines)) if self.lines else len(self.name)
        )
        widths = [max(len(row[place]) for row in [heads, *cells]) for place in range(len(heads))]

        def joined(name: str, row: list[str]) -> str:
            return f"  {name:<{first}}" + "".join(
                f"  {cell:>{width}}" for cell, width in zip(row, widths, strict=True)
            )

        rows = [joined(line.name, row) for line, row in zip(self.lines, cells, strict=True)]
        note = (
            [textwrap.fill(self.note, 108, initial_indent="  ", subsequent_indent="  ")] if self.note else []
        )
        return "\n".join([joined(self.name, heads), *rows, *note])


@dataclass(frozen=True, slots=True)
class Report:
    bench: str
    rows: list[Row]
    setting: str = ""  # how it was measured, in a few words
    machine: dict[str, str | int | None] = field(
        default_factory=lambda: {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
    )
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # sentences: what was left out, and why

    def table(self) -> str:
        width = max((len(row.name) for row in self.rows), default=0)
        lines = [
            f"{self.bench}: {self.setting}",
            f"{self.machine['processor']}, {self.machine['cores']} cores, Python {self.machine['python']}",
        ]
        for row in self.rows:
            bound = "at least" if row.least else "at most"
            budget = "" if row.budget is None else f"  ({bound} {row.budget:g}: {'yes' if row.met else 'NO'})"
            lines.append(f"  {row.name:<{width}}  {row.value:>9.{row.digits}f} {row.unit}{budget}")
        for table in self.tables:
            lines += ["", table.text()]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    def write(self, file: Path) -> None:
        """Writes the rows as JSON. Raises OSError."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        data = {"version": __version__, "measured": when, **asdict(self)}
        file.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
