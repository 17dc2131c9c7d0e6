"""The GPU's path where no GPU is: every operation's shapes, types and devices, and no numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from bot.engine.f5.architecture import Architecture, VocosArchitecture
from bot.engine.f5.graphs import Bucket, Graphs
from bot.engine.f5.model import Transformer
from bot.engine.f5.modulation import modulation
from bot.engine.f5.pinned import Pinned
from bot.engine.f5.precision import NAMES, Precision
from bot.engine.f5.sampler import Job, prepared
from bot.engine.f5.vocoder import Vocoder
from tests.engine.f5.oracle_cases import KINDS

GPU = torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def fake() -> Iterator[None]:
    """What is on a GPU here is said to be, and operations refuse what they would refuse there."""
    with FakeTensorMode(), torch.inference_mode():
        yield


def state(architecture: Architecture | VocosArchitecture) -> dict[str, torch.Tensor]:
    return {name: torch.empty(shape) for name, shape in architecture.shapes().items()}


@pytest.mark.parametrize("precision", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_a_transformer(precision: str, kind: str) -> None:
    architecture = KINDS[kind]
    weights = state(architecture)
    model = Transformer(weights, architecture, Precision(precision, GPU))
    here = modulation(weights, architecture.depth, torch.empty(7), GPU).at(0)
    ids = torch.zeros(20, dtype=torch.int64)
    jobs = [Job(torch.empty(end, 100, device=GPU), ids, frames, 1) for end, frames in ((60, 150), (70, 192))]
    passes = prepared(model, jobs, (False, True), 192)
    x = torch.empty(2, 192, 100, device=GPU)
    graphs = Graphs(model, capture=False)
    graphs.warm(Bucket(2, 192))
    pinned = Pinned(model, jobs, passes)
    pinned.pin(x, x, 0.5)
    for flow, shape in (
        (model(x, passes, here, 60), (4, 132, 100)),
        (graphs.flow(x, passes, here, 60), (4, 132, 100)),
        (pinned.flow(x, here, 2.0), (2, 192, 100)),
    ):
        assert (flow.device, flow.dtype, flow.shape) == (GPU, torch.float32, shape)
    assert passes.mask is not None
    assert passes.mask.dtype is model.precision.attention


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_a_vocoder(dtype: torch.dtype) -> None:
    architecture = VocosArchitecture(dim=32, intermediate=64, layers=2)
    sound = Vocoder(state(architecture), architecture, dtype, GPU).decode(torch.empty(60, 100, device=GPU))
    assert (sound.device, sound.dtype, sound.shape) == (GPU, torch.float32, (59 * 256,))
