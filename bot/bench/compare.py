"""Two reports of one bench held side by side: what has become worse by more than a share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CompareError(Exception):
    """Two files cannot be compared; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    less: bool  # is better


@dataclass(frozen=True, slots=True)
class Change:
    """`worse`: by which share; below 0 it is better."""

    name: str
    old: float
    new: float
    worse: float


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: list[Change]
    gone: list[str]  # names of numbers that the new one lacks
    notes: list[str]

    def regressions(self, share: float) -> list[Change]:
        return [change for change in self.changes if change.worse > share]

    def text(self, share: float) -> str:
        """What is worse first; what has changed by less than the share, either way, is counted."""
        worse = sorted(self.regressions(share), key=lambda change: -change.worse)
        better = sorted((one for one in self.changes if one.worse < -share), key=lambda change: change.worse)
        lines = [*self.notes]
        for title, some in (("WORSE", worse), ("better", better)):
            lines += [
                f"{title}  {one.name}: {one.old:.4g} -> {one.new:.4g} ({abs(one.worse):.0%})" for one in some
            ]
        lines += [f"gone   {name}" for name in self.gone]
        same = len(self.changes) - len(worse) - len(better)
        lines.append(f"{same} of {len(self.changes)} numbers within {share:.0%}; {len(worse)} worse")
        return "\n".join(lines)


def read(file: Path) -> dict[str, Any]:
    """Raises CompareError."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CompareError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise CompareError(f"{file} is no report: it is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list) or "bench" not in data:
        raise CompareError(f"{file} is no report of a bench")
    return data


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Every number that both have and of which it is known what is better. Raises CompareError."""
    if old["bench"] != new["bench"]:
        raise CompareError(f"one is of the bench {old['bench']}, the other of {new['bench']}")
    before, after = numbers(old), numbers(new)
    changes = [
        Change(name, one.value, after[name].value, _worse(one, after[name]))
        for name, one in before.items()
        if name in after
    ]
    notes = [
        f"note: the {what} differ, so the numbers may not be comparable ({old.get(key)} / {new.get(key)})"
        for what, key in (("machines", "machine"), ("settings", "setting"))
        if old.get(key) != new.get(key)
    ]
    return Comparison(changes, [name for name in before if name not in after], notes)


def numbers(report: Mapping[str, Any]) -> dict[str, Number]:
    """By name: rows with a budget, and the columns of tables that say what is better."""
    try:
        found = {
            str(row["name"]): Number(float(row["value"]), not row["least"])
            for row in report["rows"]
            if row["budget"] is not None
        }
        for table in report.get("tables", []):
            for line in table["lines"]:
                for column, value in zip(table["columns"], line["values"], strict=True):
                    if column["better"] and value is not None:
                        name = f"{table['name']}, {line['name']}, {column['name']}"
                        found[name] = Number(float(value), column["better"] == "less")
    except (KeyError, TypeError, ValueError):
        raise CompareError("a report is not whole: it is none of this version's") from None
    return found


def _worse(old: Number, new: Number) -> float:
    a, b = (old.value, new.value) if old.less else (new.value, old.value)
    if not math.isfinite(new.value):
        return math.inf
    if a == b:
        return 0.0
    # From or to nothing: all the difference there can be.
    return b / a - 1 if a > 0 else math.inf if b > a else -1.0
