"""Stock f5-tts and vocos with the very weights of the others: as shipped, or by the predecessor's recipe."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.bench.engine.case import HOP, Case
from bot.bench.engine.contestant import Files, Run
from bot.bench.engine.meter import Meter
from bot.engine.f5.architecture import Architecture, VocosArchitecture
from bot.engine.f5.checkpoint import Checkpoint, open_model, open_vocoder
from bot.engine.f5.tokens import Vocabulary


class Stock:
    """f5_tts's `CFM.sample` and vocos's `decode`, called as f5_tts's `infer_batch_process` calls them.

    The recipe: autocast to half precision, and torch.compile(mode="max-autotune") of both models.
    """

    def __init__(self, files: Files, precision: str, recipe: bool = False) -> None:
        device = torch.device(files.device)
        self._meter = Meter(device)
        self._vocabulary = Vocabulary.load(Path(files.vocabulary))
        checkpoint = open_model(Path(files.model), files.architecture, self._vocabulary.size)
        if precision == "fp32" and not recipe:
            torch.backends.cudnn.allow_tf32 = False  # what errors are measured against is float32 throughout
        # On a CPU f5_tts loads float32, which autocast works from.
        loaded = torch.float16 if device.type == "cuda" and precision != "fp32" else torch.float32
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from f5_tts.model.utils import convert_char_to_pinyin

            self._model: Any = _cfm(
                checkpoint.architecture, self._vocabulary
            )  # imports what is not to be counted
            before = self._meter.held()
            _fill(self._model.transformer, checkpoint, loaded, device)
            self._model = self._model.to(device).to(loaded)
            self.resident = self._meter.held() - before
            config = Path(files.vocoder_config) if files.vocoder_config else None
            self._vocos: Any = _vocos(open_vocoder(Path(files.vocoder), config)).to(device)
        self._pinyin: Callable[[list[str]], list[list[str]]] = convert_char_to_pinyin
        self._decode = self._vocos.decode
        self._autocast: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        if recipe:
            half = torch.float16 if device.type == "cuda" else torch.bfloat16
            self._autocast = torch.autocast(device.type, half)
            self._model.transformer = torch.compile(self._model.transformer, mode="max-autotune")
            # Not its inverse transform, whose complex numbers Inductor cannot compile on every device.
            self._vocos.backbone = torch.compile(self._vocos.backbone, mode="max-autotune")

    def warm(self, case: Case) -> None:
        for _ in range(3 if self._meter.gpu else 1):
            self.run(replace(case, steps=1))

    def run(self, case: Case) -> tuple[Run, Tensor]:
        wave = torch.from_numpy(case.wave())[None].to(self._meter.device)
        self._meter.forget_peak()
        began = self._meter.now()
        with _quiet(), same_noise(), torch.inference_mode():
            mel = self._sample(case, wave)
            self._speak(mel, wave).squeeze().cpu().numpy()
        total = self._meter.now() - began
        return Run(total, total, self._meter.peak()), mel[0, case.reference_frames :].float().cpu().clone()

    def profile(self, case: Case) -> Mapping[str, float]:
        wave, now = torch.from_numpy(case.wave())[None].to(self._meter.device), self._meter.now
        began = now()
        with _quiet(), same_noise(), torch.inference_mode():
            mel = self._sample(case, wave)
            sampled = now()
            sound = self._speak(mel, wave)
            spoken = now()
            sound.cpu().numpy()
        return {"transformer": sampled - began, "vocoder": spoken - sampled, "copies": now() - spoken}

    def _sample(self, case: Case, wave: Tensor) -> Tensor:
        """The whole mel [1, T, 100], text and reference's mel made anew as f5_tts does at every call."""
        text = self._pinyin([case.reference_text + case.text])
        with self._autocast:
            mel, _ = self._model.sample(
                cond=wave,
                text=text,
                duration=case.frames,
                steps=case.steps,
                cfg_strength=case.cfg_strength,
                sway_sampling_coef=case.sway or None,
                seed=case.seed,
            )
        whole: Tensor = mel.float()
        return whole

    def _speak(self, mel: Tensor, wave: Tensor) -> Tensor:
        with self._autocast:
            sound: Tensor = self._decode(mel[:, wave.shape[1] // HOP :].mT)
        return sound.float()


@contextlib.contextmanager
def same_noise() -> Iterator[None]:
    """`torch.randn` draws a CPU's float32 numbers on every device, so that one seed is one noise for all."""
    drawn = torch.randn

    def randn(*size: Any, device: Any = None, dtype: Any = None, **more: Any) -> Tensor:
        return drawn(*size, **more).to(device, dtype)

    torch.randn = randn
    try:
        yield
    finally:
        torch.randn = drawn


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _cfm(arch: Architecture, vocabulary: Vocabulary) -> Any:
    """f5_tts's model, its weights still nowhere."""
    from f5_tts.model import CFM, DiT
    from f5_tts.model.modules import precompute_freqs_cis
    from x_transformers.x_transformers import RotaryEmbedding  # type: ignore[import-untyped]

    # What a version or a model does not know of has its usual value.
    unusual = {"text_embedding_average_upsampling": True} if arch.average_upsampling else {}
    with torch.device("meta"):
        transformer = DiT(
            dim=arch.dim,
            depth=arch.depth,
            heads=arch.heads,
            dim_head=arch.dim_head,
            ff_mult=arch.ff_mult,
            mel_dim=arch.mel,
            text_num_embeds=arch.vocabulary,
            text_dim=arch.text_dim,
            text_mask_padding=arch.text_mask_padding,
            qk_norm=arch.qk_norm,
            conv_layers=arch.text_layers,
            pe_attn_head=arch.pe_attn_head,
            long_skip_connection=arch.long_skip,
            **unusual,
        )
    # Computed, not loaded, so not there on the meta device.
    transformer.rotary_embed = RotaryEmbedding(arch.dim_head)
    if arch.text_layers:
        transformer.text_embed.freqs_cis = precompute_freqs_cis(arch.text_dim, 8192)
    numbers = dict(vocabulary.numbers)
    return CFM(transformer, mel_spec_kwargs={"mel_spec_type": "vocos"}, vocab_char_map=numbers).eval()


def _fill(
    transformer: Any, checkpoint: Checkpoint[Architecture], dtype: torch.dtype, device: torch.device
) -> None:
    missing, unexpected = transformer.load_state_dict(
        checkpoint.loaded(dtype, str(device)), strict=False, assign=True
    )
    if unexpected or set(missing) - {"rotary_embed.inv_freq"}:
        raise ValueError(f"the installed f5-tts has no place for {[*missing, *unexpected][0]}")


def _vocos(checkpoint: Checkpoint[VocosArchitecture]) -> Any:
    from vocos import Vocos
    from vocos.feature_extractors import MelSpectrogramFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone

    arch = checkpoint.architecture
    vocos = Vocos(
        MelSpectrogramFeatures(padding=arch.padding),
        VocosBackbone(arch.mel, arch.dim, arch.intermediate, arch.layers),
        ISTFTHead(arch.dim, arch.n_fft, arch.hop, padding=arch.padding),
    ).eval()
    vocos.load_state_dict(checkpoint.loaded(torch.float32), strict=False)
    return vocos
