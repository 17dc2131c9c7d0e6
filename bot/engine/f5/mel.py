"""A waveform as the log mel frames that F5-TTS and Vocos were trained on."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

SAMPLE_RATE = 24_000  # Hz
FFT = 1024  # samples of a window
HOP = 256  # samples between frames: 93.75 frames/s
BANDS = 100
FLOOR = 1e-5  # of a magnitude, before the logarithm


def log_mel(wave: Tensor) -> Tensor:
    """The log magnitudes of `wave` [N] (24 kHz, mono, float) on the mel scale: [N // 256 + 1, 100].

    The same numbers as f5_tts's `MelSpec` ("vocos") and vocos's `MelSpectrogramFeatures` before its
    logarithm: a centred, reflected Hann window of 1024, magnitudes, 100 HTK triangles without area
    normalisation. Raises ValueError if there are too few samples to reflect.
    """
    if wave.ndim != 1 or len(wave) <= FFT // 2:
        raise ValueError(f"a mel needs one channel of more than {FFT // 2} samples")
    spectrum = torch.stft(
        wave.float(),
        FFT,
        hop_length=HOP,
        window=_window(wave.device),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )  # [513, T]
    return (spectrum.abs().mT @ _triangles(wave.device)).clamp_(min=FLOOR).log_()


@cache
def _window(device: torch.device) -> Tensor:
    return torch.hann_window(FFT, device=device)


@cache
def _triangles(device: torch.device) -> Tensor:
    """The filters [513, 100], as torchaudio's `melscale_fbanks(mel_scale="htk", norm=None)` makes them."""
    frequencies = torch.linspace(0, SAMPLE_RATE // 2, FFT // 2 + 1)
    highest = 2595.0 * math.log10(1.0 + SAMPLE_RATE / 2 / 700.0)
    points = 700.0 * (10.0 ** (torch.linspace(0.0, highest, BANDS + 2) / 2595.0) - 1.0)
    widths = points[1:] - points[:-1]
    slopes = points[None] - frequencies[:, None]  # [513, 102]
    falling, rising = -slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]
    return torch.minimum(falling, rising).clamp_(min=0.0).to(device)
