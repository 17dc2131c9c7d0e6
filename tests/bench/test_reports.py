"""Rows and reports, and each bench as a process: the table, the JSON, every row; speed is not judged."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.bench.report import Report, Row
from tests.fakes.bot_process import ROOT


@pytest.mark.parametrize(
    ("value", "budget", "least", "met"),
    [
        (1.0, None, False, True),
        (1.0, 1, False, True),
        (1.01, 1, False, False),
        (0.0, 0, False, True),
        (2.0, 2, True, True),
        (1.99, 2, True, False),
        (math.inf, 1, False, False),
        (math.nan, 1, False, False),
        (math.nan, 1, True, False),
    ],
)
def test_a_budget_is_the_most_or_the_least(
    value: float, budget: float | None, least: bool, met: bool
) -> None:
    assert Row("x", value, "ms", budget, least).met is met


ROWS = [
    Row("chat line to sample, p50", 12.34, "ms", 25),
    Row("每秒消息", 1999.96, "/s", 2000, least=True),
    Row("for information", 3.0, ""),
]


def test_the_table_holds_every_row_and_how_it_stands() -> None:
    lines = Report("chat", ROWS, "on a virtual clock").table().splitlines()
    assert lines[0] == "chat: on a virtual clock"
    assert "Python 3." in lines[1]
    assert [line.split("  ")[1] for line in lines[2:]] == [row.name for row in ROWS]
    assert re.search(r"12\.3 ms  \(at most 25: yes\)$", lines[2])
    assert lines[3].endswith("(at least 2000: NO)")
    assert "(" not in lines[4]


def test_the_json_holds_what_the_table_shows(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    report = Report("chat", ROWS, "on a virtual clock")
    file.write_text("what was there before")
    report.write(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    assert (data["bench"], data["setting"]) == ("chat", "on a virtual clock")
    assert [Row(**row) for row in data["rows"]] == ROWS
    assert data["machine"] == report.machine
    assert data["version"]
    assert data["measured"].endswith("+00:00")
    assert "每秒消息" in file.read_text(encoding="utf-8")  # readable by hand


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Report("chat", ROWS).write(tmp_path / "nowhere" / "report.json")


# ------------------------------------------------------------------ as processes


def bench(*arguments: str, timeout: float = 120) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "bench", *arguments],
        capture_output=True,
        timeout=timeout,
        cwd=ROOT,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def rows_of(bench_name: str, file: Path, printed: str) -> list[Row]:
    """The rows in the JSON, each of which the table must show."""
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert data["bench"] == bench_name
    rows = [Row(**row) for row in data["rows"]]
    assert printed.startswith(Report(bench_name, rows, data["setting"], data["machine"]).table())
    assert len({row.name for row in rows}) == len(rows)
    assert all(math.isfinite(row.value) for row in rows)
    return rows


def budgets(rows: list[Row]) -> dict[str, float | None]:
    return {row.name: -row.budget if row.least and row.budget else row.budget for row in rows}


def test_bench_chat(tmp_path: Path) -> None:
    code, out, err = bench("chat", "--messages", "500", "--json", str(tmp_path / "chat.json"))
    assert (code, err) == (0, "")
    rows = rows_of("chat", tmp_path / "chat.json", out)
    assert budgets(rows) == {
        "a realistic mix, messages a second on one core": -2000,
        "a message of the mix, p99": 5,
        "the same by the clock, other programs' turns in it": None,
        "10,000 blocked words and 200 patterns, cost over none": 1.2,
        "10,000 blocked words and 200 patterns, cost over three words": 1.2,
        "spam alone, refusals a second": -20_000,
        "backlog estimate, off by": 15,
        "estimate against espeak, sum off by": 15,
        "estimate against espeak, each off by": None,
        "a flood: paid starts after the current utterance": 1,
        "paid messages lost in the evening": 0,
    }
    by_name = {row.name: row for row in rows}
    # These depend on no machine's speed.
    assert all(row.met for name, row in by_name.items() if "estimate" in name or "paid" in name)
    for rank in ("paid", "moderator", "subscriber", "viewer"):
        assert re.search(rf"^  {rank} +sent +\d+  spoken +\d+ \( *[\d.]+%\)  waited p50", out, re.MULTILINE)


def test_bench_pipeline(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.json"
    code, out, err = bench("pipeline", "--messages", "3", "--starts", "1", "--json", str(file))
    assert (code, err) == (0, "")
    expected: dict[str, float | None] = {
        "chat line received to first sample, p50": 25,
        "chat line received to first sample, p95": 60,
        "chat line received to first sample, worst": None,
        "start to connected and ready, median": 1500,
        "start to connected and ready, worst": None,
    }
    if Path("/proc/self/status").exists():
        expected |= {
            "the bot's memory (resident)": 120,
            "the espeak engine's memory (resident)": None,
        }
    rows = rows_of("pipeline", file, out)
    assert budgets(rows) == expected
    assert all(row.value > 0 for row in rows)


def test_bench_sources(tmp_path: Path) -> None:
    pytest.importorskip("trustme")
    code, out, err = bench("sources", "--seconds", "1", "--json", str(tmp_path / "sources.json"))
    assert (code, err) == (0, "")
    rows = rows_of("sources", tmp_path / "sources.json", out)
    expected: dict[str, float | None] = {
        "Bilibili: danmaku parsed from brotli frames": -5000,
        "Open Live: danmaku parsed from brotli frames": -5000,
        "Twitch: chat lines parsed": None,
        "flood: danmaku held": -2000,
        "flood: Twitch lines held": -200,
        "flood: messages lost, and connections": 0,
        "flood: event loop late, p99": 50,
        "flood: event loop late, worst": None,
        "flood: processor, of one core": None,
        "after a drop: server back to first message, Bilibili": 3,
        "after a drop: server back to first message, Open Live": 3,
        "after a drop: server back to first message, Twitch": 3,
    }
    if Path("/proc/self/status").exists():
        expected["flood: growth of memory"] = 20
    assert budgets(rows) == expected


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "chat.json"
    code, out, err = bench("pipeline", "--messages", "1", "--starts", "1", "--json", str(file))
    assert code == 1
    assert "start to connected and ready" in out  # what was measured is not lost with the file
    assert err.strip() == f"{file} cannot be written: No such file or directory"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("chats",),
        ("chat", "--messages", "many"),
        ("chat", "--messages", "0"),
        ("pipeline", "--messages", "0"),
        ("pipeline", "--starts", "-1"),
        ("sources", "--seconds", "0"),
        ("sources", "--seconds", "nan"),
    ],
)
def test_a_wrong_argument(arguments: tuple[str, ...]) -> None:
    code, out, err = bench(*arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err
