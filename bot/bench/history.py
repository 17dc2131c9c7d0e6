"""Reports kept as files of a folder, by bench, machine and time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from bot.bench.report import Report


def keep(report: Report, folder: Path) -> Path:
    """Writes `report` as a new file of `folder`, which is made if need be. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = str(report.machine.get("gpu") or report.machine["processor"])
    name = re.sub(r"[^a-z0-9]+", "-", machine.lower()).strip("-")
    when = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    file = folder / f"{report.bench}-{name}-{when}.json"
    report.write(file)
    return file
