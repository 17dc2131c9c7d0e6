"""torch.compile for the transformer's blocks on a GPU, its results kept between runs."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
import torch._dynamo
from torch import Tensor

from bot.engine.f5.attention import Block
from bot.engine.f5.model import Transformer
from bot.engine.f5.warming import is_small

VARIANTS = 16  # of a compiled block: with a mask or without, of one row, two or many, cut or whole
MODE = "max-autotune-no-cudagraphs"  # the graphs are ours


def compiled(transformer: Transformer, mode: str = MODE) -> list[Callable[..., Tensor]]:
    """The transformer's blocks compiled, as `Graphs` takes them; nothing happens before they are first
    called.

    All blocks share one compiled function, for all lengths: the weights are its arguments, and compiling each
    length anew would take as many times the minutes.
    """
    if transformer.device.type == "cuda" and is_small(transformer.device):
        tune_small_devices()
    torch._dynamo.config.recompile_limit = max(VARIANTS, torch._dynamo.config.recompile_limit)
    block = torch.compile(Block.forward, mode=mode, dynamic=True, fullgraph=True)
    return [functools.partial(block, cast(Block, each)) for each in transformer.blocks]


def keep_compiled(folder: Path) -> None:
    """Keeps compiled kernels and what tuning found in `folder`; call it before anything is compiled.

    What the environment already says of it stands.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))
    os.environ.setdefault("TRITON_CACHE_DIR", str(folder / "triton"))


def tune_small_devices() -> None:
    """Lets Inductor tune matrix products however few multiprocessors there are."""
    import torch._inductor.utils

    inductor: Any = torch._inductor.utils
    # Not public: where it is gone, the products are the library's own, which are right all the same.
    if hasattr(inductor, "is_big_gpu"):
        inductor.is_big_gpu = lambda *_: True
