"""From settings to a model that speaks: which device, which numbers, which files, and everything loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from bot.engine.engine import Report
from bot.engine.f5.architecture import Architecture
from bot.engine.f5.checkpoint import Checkpoint, open_model, open_vocoder
from bot.engine.f5.grid import grid
from bot.engine.f5.model import Transformer
from bot.engine.f5.precision import Precision
from bot.engine.f5.sampler import Sampling
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.tokens import Vocabulary, warm
from bot.engine.f5.vocoder import Vocoder
from bot.engine.f5.weights import count_tokens, fetch


class DeviceError(Exception):
    """The device of the settings cannot be used; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Model:
    """What makes speech: tokens and a reference to mel, and mel to samples."""

    transformer: Transformer
    vocoder: Vocoder
    vocabulary: Vocabulary
    name: str
    licence: str
    checkpoint: Checkpoint[Architecture]

    def exact(self) -> Transformer:
        """The same transformer in fp32, read anew: what half precision garbles is tried again with it."""
        return _transformer(self.checkpoint, Precision.of("fp32", self.transformer.device))


def load(settings: F5Settings, report: Report) -> Model:
    """Fetches what is missing and loads it; `report` is told the share done and a sentence.

    Raises DeviceError, HubError, CheckpointError, PrecisionError or VocabularyError.
    """
    device = device_of(settings.device)
    precision = Precision.of(settings.precision, device)
    files = fetch(settings, lambda share, sentence: report(0.7 * share, sentence))
    report(0.7, f"Loading {files.name}.")
    checkpoint = open_model(files.model, files.architecture, count_tokens(files.vocabulary))
    vocabulary = Vocabulary.load(files.vocabulary)
    transformer = _transformer(checkpoint, precision)
    times = sampling_of(settings)
    transformer.modulations.of(grid(times.steps, times.sway)[:-1])
    checkpoint.release()
    report(0.85, "Loading the vocoder.")
    voice = open_vocoder(files.vocoder, files.vocoder_config)
    # In half precision a vocoder's phases are off by more than its time is worth, but on a GPU.
    wide = torch.float32 if device.type == "cpu" else precision.dtype
    vocoder = Vocoder(voice, voice.architecture, wide, device)
    voice.release()
    warm()
    return Model(transformer, vocoder, vocabulary, files.name, files.licence, checkpoint)


def sampling_of(settings: F5Settings) -> Sampling:
    return Sampling(
        steps=settings.steps,
        cfg_strength=settings.cfg_strength,
        sway=settings.sway or None,
        guided_steps=settings.guided_steps or None,
        pinned=settings.pinned_reference,
    )


def device_of(name: str) -> torch.device:
    """The device of a setting; "auto" is a GPU where there is one. DeviceError: torch cannot use it."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError("torch finds no NVIDIA GPU here; set engine.f5.device to cpu, or mend the driver")
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
        if device.index >= torch.cuda.device_count():
            raise DeviceError(f"there is no GPU number {device.index} here; set engine.f5.device to cuda")
        torch.cuda.set_device(device)  # streams, graphs and memory are this thread's current device's
    if device.type == "cpu":
        # All cores but one, which the bot's own sound and chat may need; two cores are both used.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(max(min(cores, 2), cores - 1))
    return device


def _transformer(checkpoint: Checkpoint[Architecture], precision: Precision) -> Transformer:
    return Transformer(checkpoint, checkpoint.architecture, precision, source=lambda: checkpoint)
