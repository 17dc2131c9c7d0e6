"""Vocoding in chunks: the samples of one-shot decoding, as soon as the frames they hear have come."""

from __future__ import annotations

import torch
from torch import Tensor

from bot.engine.f5.vocoder import Vocoder


class VocoderStream:
    """Decodes frames as they come; the samples of all chunks are those of `decode` over all frames.

    Each chunk is decoded with the frames around it that its samples hear, and only its own samples are kept,
    so a chunk costs 2 * `vocoder.context` frames more than its own and lags that context behind.
    """

    def __init__(self, vocoder: Vocoder, before: Tensor | None = None) -> None:
        """before: [C, mel], frames that come first and are heard but not given, such as the reference's last
        ones (`vocoder.context` of them make its samples exact); None where the sound starts."""
        self._vocoder = vocoder
        self._frames = before  # not yet out of hearing
        self._given = 0 if before is None else len(before)  # of these frames' samples, those that are out

    def push(self, mel: Tensor, last: bool = False) -> Tensor:
        """mel: [T, mel], the next frames -> the samples that they complete, perhaps none; all if `last`."""
        hop, context = self._vocoder.architecture.hop, self._vocoder.context
        frames = mel if self._frames is None else torch.cat((self._frames.to(mel), mel))
        ready = len(frames) if last else max(len(frames) - context, self._given)
        self._frames = frames
        if ready <= self._given:
            return torch.empty(0, device=mel.device)
        sound = self._vocoder.decode(frames)[self._given * hop : ready * hop]
        gone = max(ready - context, 0)
        self._frames, self._given = frames[gone:], ready - gone
        return sound
