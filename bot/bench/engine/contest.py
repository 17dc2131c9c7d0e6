"""Runs the contestants in turns, A B A B, and puts what each took side by side."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.bench.engine.case import Case
from bot.bench.engine.contestant import Files, Run
from bot.bench.engine.entrants import EXACT, Entrant, ModelSpec
from bot.bench.engine.remote import Remote, WorkerFault

SLOW = 40.0  # s: what takes longer in the first round sits the others out
Tell = Callable[[str], None]


@dataclass(slots=True)
class Standing:
    """What is known of one entrant."""

    entrant: Entrant
    resident: int = 0  # bytes of its transformer
    runs: list[Run] = field(default_factory=list)
    mel: NDArray[np.float32] | None = None

    @property
    def first(self) -> float:
        return statistics.median(run.first for run in self.runs)

    @property
    def total(self) -> float:
        return statistics.median(run.total for run in self.runs)

    @property
    def peak(self) -> int:
        return max(run.peak for run in self.runs)

    @property
    def spread(self) -> float | None:
        """Between the fastest and the slowest run, as a share of the median; None after a single one."""
        totals = [run.total for run in self.runs]
        return (max(totals) - min(totals)) / self.total if len(totals) > 1 else None


class Stable:
    """The processes of the contestants, each started once, for as long as the context lasts."""

    def __init__(self, files: Files, tell: Tell) -> None:
        self.on_gpu = files.device.startswith("cuda")
        self._files, self._tell = files, tell
        self._remotes: dict[ModelSpec, tuple[Remote, int]] = {}
        self._stack = ExitStack()

    def of(self, model: ModelSpec, name: str) -> tuple[Remote, int]:
        """The process and the bytes that its transformer holds. Raises WorkerFault."""
        if model not in self._remotes:
            self._tell(f"loading {name}")
            remote = self._stack.enter_context(Remote(self._files))
            self._remotes[model] = remote, remote.ask("load", model=model.json())["resident"]
        return self._remotes[model]

    def __enter__(self) -> Stable:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def contest(
    entrants: Sequence[Entrant], case: Case, rounds: int, stable: Stable, folder: Path, tell: Tell
) -> tuple[list[Standing], list[str]]:
    """What each took, and sentences about those that cannot take part here."""
    standings, notes = [], []
    for entrant in entrants:
        try:
            remote, resident = stable.of(entrant.model, entrant.name)
            tell(f"warming {entrant.name}")
            remote.ask("warm", case=_case(case, entrant).json())
        except WorkerFault as fault:
            notes.append(f"{entrant.name} is left out: {fault}")
            continue
        standings.append(Standing(entrant, resident))
    for number in range(rounds):
        for standing in list(standings):
            entrant = standing.entrant
            if standing.runs and standing.runs[0].total > SLOW:
                continue
            tell(f"round {number + 1} of {rounds}: {entrant.name}")
            file = folder / "mel.npy"
            try:
                remote, _ = stable.of(entrant.model, entrant.name)
                if stable.on_gpu:  # it has rested while others ran, and its clock with it
                    remote.ask("run", case=_case(case, entrant).json())
                run = Run(**remote.ask("run", case=_case(case, entrant).json(), mel=str(file)))
            except WorkerFault as fault:
                notes.append(f"{entrant.name} is left out: {fault}")
                standings.remove(standing)
                continue
            standing.runs.append(run)
            standing.mel = np.load(file)
            tell(f"round {number + 1} of {rounds}: {entrant.name}: {run.total:.2f} s")
    return standings, notes


def reference_for(standing: Standing, standings: Iterable[Standing]) -> Standing | None:
    """What its error is measured against: stock in fp32 with as many steps, else this engine in fp32."""
    same = [one for one in standings if one.entrant.steps == standing.entrant.steps]
    exact = [one for one in same if one.entrant.model == EXACT]
    own = [one for one in same if one.entrant.model == ModelSpec("ours", "fp32") and not one.entrant.pinned]
    return next(iter(exact or own), None)


def error(standing: Standing, standings: Iterable[Standing]) -> float | None:
    """||mel - reference|| / ||reference|| over the new frames, log mel; None where nothing is exact."""
    reference = reference_for(standing, standings)
    if reference is None or reference.mel is None or standing.mel is None:
        return None
    exact, mel = reference.mel.astype(np.float64), standing.mel.astype(np.float64)
    if mel.shape != exact.shape:
        raise ValueError(f"{standing.entrant.name} made {len(mel)} frames, not {len(exact)}")
    return float(np.linalg.norm(mel - exact) / np.linalg.norm(exact))


def _case(case: Case, entrant: Entrant) -> Case:
    return replace(case, steps=entrant.steps, pinned=entrant.pinned, guided_steps=entrant.guided_steps)
