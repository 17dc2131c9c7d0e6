"""The bench of the pages measures the real bot, and finds numbers."""

from __future__ import annotations

import math

from bot.bench.web import measure


async def test_it_measures_everything() -> None:
    report = await measure(seconds=2, pages=2, rate=20)
    values = {row.name: row.value for row in report.rows}
    assert values["first sound through the API, median"] > 0
    assert 0 < values["speech begins, to a page told of it, p95"] < 5000
    assert values["frames that a page was sent in a second"] > 1
    assert values["the panel's first load, packed"] > 1
    assert not any(math.isnan(value) for name, value in values.items() if "utterance" not in name)
    assert [row.budget for row in report.rows if row.budget] == [5, 10, 50, 150]
