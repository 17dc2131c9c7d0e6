"""Vocos: log mel frames to a waveform, whole or in chunks that join exactly."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.architecture import VocosArchitecture
from bot.engine.f5.tensors import Weights


class Vocoder(nn.Module):
    """vocos's ConvNeXt backbone and inverse transform over the weights of a checkpoint.

    One frame stands for the `hop` samples from its centre on; the last frame, whose right half has no
    successor, ends the waveform (padding "center", as in vocos-mel-24khz) or stands for `hop` samples like
    the others ("same").
    """

    def __init__(
        self,
        state: Mapping[str, Tensor],
        architecture: VocosArchitecture,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.architecture, self.dtype = architecture, dtype

        weights = Weights(state, torch.device(device))
        body = weights.at("backbone")
        self.embed, self.embed_bias = body.buffer("embed.weight", dtype), body.buffer("embed.bias", dtype)
        self.norm, self.norm_bias = body.buffer("norm.weight", dtype), body.buffer("norm.bias", dtype)
        self.blocks = nn.ModuleList(
            _Block(body.at(f"convnext.{n}"), dtype) for n in range(architecture.layers)
        )
        end = body.at("final_layer_norm")
        self.end, self.end_bias = end.buffer("weight", dtype), end.buffer("bias", dtype)
        self.out, self.out_bias = (
            weights.buffer("head.out.weight", dtype),
            weights.buffer("head.out.bias", dtype),
        )
        self.window = nn.Buffer(torch.hann_window(architecture.n_fft, device=device))

    @property
    def context(self) -> int:
        """Frames on each side that a sample can hear: 3 by every convolution, and the overlapping windows."""
        return 3 * (1 + len(self.blocks)) + -(-self.architecture.n_fft // 2 // self.architecture.hop)

    @torch.inference_mode()
    def decode(self, mel: Tensor) -> Tensor:
        """mel: [T, mel] -> float32 samples, [(T - 1) * hop] ("center") or [T * hop] ("same")."""
        return self.samples(mel[None])[0]

    def samples(self, mel: Tensor) -> Tensor:
        """mel: [B, T, mel] -> [B, samples]."""
        x = functional.conv1d(mel.to(self.dtype).mT, self.embed, self.embed_bias, padding=3).mT
        x = functional.layer_norm(x, x.shape[-1:], self.norm, self.norm_bias, eps=1e-6)
        for block in self.blocks:
            x = block(x)
        x = functional.layer_norm(x, x.shape[-1:], self.end, self.end_bias, eps=1e-6)
        size, phase = (
            functional.linear(x, self.out, self.out_bias).float().chunk(2, dim=-1)
        )  # [B, T, n_fft / 2 + 1]
        spectrum = torch.polar(size.exp().clamp(max=1e2), phase)
        return self._inverse(spectrum)

    def _inverse(self, spectrum: Tensor) -> Tensor:
        """The waveform of windowed frames [B, T, n_fft / 2 + 1] added where they overlap."""
        hop, wide = self.architecture.hop, self.architecture.n_fft
        frames = torch.fft.irfft(spectrum, wide) * self.window  # [B, T, n_fft]
        envelope = self.window.square().expand(1, frames.shape[1], wide)
        edge = wide // 2 if self.architecture.padding == "center" else (wide - hop) // 2
        whole = overlapped(frames, hop)
        end = whole.shape[1] - edge
        return whole[:, edge:end] / overlapped(envelope, hop)[:, edge:end]


class _Block(nn.Module):
    """A ConvNeXt block; its layer scale is folded into its last linear."""

    def __init__(self, weights: Weights, dtype: torch.dtype) -> None:
        super().__init__()
        kept, gamma = weights.buffer, weights.tensor("gamma")
        self.conv, self.conv_bias = kept("dwconv.weight", dtype), kept("dwconv.bias", dtype)
        self.norm, self.norm_bias = kept("norm.weight", dtype), kept("norm.bias", dtype)
        self.wide, self.wide_bias = kept("pwconv1.weight", dtype), kept("pwconv1.bias", dtype)
        self.narrow = nn.Buffer((weights.tensor("pwconv2.weight") * gamma[:, None]).to(dtype))
        self.narrow_bias = nn.Buffer((weights.tensor("pwconv2.bias") * gamma).to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """x: [B, T, D]."""
        h = functional.conv1d(x.mT, self.conv, self.conv_bias, padding=3, groups=x.shape[2]).mT
        h = functional.layer_norm(h, h.shape[-1:], self.norm, self.norm_bias, eps=1e-6)
        return x + functional.linear(
            functional.gelu(functional.linear(h, self.wide, self.wide_bias)), self.narrow, self.narrow_bias
        )


def overlapped(frames: Tensor, hop: int) -> Tensor:
    """Frames [B, T, W] added up at every `hop` samples (W a multiple of it): [B, (T - 1) * hop + W]."""
    batch, count, wide = frames.shape
    parts = frames.view(batch, count, wide // hop, hop)  # [B, T, W / hop, hop]
    whole = frames.new_zeros(batch, count + wide // hop - 1, hop)
    for n in range(wide // hop):
        whole[:, n : n + count] += parts[:, :, n]
    return whole.flatten(1)
