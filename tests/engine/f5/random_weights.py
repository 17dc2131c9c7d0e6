"""Random weights in the shapes of real ones, and written as the hub, a training or a fine-tune has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from bot.engine.f5.architecture import Architecture, Shape, VocosArchitecture

TINY = Architecture(dim=64, depth=2, heads=2, dim_head=32, text_dim=32, text_layers=2, vocabulary=40)
TINY_VOCOS = VocosArchitecture(dim=32, intermediate=64, layers=2)


def random_state(shapes: Mapping[str, Shape], seed: int = 0) -> dict[str, Tensor]:
    """Small numbers, so that a model of them computes small numbers."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * 0.02 for name, shape in shapes.items()}


def as_on_the_hub(state: Mapping[str, Tensor], dim_head: int = 64) -> dict[str, Tensor]:
    """As SWivid/F5-TTS has its .safetensors: prefixed, with buffers and counters."""
    return {
        **{f"ema_model.transformer.{name}": tensor for name, tensor in state.items()},
        "ema_model.transformer.rotary_embed.inv_freq": torch.ones(dim_head // 2),
        "ema_model.mel_spec.mel_stft.mel_scale.fb": torch.ones(513, 100),
        "ema_model.mel_spec.mel_stft.spectrogram.window": torch.ones(1024),
        "initted": torch.tensor(True),
        "step": torch.tensor(1250000),
    }


def as_of_a_training(state: Mapping[str, Tensor], dim_head: int = 64) -> dict[str, object]:
    """As f5_tts's trainer writes its .pt: the averaged weights beside the last ones and the optimizer."""
    return {
        "ema_model_state_dict": as_on_the_hub(state, dim_head),
        "model_state_dict": {f"transformer.{name}": tensor + 1 for name, tensor in state.items()},
        "optimizer_state_dict": {"state": {}, "param_groups": [{"lr": 1e-4}]},
        "update": 7,
    }


def as_of_vocos(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As charactr/vocos-mel-24khz has its pytorch_model.bin."""
    return {
        "feature_extractor.mel_spec.spectrogram.window": torch.ones(1024),
        "feature_extractor.mel_spec.mel_scale.fb": torch.ones(513, 100),
        **state,
        "head.istft.window": torch.ones(1024),
    }


VOCOS_CONFIG = """\
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args: {sample_rate: 24000, n_fft: 1024, hop_length: 256, n_mels: 100, padding: center}
backbone:
  class_path: vocos.models.VocosBackbone
  init_args: {input_channels: 100, dim: 512, intermediate_dim: 1536, num_layers: 8}
head:
  class_path: vocos.heads.ISTFTHead
  init_args: {dim: 512, n_fft: 1024, hop_length: 256, padding: center}
"""


def write_model(path: Path, architecture: Architecture = TINY, seed: int = 0) -> dict[str, Tensor]:
    """A .safetensors in the hub's layout; returns the weights without prefixes."""
    state = random_state(architecture.shapes(), seed)
    save_file(as_on_the_hub(state, architecture.dim_head), path)
    return state


def write_vocos(
    folder: Path, architecture: VocosArchitecture = TINY_VOCOS, seed: int = 0
) -> dict[str, Tensor]:
    """config.yaml and pytorch_model.bin; returns the weights without buffers."""
    state = random_state(architecture.shapes(), seed)
    torch.save(as_of_vocos(state), folder / "pytorch_model.bin")
    (folder / "config.yaml").write_text(VOCOS_CONFIG)
    return state


SMALL = Architecture(dim=64, depth=2, heads=2, dim_head=32, text_dim=32, text_layers=1)
SMALL_VOCOS = VocosArchitecture(dim=32, intermediate=64, layers=2)


def small_files(folder: Path) -> Path:
    """`F5TTS_v1_Base.safetensors` and `vocos.safetensors`: quick, for f5-tts's own vocabulary, and heard."""
    state = random_state(SMALL.shapes())
    state["proj_out.bias"] = torch.full((SMALL.mel,), -1.0)  # a mel that is neither silence nor out of bounds
    save_file(as_on_the_hub(state, SMALL.dim_head), folder / "F5TTS_v1_Base.safetensors")
    vocos = random_state(SMALL_VOCOS.shapes(), seed=1)
    # Phases all around, and as loud as speech.
    vocos["head.out.weight"] *= 60
    vocos["head.out.bias"][: SMALL_VOCOS.n_fft // 2 + 1] += 2.7
    save_file(vocos, folder / "vocos.safetensors")
    return folder
