"""Our forward pass, sampler, mel and vocoder against f5_tts and vocos as shipped, on the same weights."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.f5.architecture import Architecture
from bot.engine.f5.mel import log_mel
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Job, Sampler, Sampling, drained
from bot.engine.f5.vocoder import Vocoder
from tests.engine.f5.oracle_cases import (
    CASES,
    KINDS,
    REAL,
    REAL_CASE,
    VOCOS,
    Case,
    lively_state,
    sound,
    vocos_mel,
)

ROOT = Path(__file__).parents[3]
OLDEST = "1.1.10"  # what plain pip finds beside blivedm

if importlib.util.find_spec("f5_tts") is None:
    pytest.skip("the f5 extra is not installed: nothing to compare with", allow_module_level=True)


def ask(which: str, path: Path, folder: Path | None = None) -> dict[str, Any]:
    """The oracle's answers, of the f5_tts in `folder` or of the one installed."""
    subprocess.run(
        [sys.executable, "-m", "tests.engine.f5.oracle", which, str(path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder) if folder else ""},
        check=True,
        timeout=300,
    )
    answers: dict[str, Any] = torch.load(path)
    return answers


def oldest() -> Path:
    """The folder with the oldest f5_tts that must work."""
    folder = Path(sys.prefix) / f"f5-tts-{OLDEST}"
    if not (folder / "f5_tts").exists():
        pytest.skip(f"f5-tts {OLDEST} is not in {folder.name} of the environment: scripts/test puts it there")
    return folder


@pytest.fixture(scope="module", params=["installed", OLDEST])
def oracle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("oracle") / "answers.pt"
    if request.param == "installed":
        return ask("small", path)
    answers = ask("small", path, oldest())
    assert answers["version"] == OLDEST
    return answers


@pytest.fixture(scope="module")
def samplers() -> dict[str, Sampler]:
    return {name: sampler_of(architecture) for name, architecture in KINDS.items()}


def sampler_of(architecture: Architecture) -> Sampler:
    return Sampler(
        Transformer(lively_state(architecture.shapes()), architecture, Precision.of("fp32", "cpu"))
    )


def run(sampler: Sampler, case: Case) -> Tensor:
    mel, ids = case.inputs(sampler.transformer.architecture)
    job = Job(mel, ids, case.frames, case.seed)
    return drained(sampler.sample([job], Sampling(case.steps, case.cfg_strength, case.sway)))[0]


def relative(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    return float((ours - theirs).norm() / theirs.norm())


def test_sampling_is_f5_tts_s_own(oracle: dict[str, Any], samplers: dict[str, Sampler]) -> None:
    assert len(oracle["cases"]) == len(CASES)
    for case, theirs in zip(CASES, oracle["cases"], strict=True):
        assert relative(run(samplers[case.kind], case), theirs) < 1e-5, case


def test_the_mel_is_f5_tts_s_own(oracle: dict[str, Any]) -> None:
    ours, theirs = log_mel(sound()), oracle["mel"]
    assert ours.shape == theirs.shape == (30_000 // 256 + 1, 100)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("padding", ["center", "same"])
def test_the_vocoder_is_vocos_s_own(oracle: dict[str, Any], padding: str) -> None:
    vocoder = Vocoder(lively_state(VOCOS[padding].shapes()), VOCOS[padding])
    ours, theirs = vocoder.decode(vocos_mel()), oracle["vocoded"][padding]
    assert float(theirs.std()) > 0.01
    assert relative(ours, theirs) < 1e-5
    assert float((ours - theirs).abs().max()) < 1e-5


def test_the_real_size_is_f5_tts_s_own(tmp_path: Path) -> None:
    """Once, with few steps and frames: the speed and the error of every precision are the bench's."""
    theirs = ask("real", tmp_path / "answers.pt")["cases"][0]
    assert relative(run(sampler_of(REAL), REAL_CASE), theirs) < 1e-5
