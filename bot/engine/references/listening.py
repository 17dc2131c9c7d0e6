"""Has whisper write down what is said in a recording, in a process of its own, where that can be had."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.engine.references.sound import RATE, Sound
from bot.engine.voices import VoiceError

WHISPER = "openai/whisper-large-v3-turbo"  # 1.6 GB in the hub's cache; MIT
_RATE = 16_000  # of whisper's ear
_PROJECT = Path(__file__).parents[3]


def can_listen() -> bool:
    """What whisper needs is installed. Whether its weights are to be had is not known before."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))


def listen(
    sound: Sound, *, language: str = "", model: str = WHISPER, report: Callable[[str], None] = lambda _: None
) -> str:
    """What is said in `sound`. `model`: a repository of the hub, or a folder. Raises VoiceError.

    The hub's own progress bars go to this process's standard error. Blocks, for minutes at the first time.
    """
    if not can_listen():
        raise VoiceError(
            'No transcript: write the words down with --text "…" (to have them heard: pip install'
            " transformers torch)."
        )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BOT_")}
    environment["PYTHONPATH"] = str(_PROJECT)
    with tempfile.TemporaryDirectory(prefix="chat-aloud-") as folder:
        file = Path(folder) / "sound.f32"
        file.write_bytes(sound.samples.astype("<f4").tobytes())
        process = subprocess.Popen(  # noqa: S603 - a list, and no shell
            [sys.executable, "-m", __name__, str(file), model, language],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        try:
            return _follow(process, report)
        finally:
            process.kill()
            process.wait()


def _follow(process: subprocess.Popen[str], report: Callable[[str], None]) -> str:
    assert process.stdout
    with process.stdout as lines:
        for line in lines:
            with contextlib.suppress(ValueError):  # a library's own words
                told = json.loads(line)
                if not isinstance(told, dict):
                    continue
                if "text" in told:
                    return str(told["text"]).strip()
                if "error" in told:
                    raise VoiceError(
                        f'Whisper cannot listen ({told["error"]}): write the words down with --text "…".'
                    )
                report(str(told.get("doing", "")))
    raise VoiceError('Whisper broke down: write the words down with --text "…".')


def main(file: str, name: str, language: str) -> None:
    """The child: lines of JSON on standard output, the last of them the text or the error."""
    try:
        _tell(doing=f"Loading {name}.")
        _tell(text=_transcribe(Path(file), name, language))
    except Exception as fault:  # whatever the libraries raise ends here, in one line
        _tell(error=" ".join(str(fault).split())[:300] or type(fault).__name__)


def _transcribe(file: Path, name: str, language: str) -> str:
    import numpy as np
    import soxr
    import torch

    # Not an import statement: nothing that this project installs asks for it, so no type checker finds it.
    transformers: Any = importlib.import_module("transformers")
    samples = soxr.resample(np.fromfile(file, "<f4"), RATE, _RATE, quality="HQ")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        processor = transformers.WhisperProcessor.from_pretrained(name)
        model = transformers.WhisperForConditionalGeneration.from_pretrained(name)
    except (OSError, ValueError) as fault:  # ValueError: a path that is no repository's name
        raise LookupError(
            f"{name} is neither a folder here nor to be had from the hub, which HF_ENDPOINT may name"
        ) from fault
    model = model.to(device=device, dtype=torch.float16 if device == "cuda" else torch.float32).eval()
    _tell(doing="Listening.")
    heard = processor(samples, sampling_rate=_RATE, return_tensors="pt", return_attention_mask=True)
    with torch.inference_mode():
        ids = model.generate(
            heard.input_features.to(device, model.dtype),
            attention_mask=heard.attention_mask.to(device),
            task="transcribe",
            language=language or None,
        )
    text: str = processor.batch_decode(ids, skip_special_tokens=True)[0]
    return text


def _tell(**words: str) -> None:
    sys.stdout.buffer.write(json.dumps(words).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
