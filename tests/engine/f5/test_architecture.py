"""The shapes of the models against f5_tts's own classes and configurations, and by their tensors."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml  # type: ignore[import-untyped]

from bot.engine.f5.architecture import NAMED, Architecture, ArchitectureError, VocosArchitecture
from bot.engine.voices import packaged_file
from tests.engine.f5.random_weights import TINY, TINY_VOCOS, random_state


def theirs(**arguments: Any) -> torch.nn.Module:
    """f5_tts's own model, without memory for its weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from f5_tts.model import DiT
    with torch.device("meta"):
        model: torch.nn.Module = DiT(mel_dim=100, **arguments)
    return model


def shapes_of(model: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("name", NAMED)
def test_a_named_one_is_what_f5_tts_builds_of_its_own_yaml(name: str) -> None:
    file = packaged_file(f"configs/{name}.yaml")
    assert file
    arch = yaml.safe_load(file.read_text())["model"]["arch"]
    ours = NAMED[name]
    assert Architecture.from_config(arch, NAMED["F5TTS_v1_Base"]) == ours
    model = theirs(text_num_embeds=2545, **arch)
    assert shapes_of(model) == ours.shapes()
    assert ours.parameters == sum(parameter.numel() for parameter in model.parameters())
    state = model.state_dict()
    assert Architecture.from_state(state, ours) == ours
    assert model.text_embed.mask_padding == ours.text_mask_padding  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "arguments",
    [
        {"dim": 128, "depth": 3, "heads": 2, "ff_mult": 4, "text_dim": 64, "conv_layers": 0},
        {"dim": 128, "depth": 1, "heads": 4, "dim_head": 32, "qk_norm": "rms_norm", "conv_layers": 2},
        {"dim": 96, "depth": 2, "heads": 3, "dim_head": 16, "long_skip_connection": True, "conv_layers": 1},
    ],
)
def test_any_other_is_told_by_its_tensors(arguments: dict[str, Any]) -> None:
    model = theirs(text_num_embeds=77, **{"text_dim": 48, "ff_mult": 2, **arguments})
    found = Architecture.from_state(model.state_dict())
    assert found.shapes() == shapes_of(model)
    assert (found.vocabulary, found.depth, found.heads) == (77, arguments["depth"], arguments["heads"])
    assert found.text_layers == arguments["conv_layers"]


def test_what_tensors_cannot_tell_is_as_the_base_has_it() -> None:
    found = Architecture.from_state(random_state(TINY.shapes()), NAMED["F5TTS_Base"])
    assert (found.pe_attn_head, found.text_mask_padding) == (1, False)
    assert found.dim_head == 64  # nothing of these tensors tells it
    told = {**random_state(TINY.shapes()), "rotary_embed.inv_freq": torch.ones(16)}
    assert Architecture.from_state(told) == TINY


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("proj_out.weight", "no F5-TTS model"),
        ("transformer_blocks.0.attn.to_q.weight", "no F5-TTS model"),
        ("transformer_blocks.0.ff.ff.0.0.weight", "ff.ff.0.0.weight is missing"),
        ("text_embed.text_embed.weight", "text_embed.text_embed.weight is missing"),
    ],
)
def test_what_is_no_model(lacking: str, words: str) -> None:
    state = random_state(TINY.shapes())
    del state[lacking]
    with pytest.raises(ArchitectureError, match=words):
        Architecture.from_state(state)
    with pytest.raises(ArchitectureError, match=r"E2-TTS"):
        Architecture.from_state({"layers.0.1.to_q.weight": torch.ones(1)})
    with pytest.raises(ArchitectureError, match="another shape"):
        Architecture.from_state({**random_state(TINY.shapes()), "proj_out.weight": torch.ones(3)})


def test_names_and_values_that_are_not_known() -> None:
    with pytest.raises(ArchitectureError, match=r"no architecture 'F6', only F5TTS_v1_Base, F5TTS_Base"):
        Architecture.named("F6")
    assert Architecture.named("F5TTS_Small", 99) == replace(NAMED["F5TTS_Small"], vocabulary=99)
    for arch in ({"dim": "x"}, {"depth": -1}, {"qk_norm": "layer"}, {"heads": True}, {"pe_attn_head": 1.5}):
        with pytest.raises(ArchitectureError, match=f"arch.{next(iter(arch))} cannot be"):
            Architecture.from_config(arch, TINY)


def test_vocos() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from vocos.heads import ISTFTHead
        from vocos.models import VocosBackbone
    with torch.device("meta"):
        parts = {"backbone": VocosBackbone(100, 512, 1536, 8), "head": ISTFTHead(512, 1024, 256, "center")}
    shapes = {
        f"{part}.{name}": tuple(tensor.shape)
        for part, module in parts.items()
        for name, tensor in module.named_parameters()
    }
    assert VocosArchitecture().shapes() == shapes
    assert VocosArchitecture.from_state(random_state(TINY_VOCOS.shapes())) == TINY_VOCOS
    with pytest.raises(ArchitectureError, match="no Vocos"):
        VocosArchitecture.from_state({})


def test_this_module_needs_no_torch() -> None:
    source = Path(__file__).parents[3] / "bot/engine/f5/architecture.py"
    assert "import torch" not in source.read_text()
