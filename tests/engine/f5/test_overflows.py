"""What is noted of weights that overflow, and read again: whatever their path is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bot.engine.f5.overflows import Overflows

NAMES = ["weights", "权重", "two words"]
if sys.platform == "linux":
    NAMES.append(os.fsdecode(b"caf\xe9"))  # as an older file system has it: no UTF-8


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_weights_are_known_again(name: str, tmp_path: Path) -> None:
    weights, others = (tmp_path / f"{name}.{kind}" for kind in ("safetensors", "pt"))
    weights.touch()
    others.touch()
    Overflows(tmp_path / "notes").add(weights)
    assert weights in Overflows(tmp_path / "notes")
    assert others not in Overflows(tmp_path / "notes")


def test_notes_that_are_not_of_this_program_are_no_fault(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.touch()
    (tmp_path / "overflows.txt").write_bytes(b"\xff\xfe\x00\x80")
    assert weights not in Overflows(tmp_path)
    Overflows(tmp_path).add(weights)
    assert weights in Overflows(tmp_path)
