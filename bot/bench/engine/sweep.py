"""How time grows with steps, length, reference and batch. The axis "streaming" is `streaming.py`'s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.bench.engine.case import Case
from bot.bench.engine.contest import Tell
from bot.bench.engine.contestant import Run
from bot.bench.engine.remote import Remote, WorkerFault

AXES = ("steps", "lengths", "references", "batch", "streaming")
_STEPS = (5, 6, 7, 10, 12, 16, 32)
_LENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0)  # s
_REFERENCES = (3.0, 5.0, 8.0)  # s
_BATCH = (1, 2, 4, 8)


def cases(base: Case, axes: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """Each with its name; what two axes share comes once."""
    found: list[tuple[str, Case]] = []
    if "steps" in axes:
        found += [(f"{steps} steps", replace(base, steps=steps)) for steps in _STEPS]
    if "lengths" in axes:
        found += [(f"{seconds:g} s of speech", replace(base, seconds=seconds)) for seconds in _LENGTHS]
    if "references" in axes:
        found += [
            (f"{seconds:g} s of reference", replace(base, reference=seconds)) for seconds in _REFERENCES
        ]
    if "batch" in axes:
        found += [(f"batch of {batch}", replace(base, batch=batch)) for batch in _BATCH]
    yield from found


def sweep(
    remote: Remote, base: Case, axes: Sequence[str], rounds: int, tell: Tell
) -> tuple[list[tuple[str, Case, Run]], list[str]]:
    """The median run of each case, and sentences about what could not be run."""
    found, notes = [], []
    known: dict[Case, Run] = {}
    for name, case in cases(base, axes):
        tell(f"sweep: {name}")
        try:
            if case not in known:
                remote.ask("warm", case=case.json())
                runs = [Run(**remote.ask("run", case=case.json())) for _ in range(rounds)]
                known[case] = sorted(runs, key=lambda run: run.total)[len(runs) // 2]
        except WorkerFault as fault:
            notes.append(f"sweep, {name}: {fault}")
            continue
        found.append((name, case, known[case]))
    return found, notes
