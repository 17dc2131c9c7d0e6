"""Whether F5 can run on this machine, and whether fast: asked in the order of what it costs to know."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Watching = Callable[[], AbstractContextManager[None]]


def missing() -> str:
    """A sentence on what F5 lacks to run at all; "" if it is there."""
    for package in ("torch", "f5_tts"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: scripts/run --with-f5 does it, or pip install '.[f5]'."
    return ""


def why_absent(watching: Watching = nullcontext) -> str:
    """A sentence on what there is not: a GPU, or what F5 is made of; "" if all is. It costs a millisecond.

    `watching` is entered around what touches the GPU, which may hang.
    """
    with watching():
        there = has_gpu()
    if not there:
        return 'no NVIDIA GPU was found; engine.name = "f5" uses it on the processor all the same, slowly.'
    return missing()


def why_slow(watching: Watching = nullcontext) -> str:
    """A sentence on why F5 is missing or would be slow here; "" if it is fast. To know that takes torch."""
    if absent := why_absent(watching):
        return absent
    import torch  # which a slow disk may take long for

    with watching():
        if not torch.cuda.is_available():
            return f"torch {torch.__version__} does not reach the GPU: it, or the driver, is of another CUDA."
        try:
            torch.ones(2, device="cuda").sum().item()
        except RuntimeError as fault:  # built without kernels for this GPU, or the GPU is ill
            reason = (str(fault).splitlines() or ["no reason given"])[0][:150].rstrip(".")
            version = torch.__version__
            return f"torch {version} cannot compute on the GPU ({reason}): install the one made for it."
    return ""


def has_gpu() -> bool:
    """Asks NVIDIA's driver itself: torch takes seconds and half a gigabyte to ask it."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int()
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return False
    except (OSError, AttributeError):
        return False
    return count.value > 0
