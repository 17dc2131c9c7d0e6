"""Token ids as one vector a frame: F5-TTS's embedding and ConvNeXtV2 blocks, exact for padded batches."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.architecture import Architecture
from bot.engine.f5.tensors import Weights

ROTARY_BASE = 10_000.0


class TextEncoder(nn.Module):
    """f5_tts's `TextEmbedding` over the weights of a checkpoint, in float32: it runs once a request.

    A text is as long as the speech: filler tokens (0) follow it. The blocks' response normalisation sums
    over all frames, so frames beyond a sequence's own length are kept at zero and out of every sum.
    """

    def __init__(self, weights: Weights, architecture: Architecture) -> None:
        super().__init__()
        self._mask_filler = architecture.text_mask_padding
        self._upsample = architecture.average_upsampling
        self.embedding = weights.buffer("text_embed.weight")  # [V + 1, C]
        self.blocks = nn.ModuleList(
            _Block(weights.at(f"text_blocks.{n}")) for n in range(architecture.text_layers)
        )

    def forward(self, ids: Tensor, lengths: Tensor, drop: Tensor) -> Tensor:
        """One vector a frame.

        ids: [M, L] tokens plus 1, 0 from a text's end on (see `padded_ids`); lengths: [M] frames of each
        sequence; drop: [M] bool, where the text is withheld (the null pass). Returns [M, L, C], zero beyond
        the lengths.
        """
        length = ids.shape[1]
        inside = (torch.arange(length, device=ids.device) < lengths[:, None])[..., None]  # [M, L, 1]
        written = (ids > 0)[..., None] & inside
        x = functional.embedding(ids.masked_fill(drop[:, None], 0), self.embedding)  # [M, L, C]
        if len(self.blocks):
            kept = written if self._mask_filler else inside
            x = (x + sinusoids(length, x.shape[2], x.device)).masked_fill(~kept, 0.0)
            for block in self.blocks:
                x = block(x, inside).masked_fill(~kept, 0.0)
        else:
            x = x.masked_fill(~inside, 0.0)
        return upsampled(x, written[..., 0], lengths) if self._upsample else x


class _Block(nn.Module):
    """A ConvNeXtV2 block: depthwise convolution, norm, two linears with response normalisation between."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        kept = weights.buffer
        self.conv, self.conv_bias = kept("dwconv.weight"), kept("dwconv.bias")
        self.norm, self.norm_bias = kept("norm.weight"), kept("norm.bias")
        self.wide, self.wide_bias = kept("pwconv1.weight"), kept("pwconv1.bias")
        self.gamma, self.beta = kept("grn.gamma"), kept("grn.beta")
        self.narrow, self.narrow_bias = kept("pwconv2.weight"), kept("pwconv2.bias")

    def forward(self, x: Tensor, inside: Tensor) -> Tensor:
        """x: [M, L, C], zero where not inside: [M, L, 1]."""
        channels = x.shape[2]
        h = functional.conv1d(
            x.mT, self.conv, self.conv_bias, padding=self.conv.shape[2] // 2, groups=channels
        ).mT
        h = functional.layer_norm(h, (channels,), self.norm, self.norm_bias, eps=1e-6)
        h = functional.gelu(functional.linear(h, self.wide, self.wide_bias)).masked_fill(
            ~inside, 0.0
        )  # [M, L, 2C]
        size = torch.linalg.vector_norm(h, dim=1, keepdim=True)  # [M, 1, 2C]
        h = self.gamma * (h * (size / (size.mean(dim=-1, keepdim=True) + 1e-6))) + self.beta + h
        return x + functional.linear(h, self.narrow, self.narrow_bias)


def padded_ids(texts: Sequence[Tensor], lengths: Sequence[int], length: int) -> Tensor:
    """`texts` (ids from 0, -1 for filler) cut to their frames, as `TextEncoder` takes them: [M, L]."""
    ids = torch.zeros(len(texts), length, dtype=torch.long)
    for row, text, frames in zip(ids, texts, lengths, strict=True):
        cut = text[:frames]
        row[: len(cut)] = cut.cpu() + 1
    return ids


def sinusoids(length: int, channels: int, device: torch.device) -> Tensor:
    """f5_tts's `precompute_freqs_cis`: the cosines, then the sines, of each position: [L, C]."""
    rates = 1.0 / (
        ROTARY_BASE ** (torch.arange(0, channels, 2, device=device)[: channels // 2].float() / channels)
    )
    angles = torch.outer(torch.arange(length, device=device), rates).float()
    return torch.cat((angles.cos(), angles.sin()), dim=-1)


def upsampled(x: Tensor, written: Tensor, lengths: Tensor) -> Tensor:
    """Each token's vector repeated over an even share of the frames, the later ones once more (ZipVoice's
    way).

    x: [M, L, C]; written: [M, L] bool, where a token stands; lengths: [M].
    """
    frames = torch.arange(x.shape[1], device=x.device)[None]  # [1, L]
    tokens = written.sum(1, keepdim=True).clamp(min=1)  # [M, 1]
    share, over = lengths[:, None] // tokens, lengths[:, None] % tokens
    early = (tokens - over) * share  # frames of the tokens that are repeated `share` times
    nth = torch.where(
        frames < early, frames // share.clamp(min=1), tokens - over + (frames - early) // (share + 1)
    )
    order = torch.argsort((~written).to(torch.int8), dim=1, stable=True)  # where the n-th token stands
    index = order.gather(1, nth.clamp(max=x.shape[1] - 1))
    inside = (frames < lengths[:, None]) & written.any(1, keepdim=True)
    return x.gather(1, index[..., None].expand_as(x)).masked_fill(~inside[..., None], 0.0)
