"""What the engine's tests run under."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.engine.voices import Voice, load_voices

if TYPE_CHECKING:
    import torch

    from bot.engine.f5.engine import F5Engine


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tiny models take longer on several threads, and far longer where other processes want the cores."""
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # for engines that are loaded, and other processes
        torch.set_num_threads(1)
        yield
    torch.set_num_threads(before)


@pytest.fixture
def any_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor computes in each of them, if it is told to: slowly, and as a GPU would."""
    import torch

    from bot.engine.f5.precision import Precision

    def of(name: str, device: torch.device | str) -> Precision:
        return Precision("fp16" if name == "auto" else name, torch.device(device))

    monkeypatch.setattr(Precision, "of", of)
    monkeypatch.setattr("bot.engine.f5.precision.can_bf16", lambda device: True)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engine.f5.random_weights import small_files

    return small_files(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def engine(weights: Path, voice: Voice) -> F5Engine:
    from tests.engine.f5.small_engine import loaded

    return loaded(weights, voice)


@pytest.fixture(scope="session")
def voice() -> Voice:
    voices, _ = load_voices(Path("voices"))
    if "gaia" not in voices:
        pytest.skip("f5-tts is not installed, whose recordings this needs: scripts/test installs it")
    return voices["gaia"]
