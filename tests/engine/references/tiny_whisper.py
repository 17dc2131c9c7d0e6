"""Writes a whisper with random weights to a folder, as the hub lays one out."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import torch

SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|translate|>", "<|transcribe|>",
    "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


def main(folder: str) -> None:
    transformers: Any = importlib.import_module("transformers")
    torch.manual_seed(1)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = {token: number for number, token in enumerate([*letters, *SPECIAL])}
    transformers.WhisperTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    end, start = vocabulary["<|endoftext|>"], vocabulary["<|startoftranscript|>"]
    ends = {"pad_token_id": end, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": start}
    model = transformers.WhisperForConditionalGeneration(
        transformers.WhisperConfig(
            vocab_size=len(vocabulary),
            num_mel_bins=80,
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            max_target_positions=64,
            suppress_tokens=None,
            begin_suppress_tokens=None,
            **ends,
        )
    )
    model.generation_config = transformers.GenerationConfig(
        max_length=16,
        is_multilingual=True,
        lang_to_id={token: vocabulary[token] for token in ("<|en|>", "<|zh|>")},
        task_to_id={task: vocabulary[f"<|{task}|>"] for task in ("transcribe", "translate")},
        no_timestamps_token_id=vocabulary["<|notimestamps|>"],
        suppress_tokens=[vocabulary[token] for token in SPECIAL],
        return_timestamps=False,
        **ends,
    )
    model.save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
