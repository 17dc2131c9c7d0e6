"""The moments at which the flow is evaluated: F5-TTS's pruned grids, even ones otherwise, and sway."""

from __future__ import annotations

import torch
from torch import Tensor

# Empirically pruned step sampling (EPSS): 32nds of the way, for these step counts only.
PRUNED: dict[int, tuple[int, ...]] = {
    5: (0, 2, 4, 8, 16, 32),
    6: (0, 2, 4, 6, 8, 16, 32),
    7: (0, 2, 4, 6, 8, 16, 24, 32),
    10: (0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32),
    12: (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
    16: (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32),
}


def grid(steps: int, sway: float | None = -1.0) -> Tensor:
    """The times [steps + 1] from noise (0) to speech (1), float32 on the CPU.

    As f5_tts's `get_epss_timesteps` and the sway of its `CFM.sample`: t + sway (cos(pi t / 2) - 1 + t).
    Raises ValueError if there is no step at all.
    """
    if steps < 1:
        raise ValueError("sampling needs at least one step")
    pruned = PRUNED.get(steps)
    times = torch.linspace(0, 1, steps + 1) if pruned is None else (1 / 32) * torch.tensor(pruned)
    if sway is not None:
        times = times + sway * (torch.cos(torch.pi / 2 * times) - 1 + times)
    return times
