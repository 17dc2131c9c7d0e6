"""Tells a GPU's faults apart: its memory is full, or it has failed for good."""

from __future__ import annotations

import torch

# What is not allocated through torch (a graph, a library's own room) says it in words alone; and on a Jetson
# torch stumbles over its own account of the memory when there is none left (pytorch/pytorch#128661).
_FULL = ("out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED", "NVML_SUCCESS ==")


def is_full(fault: BaseException) -> bool:
    """Whether it was for want of memory: with less to do, or after some is given back, it may go well."""
    if isinstance(fault, torch.OutOfMemoryError):
        return True
    if isinstance(fault, RuntimeError) and any(words in str(fault) for words in _FULL):
        return True
    # What ends a capture may stumble over it too, in other words.
    return fault.__context__ is not None and is_full(fault.__context__)


def is_lost(device: torch.device) -> bool:
    """Whether a GPU answers this process no more: after an illegal access, say, every call fails."""
    if device.type != "cuda":
        return False
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return True
    return False
