"""The weights of an F5-TTS transformer or of a Vocos, known to be whole before the first of them is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.engine.f5.architecture import MEL, Architecture, ArchitectureError, Shape, VocosArchitecture
from bot.engine.f5.model_config import ConfigError, model_config, vocos_config
from bot.engine.f5.tensor_file import CheckpointError, Stored, TensorFile, open_tensors

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Checkpoint", "CheckpointError", "open_model", "open_vocoder"]

Kind = TypeVar("Kind", Architecture, VocosArchitecture)

_PREFIXES = ("ema_model.", "_orig_mod.", "module.", "transformer.")
# Counters of a training, and buffers that follow from the architecture: stored by some, needed by none.
_IDLE_MODEL = re.compile(r"initted|step|mel_spec\..*|rotary_embed\..*|text_embed\.freqs_cis")
_IDLE_VOCOS = re.compile(r"feature_extractor\..*|head\.istft\..*")
_TYPES = ("float32", "float16", "bfloat16")


class Checkpoint(Mapping[str, "Tensor"], Generic[Kind]):
    """Name -> tensor, under f5_tts's names within its `DiT`, or vocos's; read from the disk when asked for.

    A tensor has the type it is stored with (float32, float16 or bfloat16) and may share the file's pages: it
    is to be copied before it is written to. Reading one raises CheckpointError if it holds what is no number.
    `release` gives the memory back that reading took; whatever is asked for later is read anew.
    """

    def __init__(self, file: TensorFile, names: Mapping[str, str], architecture: Kind) -> None:
        self.path = file.path
        self.architecture: Kind = architecture
        self._file, self._names = file, names

    def __getitem__(self, name: str) -> Tensor:
        import torch

        tensor = self._file.read(self._names[name])
        # A sum shows any NaN or infinity in one pass; it may overflow by itself, so that is looked into.
        if not torch.isfinite(tensor.sum(dtype=torch.float32)) and not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"{self.path} holds no numbers (NaN) in {name}: fetch it anew, or use another"
            )
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def loaded(self, dtype: torch.dtype | None = None, device: str = "cpu") -> dict[str, Tensor]:
        """All of it, copied and cast tensor by tensor: never is more than one of them there twice."""
        found = {name: self[name].to(device=device, dtype=dtype, copy=True) for name in self}
        self.release()
        return found

    def release(self) -> None:
        self._file.release()


def open_model(path: Path, architecture: str = "", vocabulary: int | None = None) -> Checkpoint[Architecture]:
    """An F5-TTS transformer.

    `architecture` names the one whose choices hold where tensors cannot tell; "": as a yaml or toml beside
    the file has it, or the file's path. `vocabulary`: how many tokens its vocab.txt has, None: not looked at.
    Raises CheckpointError.
    """
    file = open_tensors(path)
    names = _plain_names(file)
    stored = {name: file.stored[raw] for name, raw in names.items()}
    try:
        found = Architecture.from_state(stored, model_config(path, architecture))
    except (ArchitectureError, ConfigError) as fault:
        raise CheckpointError(f"{path} cannot be used: {fault}") from None
    needed = _needed(names, _IDLE_MODEL)
    _check(path, {name: stored[name] for name in needed}, found.shapes(), "an F5-TTS model")
    if found.mel != MEL:
        raise CheckpointError(f"{path} speaks in {found.mel} mel bands, and this engine in {MEL}")
    if vocabulary is not None and vocabulary != found.vocabulary:
        raise CheckpointError(
            f"{path} knows {found.vocabulary} tokens, and its vocab.txt has {vocabulary}:"
            " name the one that belongs to it in engine.f5.vocabulary"
        )
    return Checkpoint(file, needed, found)


def open_vocoder(path: Path, config: Path | None = None) -> Checkpoint[VocosArchitecture]:
    """A Vocos of mel features; `config` is its config.yaml, None: as charactr/vocos-mel-24khz has it.

    Raises CheckpointError.
    """
    file = open_tensors(path)
    names = _plain_names(file)
    stored = {name: file.stored[raw] for name, raw in names.items()}
    try:
        found = VocosArchitecture.from_state(stored, vocos_config(config) if config else None)
    except (ArchitectureError, ConfigError) as fault:
        raise CheckpointError(f"{path} cannot be used: {fault}") from None
    needed = _needed(names, _IDLE_VOCOS)
    _check(path, {name: stored[name] for name in needed}, found.shapes(), "a Vocos")
    if found.mel != MEL:
        raise CheckpointError(f"{path} hears {found.mel} mel bands, and this engine has {MEL}")
    return Checkpoint(file, needed, found)


def _plain_names(file: TensorFile) -> dict[str, str]:
    """Name without prefixes -> name in the file; of the averaged ones alone where there are such."""
    averaged = any(raw.startswith("ema_model.") for raw in file.stored)
    names: dict[str, str] = {}
    for raw in file.stored:
        if averaged and not raw.startswith("ema_model."):
            continue
        name = raw
        while prefix := next((one for one in _PREFIXES if name.startswith(one)), ""):
            name = name.removeprefix(prefix)
        names[name] = raw
    return names


def _needed(names: Mapping[str, str], idle: re.Pattern[str]) -> dict[str, str]:
    return {name: raw for name, raw in names.items() if not idle.fullmatch(name)}


def _check(path: Path, stored: Mapping[str, Stored], shapes: Mapping[str, Shape], what: str) -> None:
    if missing := [name for name in shapes if name not in stored]:
        raise CheckpointError(f"{path} is not the whole of {what}: it lacks {_some(missing)}")
    if foreign := [name for name in stored if name not in shapes]:
        raise CheckpointError(f"{path} is not {what} of a known kind: it has {_some(foreign)} besides")
    for name, shape in shapes.items():
        if stored[name].shape != shape:
            raise CheckpointError(
                f"{path} does not fit: {name} is {stored[name].shape}, and should be {shape}"
            )
        if stored[name].dtype not in _TYPES:
            raise CheckpointError(
                f"{path} cannot be used: {name} is of type {stored[name].dtype}, not of {', '.join(_TYPES)}"
            )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0][:80] + more
