"""What a loaded transformer holds, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import torch
from bot.engine.f5.grid import grid
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from dataclasses import replace
from bot.engine.f5.architecture import Architecture

def held():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

architecture = replace(Architecture.named("F5TTS_v1_Base"), depth=4)
state = {name: torch.empty(1).expand(shape) for name, shape in architecture.shapes().items()}
torch.nn.functional.linear(torch.ones(64, 64).bfloat16(), torch.ones(64, 64).bfloat16())
before = held()
model = Transformer(state, architecture, Precision("bf16", torch.device("cpu")))
model.modulations.of(grid(7)[:-1])
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here to read")
def test_half_precision_holds_half_precision_and_no_modulation() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    # 4 blocks of 8.4 M and 4 M of convolution in two bytes, text and small parts in four.
    assert int(done.stdout) < 120e6
