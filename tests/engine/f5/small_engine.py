"""An F5 engine with a small model of random weights read from real files, on a processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.engine.f5.engine import F5Engine
from bot.engine.f5.settings import F5Settings
from bot.engine.voices import Voice

TEXT = "Hello everyone, welcome to the stream. 今天我们来玩一个新游戏，希望大家喜欢！"

Samples = NDArray[np.float32]


def settings(weights: Path, **changed: object) -> F5Settings:
    """`weights`: the folder of `random_weights.small_files`."""
    files = {
        "model": f"{weights}/F5TTS_v1_Base.safetensors",
        "vocoder": f"{weights}/vocos.safetensors",
        "cache": f"{weights}/hub",
    }
    return F5Settings(**{"device": "cpu", "precision": "fp32", "steps": 5, **files, **changed})  # type: ignore[arg-type]


def loaded(weights: Path, voice: Voice, **changed: object) -> F5Engine:
    engine = F5Engine(settings(weights, **changed))
    engine.load(lambda share, sentence: None)
    engine.prepare(voice)
    return engine


def spoken(engine: F5Engine, voice: Voice, text: str = TEXT, speed: float = 1.0) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *engine.synthesize(text, voice, speed)])
