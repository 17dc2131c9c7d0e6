"""A small model on disk, as every contestant of the engine's bench reads it."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from bot.bench.engine.contestant import Files
from bot.bench.engine.random_weights import random_state
from bot.engine.f5.architecture import Architecture, VocosArchitecture

SMALL = Architecture(dim=64, depth=2, heads=2, dim_head=32, text_dim=32, text_layers=2, vocabulary=40)
VOCOS = VocosArchitecture(dim=32, intermediate=64, layers=2)


def small_files(folder: Path) -> Files:
    save_file(random_state(SMALL.shapes()), folder / "model.safetensors")
    save_file(random_state(VOCOS.shapes(), seed=1), folder / "model_of_the_vocoder.safetensors")
    letters = [" ", *"abcdefghijklmnopqrstuvwxyzSBI'.,0123456"]
    (folder / "vocab.txt").write_text("\n".join(letters) + "\n")
    assert len(letters) == SMALL.vocabulary
    return Files(
        model=str(folder / "model.safetensors"),
        architecture="",
        vocabulary=str(folder / "vocab.txt"),
        vocoder=str(folder / "model_of_the_vocoder.safetensors"),
        vocoder_config="",
        device="cpu",
    )
