"""Threads that wait give the processor away, and torch's OpenMP hears of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.choice import engines
from bot.engine.engine import EngineAbsent
from bot.engine.f5 import availability
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.threads import yield_the_processor

NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
PROGRAM = "import os; from bot.engine.f5.threads import *; yield_the_processor(os.environ); import torch"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {"GOMP_SPINCOUNT": "1000"}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_what_the_environment_says_stands(given: dict[str, str], found: dict[str, str]) -> None:
    yield_the_processor(given)
    assert given == found


def test_it_is_said_before_f5_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is as before in the end
        monkeypatch.delenv(name)
    monkeypatch.setattr(availability, "has_gpu", lambda: False)
    with pytest.raises(EngineAbsent):
        engines("auto", F5Settings(), lambda: True)["f5"]()
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


def test_torch_hears_of_it() -> None:
    pytest.importorskip("torch")
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[3],
        env={**kept, "OMP_DISPLAY_ENV": "VERBOSE"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stderr
    if "GOMP_SPINCOUNT" not in told:
        pytest.skip("torch comes with another OpenMP here")
    assert re.search(r"GOMP_SPINCOUNT = '1000'", told)
