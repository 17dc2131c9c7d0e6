"""Two reports side by side, the folder of reports, and tables with columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.bench import history
from bot.bench.compare import CompareError, compare, numbers, read
from bot.bench.report import Column, Line, Report, Row, Table
from bot.command_line.dispatch import dispatch

COLUMNS = [Column("ms", better="less"), Column("x", digits=2, better="more"), Column("share %")]


def report(ms: float = 100, x: float = 2, seconds: float = 5, least: float = 10) -> Report:
    return Report(
        "engine",
        [Row("start", seconds, "s", 8), Row("pace", least, "/s", 5, least=True), Row("seen", ms, "")],
        "as set",
        tables=[
            Table("contest", COLUMNS, [Line("fp16", [ms, x, 50]), Line("stock", [1000, None, 9])], "how")
        ],
        notes=["something is left out"],
    )


def written(folder: Path, name: str, what: Report) -> Path:
    what.write(folder / name)
    return folder / name


def as_json(what: Report, folder: Path) -> dict[str, object]:
    return read(written(folder, "some.json", what))


@pytest.mark.parametrize(
    ("new", "worse"),
    [
        (report(), []),
        (report(ms=109), []),
        (report(ms=112), ["contest, fp16, ms"]),
        (report(ms=10, x=20, seconds=1, least=100), []),
        (report(x=1.5), ["contest, fp16, x"]),
        (report(seconds=6), ["start"]),
        (report(least=4), ["pace"]),
        (report(ms=float("nan")), ["contest, fp16, ms"]),
        (report(ms=200, seconds=20), ["contest, fp16, ms", "start"]),
    ],
)
def test_what_is_worse(new: Report, worse: list[str], tmp_path: Path) -> None:
    found = compare(as_json(report(), tmp_path), as_json(new, tmp_path))
    assert sorted(change.name for change in found.regressions(0.1)) == worse
    assert found.text(0.1).count("WORSE") == len(worse)


def test_only_what_is_known_to_be_better_or_worse_is_compared(tmp_path: Path) -> None:
    assert set(numbers(as_json(report(), tmp_path))) == {
        "start",
        "pace",
        "contest, fp16, ms",
        "contest, fp16, x",
        "contest, stock, ms",
    }


@pytest.mark.parametrize(
    ("new", "arguments", "code"),
    [
        (report(), (), 0),
        (report(ms=112), (), 1),
        (report(ms=112), ("--share", "0.2"), 0),
        (report(ms=101), ("--share", "0"), 1),
    ],
)
def test_the_exit_code(
    new: Report, arguments: tuple[str, ...], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(written(tmp_path, "old.json", report())), str(written(tmp_path, "new.json", new))]
    assert dispatch(["bench", "compare", *files, *arguments]) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert ("WORSE" in out) is (code == 1)


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "old.json", report())
    other = written(tmp_path, "other.json", Report("chat", []))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "foreign.json").write_text('{"rows": 3}')
    for name in ("other.json", "broken.json", "foreign.json", "nowhere.json"):
        assert dispatch(["bench", "compare", str(old), str(tmp_path / name)]) == 1
        assert capsys.readouterr().err.strip().count("\n") == 0
    with pytest.raises(CompareError, match="one is of the bench engine, the other of chat"):
        compare(read(old), read(other))
    assert dispatch(["bench", "compare", str(old), str(old), "--share", "-1"]) == 2


def test_another_machine_is_said(tmp_path: Path) -> None:
    old, new = as_json(report(), tmp_path), as_json(report(), tmp_path)
    new["machine"] = {"processor": "another"}
    assert "the machines differ" in compare(old, new).text(0.1)


def test_what_is_gone_is_said(tmp_path: Path) -> None:
    old, new = as_json(report(), tmp_path), as_json(report(), tmp_path)
    new["rows"] = []
    found = compare(old, new)
    assert found.gone == ["start", "pace"]
    assert "gone   start" in found.text(0.1)


def test_history_keeps_every_report(tmp_path: Path) -> None:
    what = report()
    what.machine["gpu"] = "NVIDIA H200 / 1"
    file = history.keep(what, tmp_path / "benchmarks")
    assert file.name.startswith("engine-nvidia-h200-1-2")
    assert json.loads(file.read_text())["tables"][0]["lines"][0]["values"] == [100, 2, 50]


def test_a_table_stands_below_the_rows() -> None:
    lines = report(ms=1234.5).table().splitlines()
    head = next(line for line in lines if line.startswith("  contest"))
    assert head.split() == ["contest", "ms", "x", "share", "%"]
    row = lines[lines.index(head) + 1]
    assert row.split() == ["fp16", "1,234.5", "2.00", "50.0"]
    assert lines[lines.index(head) + 2].split() == ["stock", "1,000.0", "-", "9.0"]
    assert len({len(line) for line in lines[lines.index(head) : lines.index(head) + 3]}) == 1
    assert lines[-1] == "something is left out"
