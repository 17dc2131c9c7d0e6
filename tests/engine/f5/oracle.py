"""Runs f5_tts and vocos as shipped: `python oracle.py small|real FILE` writes their answers."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import torch

from bot.engine.f5.architecture import Architecture
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

warnings.simplefilter("ignore")


def stock(architecture: Architecture) -> Any:
    """f5_tts's model with our weights in it."""
    from f5_tts.model import CFM, DiT

    with torch.device("meta"):
        transformer = DiT(
            dim=architecture.dim,
            depth=architecture.depth,
            heads=architecture.heads,
            dim_head=architecture.dim_head,
            ff_mult=architecture.ff_mult,
            text_dim=architecture.text_dim,
            conv_layers=architecture.text_layers,
            mel_dim=architecture.mel,
            text_num_embeds=architecture.vocabulary,
            text_mask_padding=architecture.text_mask_padding,
            text_embedding_average_upsampling=architecture.average_upsampling,
            pe_attn_head=architecture.pe_attn_head,
            qk_norm=architecture.qk_norm,
            long_skip_connection=architecture.long_skip,
        )
    buffers(transformer, architecture)
    missing, unexpected = transformer.load_state_dict(
        lively_state(architecture.shapes()), strict=False, assign=True
    )
    assert not unexpected
    assert set(missing) <= {"rotary_embed.inv_freq"}
    return CFM(transformer).eval()


def buffers(transformer: Any, architecture: Architecture) -> None:
    """What is computed, not loaded, and so is not there on the meta device."""
    from f5_tts.model.modules import precompute_freqs_cis
    from x_transformers.x_transformers import RotaryEmbedding  # type: ignore[import-untyped]

    transformer.rotary_embed = RotaryEmbedding(architecture.dim_head)
    if architecture.text_layers:
        transformer.text_embed.freqs_cis = precompute_freqs_cis(architecture.text_dim, 8192)


def answers(architectures: dict[str, Architecture], cases: Sequence[Case]) -> list[torch.Tensor]:
    models = {name: stock(architecture) for name, architecture in architectures.items()}
    found = []
    for case in cases:
        mel, ids = case.inputs(architectures[case.kind])
        whole, _ = models[case.kind].sample(
            mel[None],
            ids[None],
            case.frames,
            steps=case.steps,
            cfg_strength=case.cfg_strength,
            sway_sampling_coef=case.sway,
            seed=case.seed,
        )
        found.append(whole[0, case.reference :].clone())
    return found


def vocoded(padding: str) -> torch.Tensor:
    from vocos import Vocos
    from vocos.feature_extractors import MelSpectrogramFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone

    arch = VOCOS[padding]
    vocos = Vocos(
        MelSpectrogramFeatures(padding=padding),
        VocosBackbone(arch.mel, arch.dim, arch.intermediate, arch.layers),
        ISTFTHead(arch.dim, arch.n_fft, arch.hop, padding=padding),
    ).eval()
    vocos.load_state_dict(lively_state(arch.shapes()), strict=False)
    samples: torch.Tensor = vocos.decode(vocos_mel().mT[None])[0]
    return samples.clone()


def main(which: str, path: str) -> None:
    if which == "real":
        torch.save({"cases": answers({"real": REAL}, [REAL_CASE])}, path)
        return
    from f5_tts.model.modules import MelSpec

    answered = {
        "cases": answers(KINDS, CASES),
        "mel": MelSpec()(sound()[None])[0].mT.contiguous(),
        "vocoded": {padding: vocoded(padding) for padding in VOCOS},
        "version": version("f5-tts"),
    }
    torch.save(answered, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
