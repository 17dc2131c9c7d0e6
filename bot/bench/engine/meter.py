"""The clock and the memory of a process that measures itself, on a CPU and on a GPU."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import time
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")


class Meter:
    """Of one device. On a CPU memory is the whole process's; on a GPU what torch has of its."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.gpu = device.type == "cuda"

    def now(self) -> float:
        """Seconds, when everything that was asked of the device is done."""
        if self.gpu:
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def held(self) -> int:
        """Bytes in use, after what can be given back is."""
        gc.collect()
        if self.gpu:
            torch.cuda.synchronize(self.device)
            return torch.cuda.memory_allocated(self.device)
        _trim()
        return _of_status("RssAnon")

    def forget_peak(self) -> None:
        """`peak` counts from here on."""
        if self.gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
            return
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def peak(self) -> int:
        """The most bytes at once since `forget_peak`; 0 where the system does not tell."""
        if self.gpu:
            # Reserved, for what graphs hold counts as free between their runs.
            return torch.cuda.max_memory_reserved(self.device)
        return _of_status("VmHWM")


def _of_status(name: str) -> int:
    if not _STATUS.exists():
        return 0
    lines = (line.split() for line in _STATUS.read_text(encoding="ascii").splitlines())
    return next((int(words[1]) * 1024 for words in lines if words and words[0] == f"{name}:"), 0)


def _trim() -> None:
    """Has the C library give freed memory back, as far as it is one that can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
