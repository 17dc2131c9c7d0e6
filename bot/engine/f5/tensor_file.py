"""Reads files of named tensors, .safetensors or torch's .pt, lazily and without running anything in them."""

from __future__ import annotations

import json
import math
import pickle
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.engine.engine import EngineFault

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST_HEADER = 100_000_000  # bytes, as safetensors itself has it
_SAFETENSORS_TYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
_SIZES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes
_STATES = ("ema_model_state_dict", "model_state_dict", "state_dict")  # of a training's checkpoint, best first


class CheckpointError(EngineFault):
    """A file of weights cannot be used; the message is a sentence that names it and says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a tensor before it is read."""

    shape: tuple[int, ...]
    dtype: str  # torch's name: "float32"


class TensorFile(Protocol):
    path: Path

    @property
    def stored(self) -> Mapping[str, Stored]: ...

    def read(self, name: str) -> Tensor:
        """The tensor; it may share the file's pages. Raises CheckpointError."""

    def release(self) -> None:
        """Gives back the memory that reading took; what is read afterwards is read anew."""


def open_tensors(path: Path) -> TensorFile:
    """By what is in the file, not by its name. Raises CheckpointError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise CheckpointError(f"there is no file {path}") from None
    except OSError as fault:
        raise CheckpointError(f"{path} cannot be read: {fault.strerror or fault}") from None
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:60].lower()
    if not head:
        raise CheckpointError(f"{path} is empty: fetch it anew")
    if begins.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise CheckpointError(
            f"{path} is a web page, not a checkpoint: fetch it anew, past a login if need be"
        )
    if begins.startswith(b"version https://git-lfs"):
        raise CheckpointError(f"{path} only points to the checkpoint: fetch it with git lfs pull")
    if head.startswith(b"PK") or head[:1] == b"\x80":
        return _Pickled(path, zipped=head.startswith(b"PK"))
    return _Safetensors(path, size, head)


class _Safetensors:
    """Source of the format: safetensors' README. Read, not mapped: mapped pages count as memory in use."""

    def __init__(self, path: Path, size: int, head: bytes) -> None:
        self.path = path
        length = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
        if head[8:9] != b"{" or not 2 <= length <= _LARGEST_HEADER:
            raise CheckpointError(f"{path} is no checkpoint: neither .safetensors nor torch's .pt")
        if 8 + length > size:
            raise CheckpointError(f"{path} is cut off in its first lines: fetch it anew")
        self.stored: dict[str, Stored] = {}
        self._places: dict[str, int] = {}  # bytes from the beginning of the file
        end = 0
        try:
            with path.open("rb") as file:
                file.seek(8)
                table = json.loads(file.read(length))
            table.pop("__metadata__", None)
            for name, entry in table.items():
                shape, (start, stop) = tuple(map(int, entry["shape"])), map(int, entry["data_offsets"])
                self.stored[name] = Stored(shape, _SAFETENSORS_TYPES.get(entry["dtype"], str(entry["dtype"])))
                self._places[name] = 8 + length + start
                end = max(end, stop)
                if min(start, stop, *shape, 0) < 0 or _bytes(self.stored[name]) not in (None, stop - start):
                    raise ValueError
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError):
            raise CheckpointError(f"{path} is damaged: its table of tensors cannot be read") from None
        if 8 + length + end > size:
            raise CheckpointError(
                f"{path} is cut off: it has {size / 1e6:.1f} MB of {(8 + length + end) / 1e6:.1f};"
                " fetch it anew"
            )

    def read(self, name: str) -> Tensor:
        import torch

        stored = self.stored[name]
        size = _bytes(stored)
        assert size is not None, "what is of a type that is not read here is refused before"
        if not size:
            return torch.empty(stored.shape, dtype=getattr(torch, stored.dtype))
        contents = bytearray(size)
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(self._places[name])
                view = memoryview(contents)
                while view and (count := file.readinto(view)):
                    view = view[count:]
        except OSError as fault:
            raise CheckpointError(f"{self.path} cannot be read: {fault.strerror or fault}") from None
        if view:
            raise CheckpointError(f"{self.path} has become shorter: fetch it anew")
        return torch.frombuffer(contents, dtype=getattr(torch, stored.dtype)).view(stored.shape)

    def release(self) -> None:
        pass


class _Pickled:
    """A pickle may hold code: torch's loader for weights alone refuses that."""

    def __init__(self, path: Path, *, zipped: bool) -> None:
        self.path = path
        self._zipped = zipped
        self._state: dict[str, Tensor] | None = self._open()
        self.stored: Mapping[str, Stored] = {
            name: Stored(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
            for name, tensor in self._state.items()
        }

    def read(self, name: str) -> Tensor:
        if self._state is None:
            self._state = self._open()
        try:
            return self._state[name]
        except KeyError:
            raise CheckpointError(f"{self.path} has become another file") from None

    def release(self) -> None:
        self._state = None

    def _open(self) -> dict[str, Tensor]:
        import torch

        path = self.path
        try:
            with warnings.catch_warnings():  # of pickles that torch did not write
                warnings.simplefilter("ignore")
                found = torch.load(path, map_location="cpu", weights_only=True, mmap=self._zipped or None)
        except pickle.UnpicklingError as fault:
            if "truncated" in str(fault) or "STACK_GLOBAL" in str(fault):
                raise CheckpointError(f"{path} is cut off or damaged: fetch it anew") from None
            raise CheckpointError(
                f"{path} holds more than tensors, perhaps code, and is not opened: use a .safetensors of it"
            ) from None
        except Exception as fault:  # what a damaged file makes torch raise is of many kinds
            words = "cut off" if "central directory" in str(fault) else f"damaged ({str(fault)[:100]})"
            raise CheckpointError(f"{path} is {words}: fetch it anew") from None
        state = found
        for name in _STATES:
            if isinstance(found, dict) and isinstance(found.get(name), dict):
                state = found[name]
                break
        if not isinstance(state, dict):
            raise CheckpointError(f"{path} holds no table of tensors")
        return {
            name: tensor
            for name, tensor in state.items()
            if isinstance(name, str) and isinstance(tensor, torch.Tensor)
        }


def _bytes(stored: Stored) -> int | None:
    """What a tensor takes in the file; None for a type that is not read here."""
    size = _SIZES.get(stored.dtype)
    return None if size is None else size * math.prod(stored.shape)
