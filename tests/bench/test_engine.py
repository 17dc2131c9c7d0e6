"""The engine's bench with a small model: consistent numbers, who takes part, and the whole as a command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.bench.engine import contest as contests
from bot.bench.engine.case import Case
from bot.bench.engine.contest import Stable, Standing, error
from bot.bench.engine.contestant import Files, Run
from bot.bench.engine.entrants import EXACT, Entrant, ModelSpec, chosen, entrants, without_stock
from bot.bench.engine.numbers import rows
from bot.bench.engine.remote import Remote, WorkerFault
from bot.bench.engine.streaming import LINES, streamed, streaming_table
from bot.bench.engine.sweep import AXES, cases, sweep
from bot.command_line.dispatch import dispatch
from tests.bench.engine_files import small_files

pytest.importorskip("torch")

CASE = Case(reference=1, seconds=0.8, steps=5)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return small_files(tmp_path_factory.mktemp("model"))


class Here:
    """A contestant of this process, in the place of one in a process of its own."""

    def __init__(self, files: Files) -> None:
        from bot.bench.engine.worker import Worker

        self._worker = Worker(files)

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        try:
            return self._worker.answer({"do": do, **more})
        except Exception as fault:
            raise WorkerFault(str(fault)) from None

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def stable(files: Files, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stable]:
    import torch

    monkeypatch.setattr(contests, "Remote", Here)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the model is too small for more
    with Stable(files, lambda _: None) as stable:
        yield stable
    torch.set_num_threads(threads)


def ours(precision: str, **more: Any) -> Entrant:
    return Entrant(f"{precision} {more}", ModelSpec("ours", precision), 5, **more)


def test_every_mode_against_fp32(stable: Stable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("can_bf16", "quantized.adds_up"):  # as on a newer processor than this may be
        monkeypatch.setattr(f"bot.engine.f5.precision.{what}", lambda device: True)
    modes = [ours("fp32"), ours("bf16"), ours("int8"), ours("fp32", guided_steps=2), ours("fp16")]
    modes.append(ours("fp32", pinned=True))
    standings, notes = contests.contest(modes, CASE, 2, stable, tmp_path, lambda _: None)
    assert [one.entrant for one in standings] == [mode for mode in modes if mode.model.precision != "fp16"]
    assert notes == [f"{modes[4].name} is left out: fp16 needs a GPU: set engine.f5.precision to auto"]
    off = [error(one, standings) for one in standings]
    assert off[0] == 0
    assert all(one is not None and 0 < one < 0.5 for one in off[1:3])
    assert all(one is not None and one > 0 for one in off[3:])
    for one in standings:
        assert len(one.runs) == 2
        assert 0 < one.first <= one.total
        assert one.spread is not None
        assert one.mel is not None
        assert one.mel.shape == (CASE.new_frames, 100)


def test_the_sweep_runs_what_axes_share_once(stable: Stable) -> None:
    remote, _ = stable.of(ModelSpec("ours", "fp32"), "fp32")
    asked: list[str] = []
    runs, notes = sweep(remote, CASE, ("batch",), 1, asked.append)
    assert not notes
    assert [case.batch for _, case, _ in runs] == [1, 2, 4, 8]
    assert len(asked) == 4
    assert all(0 < run.first <= run.total for _, _, run in runs)
    assert set(remote.ask("profile", case=CASE.json())) == {"text", "transformer", "vocoder", "copies"}


def test_lines_are_streamed_as_on_air(stable: Stable) -> None:
    remote, _ = stable.of(ModelSpec("ours", "fp32"), "fp32")
    runs, notes = streamed(remote, CASE, 1, lambda _: None)
    assert not notes
    assert [name for name, _ in runs] == [f"a line of {seconds:g} s" for seconds in LINES]
    for (_, run), seconds in zip(runs, LINES, strict=True):
        assert 0 < run.first <= run.total
        assert run.starved >= 0
        assert 0.3 * seconds < run.sound < 3 * seconds + 1
    assert runs[-1][1].sound > runs[0][1].sound
    table = streaming_table(runs, "fp32")
    assert [line.values[4] for line in table.lines] == [run.total / run.sound for _, run in runs]


def test_stock_cannot_stream(files: Files) -> None:
    pytest.importorskip("f5_tts")
    pytest.importorskip("vocos")
    here = Here(files)
    here.ask("load", model=EXACT.json())
    with pytest.raises(WorkerFault, match="stock cannot stream"):
        here.ask("stream", case=CASE.json())


def test_the_axes_of_the_sweep() -> None:
    found = list(cases(Case(), AXES))
    assert len(found) == len({name for name, _ in found}) == 7 + 5 + 3 + 4
    assert {case.steps for _, case in found} == {5, 6, 7, 10, 12, 16, 32}
    assert {case.seconds for _, case in found} == {1, 2, 4, 8, 16}
    assert {case.reference for _, case in found} == {3, 5, 8}


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_who_takes_part(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = entrants(device)
    assert len({one.name for one in everyone}) == len(everyone)
    assert everyone[0].model == EXACT
    assert {one.steps for one in everyone if one.model.kind == "stock"} == {7, 32}
    assert any(one.model.kind == "recipe" for one in everyone)
    quick = chosen(everyone, quick=True, only=())
    assert 0 < len(quick) < len(everyone)
    assert [one.name for one in chosen(everyone, quick=True, only=("INT8", "stock FP32"))] == [
        one.name for one in everyone if one.name == "int8" or "stock fp32" in one.name
    ]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "vocos" else object())
    left, sentence = without_stock(everyone)
    assert left == [one for one in everyone if not one.stock]
    assert "vocos cannot be imported" in sentence
    assert "requirements/dev.txt" in sentence


def standing(entrant: Entrant, seconds: float, off: float = 0.0, resident: int = 0) -> Standing:
    mel = np.ones((10, 100), np.float32) * np.float32(1 + off)
    return Standing(entrant, resident, [Run(seconds / 2, seconds, 1)] * 3, mel)


def test_the_numbers_that_the_engine_is_held_to() -> None:
    found = [
        standing(Entrant("stock, 7", EXACT), 20),
        standing(Entrant("stock, 32", EXACT, 32), 90),
        standing(Entrant("bf16", ModelSpec("ours", "bf16")), 10, 0.004, 400_000_000),
        standing(Entrant("int8", ModelSpec("ours", "int8")), 8, 0.03),
        standing(Entrant("bf16, pinned", ModelSpec("ours", "bf16"), pinned=True), 1, 0.5),
    ]
    by_name = {row.name: row for row in rows(found, gpu=False, batched=None, usual=True)}
    assert {name: (round(row.value, 3), row.met) for name, row in by_name.items()} == {
        "bf16: faster than stock, 7": (2, True),
        "bf16: faster than stock, 32": (9, True),
        "bf16: mel error": (0.4, True),
        "bf16: memory of the loaded transformer": (400, True),
        "int8: faster than stock, 7": (2.5, True),  # held to no speed, with such an error
        "int8: mel error": (3, False),
    }
    assert all(row.budget is None for row in rows(found, gpu=False, batched=None, usual=False))
    assert (
        rows(found[2:], gpu=False, batched=None, usual=True)[0].name
        == "bf16: memory of the loaded transformer"
    )


def test_the_numbers_of_a_gpu() -> None:
    found = [
        standing(Entrant("stock fp32", EXACT), 1),
        standing(Entrant("stock fp16", ModelSpec("stock", "fp16")), 0.3),
        standing(Entrant("recipe", ModelSpec("recipe", "fp16", compiled=True)), 0.12),
        standing(Entrant("plain", ModelSpec("ours", "fp16")), 0.2, 0.001),
        standing(Entrant("graphs", ModelSpec("ours", "fp16", graphs=True)), 0.06, 0.001),
    ]
    by_name = {row.name: round(row.value, 3) for row in rows(found, gpu=True, batched=61.0, usual=True)}
    assert by_name == {
        "graphs: faster than stock fp16": 5,
        "graphs: faster than recipe": 2,
        "graphs: first sound": 30,
        "graphs: RTF": 0.03,
        "graphs: mel error": 0.1,
        "share of the matrix ceiling, batch of 8": 61,
    }


def test_a_worker_that_cannot_start_says_why(files: Files) -> None:
    with Remote(Files(**{**as_dict(files), "device": "nowhere"})) as remote:
        with pytest.raises(WorkerFault, match=r"its process ended with 1 \(.*nowhere"):
            remote.ask("machine", size=64)


def as_dict(files: Files) -> dict[str, str]:
    return {name: str(getattr(files, name)) for name in Files.__dataclass_fields__}


@pytest.mark.parametrize(
    "arguments",
    [("--only", "fp32;stock fp32, 5 steps"), ("--only", "nobody")],
    ids=["beside stock", "nobody"],
)
def test_bench_engine(
    arguments: tuple[str, ...],
    files: Files,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the cores to other tests
    given = {"model": files.model, "vocabulary": files.vocabulary, "vocoder": files.vocoder, "device": "cpu"}
    settings = [f"--engine.f5.{name}={value}" for name, value in given.items()]
    size = ["--reference", "1", "--seconds", "0.5", "--steps", "5", "--rounds", "1", "--sweep", "none"]
    kept = ["--json", str(tmp_path / "one.json"), "--history", str(tmp_path / "kept")]
    if "nobody" in arguments:
        assert dispatch(["bench", "engine", *settings, *size, *arguments]) == 2
        assert "nobody" in capsys.readouterr().err
        return
    assert dispatch(["bench", "engine", *settings, *size, *arguments, *kept]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert re.search(r"^  contest +first ms +total ms", out, re.MULTILINE)
    assert re.search(r"^  components +text ms", out, re.MULTILINE)
    assert "Derived, not measured" in out
    data = json.loads((tmp_path / "one.json").read_text())
    assert [file.read_text() for file in (tmp_path / "kept").iterdir()]
    table = data["tables"][0]
    found = {line["name"]: dict(zip(names(table), line["values"], strict=True)) for line in table["lines"]}
    pytest.importorskip("f5_tts")
    pytest.importorskip("vocos")
    assert set(found) == {"stock fp32, 5 steps", "fp32"}
    assert found["stock fp32, 5 steps"]["mel error %"] == 0
    assert found["stock fp32, 5 steps"]["x stock"] == 1
    assert found["fp32"]["mel error %"] < 0.001
    for values in found.values():
        assert 0 < values["first ms"] <= values["total ms"]
        assert values["RTF"] == pytest.approx(values["total ms"] / 500)
    rows_found = {row["name"]: row for row in data["rows"]}
    assert rows_found["fp32: mel error"]["budget"] is None  # budgets are for the real size
    assert rows_found["import to ready, weights cached, no compile"]["value"] > 0
    assert rows_found["ceiling: fp32 products"]["value"] > 0


def names(table: dict[str, Any]) -> list[str]:
    return [column["name"] for column in table["columns"]]
