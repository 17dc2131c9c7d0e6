"""Whether a Jetson runs at its full speed: its power mode and its clocks, for `doctor`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 10.0
MEND = "sudo scripts/jetson_performance (docs/jetson.md has it done at every start)"


@dataclass(frozen=True, slots=True)
class Jetson:
    """What was found. `mode` is the power mode's name, "" if it is not told; `locked` is None then."""

    model: str
    mode: str
    locked: bool | None

    @property
    def slow(self) -> str:
        """Why speech takes longer than it must, as a clause; "" if nothing says so."""
        reasons = []
        if self.mode and not self.mode.startswith("MAXN"):
            reasons.append(f"the power mode is {self.mode}")
        if self.locked is False:
            reasons.append("the clocks are not locked (a restart unlocks them)")
        return " and ".join(reasons)

    def __str__(self) -> str:
        clocks = {True: "locked", False: "not locked", None: "unknown (ask as root)"}[self.locked]
        return f"{self.model}, power mode {self.mode or 'unknown'}, clocks {clocks}"


def find_jetson(root: Path = Path("/")) -> Jetson | None:
    """This machine as a Jetson, None if it is none. `root` holds its /etc, /proc and /sys."""
    try:
        model = (root / "proc/device-tree/model").read_bytes().decode(errors="replace").strip("\0\n ")
    except OSError:
        model = ""
    if not (root / "etc/nv_tegra_release").exists() and "Jetson" not in model:
        return None
    return Jetson(model or "NVIDIA Jetson", _power_mode(), _clocks_locked(root))


def _power_mode() -> str:
    for line in _ask("nvpmodel", "-q").splitlines():
        if line.startswith("NV Power Mode:"):
            return line.partition(":")[2].strip()
    return ""


def _clocks_locked(root: Path) -> bool | None:
    # The kernel tells everybody; jetson_clocks tells root alone.
    for device in (root / "sys/class/devfreq").glob("*"):
        if any(name in device.name for name in ("gpu", "ga10b", "gpc")):
            try:
                lowest, highest = ((device / name).read_text().strip() for name in ("min_freq", "max_freq"))
            except OSError:
                continue
            return lowest == highest
    for line in _ask("jetson_clocks", "--show").splitlines():
        if line.startswith("GPU "):
            figures = dict(word.split("=", 1) for word in line.split() if "=" in word)
            if "MinFreq" in figures and "MaxFreq" in figures:
                return figures["MinFreq"] == figures["MaxFreq"]
    return None


def _ask(*command: str) -> str:
    """What the command prints, "" if it is not here, fails or hangs."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
