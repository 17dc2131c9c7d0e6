"""From settings to a model that speaks: which device, which numbers, which files, and everything loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.engine.engine import Report
from bot.engine.f5.architecture import Architecture
from bot.engine.f5.checkpoint import Checkpoint, open_model, open_vocoder
from bot.engine.f5.grid import grid
from bot.engine.f5.hub_cache import own_folder
from bot.engine.f5.model import Transformer
from bot.engine.f5.overflows import Overflows
from bot.engine.f5.precision import Precision, wider
from bot.engine.f5.sampler import Sampling
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.tokens import Vocabulary, warm
from bot.engine.f5.vocoder import Vocoder
from bot.engine.f5.weights import count_tokens, fetch

Unwatched = Callable[[], AbstractContextManager[None]]


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
    remark: str = ""  # a sentence on what is otherwise than the settings have it

    def read_in(self, name: str, unwatched: Unwatched = nullcontext) -> Transformer:
        """The same transformer in another precision, read anew; `unwatched` as in `load`.

        Its modulation is the one that there is: it is the same in every precision, and 41 % of the file.
        """
        # Not `Precision.of`: the process goes on with the products of the precision that it was set to.
        precision = Precision(name, self.transformer.device)
        state = _Read(self.checkpoint, unwatched)
        transformer = _transformer(state, self.checkpoint.architecture, precision)
        transformer.modulations = self.transformer.modulations
        self.checkpoint.release()
        return transformer


def load(settings: F5Settings, report: Report, unwatched: Unwatched = nullcontext) -> Model:
    """Fetches what is missing and loads it; `report` is told the share done and a sentence.

    `unwatched` is entered for what waits for a network or a disk, which may take its time, and not for a GPU.
    Raises DeviceError, HubError, CheckpointError, PrecisionError or VocabularyError.
    """
    device = device_of(settings.device)
    attend_without_plans()
    precision = Precision.of(settings.precision, device)
    with unwatched():
        files = fetch(settings, lambda share, sentence: report(0.7 * share, sentence))
        report(0.7, f"Loading {files.name}.")
        checkpoint = open_model(files.model, files.architecture, count_tokens(files.vocabulary))
        vocabulary = Vocabulary.load(files.vocabulary)
        warm()
    remark = ""
    if settings.precision == "auto" and precision.name == "fp16":
        with unwatched():
            narrow = checkpoint.path in Overflows(own_folder(settings.cache))
        if narrow:
            precision = Precision.of(wider(device), device)
            remark = overflowing(precision.name)
    transformer = _transformer(_Read(checkpoint, unwatched), checkpoint.architecture, precision)
    times = sampling_of(settings)
    transformer.modulations.of(grid(times.steps, times.sway)[:-1])
    checkpoint.release()
    report(0.85, "Loading the vocoder.")
    with unwatched():
        voice = open_vocoder(files.vocoder, files.vocoder_config)
    wide = decoded_in(precision)
    vocoder = Vocoder(_Read(voice, unwatched), voice.architecture, wide, device)
    voice.release()
    return Model(transformer, vocoder, vocabulary, files.name, files.licence, checkpoint, remark)


def overflowing(wide: str) -> str:
    return f"fp16 overflows with these weights: they run in {wide}"


def attend_without_plans() -> None:
    """Leaves out cuDNN's attention, torch's first choice on Hopper: it makes a plan for each new length, and
    that takes longer than all else."""
    torch.backends.cuda.enable_cudnn_sdp(False)


def decoded_in(precision: Precision) -> torch.dtype:
    """What the vocoder computes in.

    In half precision its phases are off by more than the time is worth, but on a GPU; in bfloat16 even there.
    """
    exact = precision.device.type == "cpu" or precision.name == "fp32"
    return torch.float32 if exact else torch.float16


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
    if device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        # All cores but one, which the bot's own sound and chat may need; two cores are both used.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(max(min(cores, 2), cores - 1))
    return device


def _transformer(
    state: Mapping[str, Tensor], architecture: Architecture, precision: Precision
) -> Transformer:
    return Transformer(state, architecture, precision, source=lambda: state)


class _Read(Mapping[str, Tensor]):
    """A checkpoint whose disk may be slow: `unwatched` is entered while a tensor is read."""

    def __init__(self, checkpoint: Mapping[str, Tensor], unwatched: Unwatched) -> None:
        self._checkpoint, self._unwatched = checkpoint, unwatched

    def __getitem__(self, name: str) -> Tensor:
        with self._unwatched():
            return self._checkpoint[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._checkpoint)

    def __len__(self) -> int:
        return len(self._checkpoint)
