"""What a bench found: rows of numbers with the budgets they are held against, as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
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

    @property
    def met(self) -> bool:
        if self.budget is None:
            return True
        return self.value >= self.budget if self.least else self.value <= self.budget


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

    def table(self) -> str:
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{self.bench}: {self.setting}",
            f"{self.machine['processor']}, {self.machine['cores']} cores, Python {self.machine['python']}",
        ]
        for row in self.rows:
            bound = "at least" if row.least else "at most"
            budget = "" if row.budget is None else f"  ({bound} {row.budget:g}: {'yes' if row.met else 'NO'})"
            lines.append(f"  {row.name:<{width}}  {row.value:>9.1f} {row.unit}{budget}")
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
