"""From audio chunks to something that can be heard: a device, a file, or a clock alone."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.messages import OutputState, State
from bot.playback.clock import ClockOutput
from bot.playback.output import Output, OutputError, Report
from bot.playback.player import Player

__all__ = ["Output", "OutputError", "Player", "make_output"]


class AudioSettings(Protocol):
    """What is needed of the settings' audio section."""

    @property
    def output(self) -> str:
        """device, browser, null or wav:FILE"""

    @property
    def device(self) -> str: ...

    @property
    def latency(self) -> float: ...


def make_output(audio: AudioSettings, report: Report, *, jitter: float = 0.06) -> Output:
    """The output that the settings name; it tells of itself through `report`, in the loop's thread.

    `jitter`: seconds that browser pages hold sound back. OutputError: it is none, or its file cannot be.
    """
    kind, _, name = audio.output.partition(":")
    if kind == "wav" and name:
        from bot.playback.wav import WavOutput

        return WavOutput(Path(name).expanduser(), report)
    if kind == "device":
        from bot.playback.device import DeviceOutput

        return DeviceOutput(audio.device, audio.latency, report)
    if kind == "browser":
        from bot.playback.browser import BrowserOutput

        return BrowserOutput(report, jitter=jitter)
    if kind == "null":
        report(OutputState(State.READY, "nothing is heard (audio.output is null)"))
        return ClockOutput()
    raise OutputError(f"There is no output {audio.output!r}: choose device, browser, null or wav:FILE.")
