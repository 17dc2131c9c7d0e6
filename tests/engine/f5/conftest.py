"""What the engine's tests run under."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.engine.voices import Voice, load_voices


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tiny models take longer on several threads, and far longer where other processes want the cores."""
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def voice() -> Voice:
    voices, _ = load_voices(Path("voices"))
    if "gaia" not in voices:
        pytest.skip("f5-tts is not installed, whose recordings this needs: scripts/test installs it")
    return voices["gaia"]
