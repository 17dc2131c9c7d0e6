"""The places that sound can go on this machine, and which of them a name or number means."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.playback.output import OutputError
from bot.playback.portaudio import load

PACTL_TIMEOUT = 1.0  # seconds: a sound server that does not answer must not be waited for
CABLES = ("CABLE Input", "BlackHole", "VoiceMeeter Input")  # as VB-CABLE, BlackHole and VoiceMeeter begin
PULSE = "pulse"  # the ALSA device through which PortAudio reaches PulseAudio and PipeWire


@dataclass(frozen=True, slots=True)
class Device:
    """Somewhere to play. `index`: the number to choose it by; `portaudio`: PortAudio's number to open."""

    index: int
    name: str
    api: str
    channels: int
    rate: int
    default: bool
    portaudio: int
    sink: str = ""  # the PulseAudio sink that it is
    description: str = ""  # what people call that sink
    muted: bool = False
    cable: bool = False  # made for other programs to hear, not people

    @property
    def title(self) -> str:
        return f"{self.description} ({self.name})" if self.description else self.name


def list_outputs() -> list[Device]:
    """Every output, PortAudio's first. Blocks; ends every stream that is open. OutputError: no PortAudio."""
    return listed(load())


def find_output(wanted: str) -> Device:
    """The output that a number or a name means. Blocks, as `list_outputs`. OutputError: there is none."""
    return choose(wanted, list_outputs())


def listed(sounddevice: Any, *, sinks: bool = True) -> list[Device]:
    """The devices of a PortAudio that has been started, with the sinks that it does not tell apart."""
    try:
        apis = [str(api["name"]) for api in sounddevice.query_hostapis()]
        infos = list(sounddevice.query_devices())
    except sounddevice.PortAudioError as error:
        raise OutputError(f"PortAudio cannot list its devices: {error}.") from error
    default = sounddevice.default.device[1]
    found = [
        Device(
            index,
            str(info["name"]),
            apis[info["hostapi"]],
            int(info["max_output_channels"]),
            int(info["default_samplerate"]),
            index == default,
            index,
            cable=str(info["name"]).casefold().startswith(tuple(name.casefold() for name in CABLES)),
        )
        for index, info in enumerate(infos)
        if info["max_output_channels"] > 0
    ]
    door = next((device for device in found if device.name == PULSE), None)
    if door is not None and sinks:
        known = _pulse_sinks()
        chosen = os.environ.get("PULSE_SINK") or _pulse_default()
        found += [
            Device(
                len(infos) + number,
                sink["name"],
                "PulseAudio",
                channels,
                rate,
                sink["name"] == chosen,
                door.portaudio,
                sink["name"],
                sink.get("description", ""),
                bool(sink.get("mute")),
                _is_null(sink),
            )
            for number, (sink, channels, rate) in enumerate(known)
        ]
    return found


def choose(wanted: str, devices: list[Device]) -> Device:
    """By number; else by exact name, else by part of a name or description, whatever its case."""
    if not devices:
        raise OutputError(
            "No sound device was found: start PulseAudio or PipeWire (on Debian also "
            "`sudo apt install libasound2-plugins`), or choose the output null or wav:FILE."
        )
    if not wanted:
        # Sinks are reached by name only; the default stream may be moved by the sound server.
        playable = [device for device in devices if not device.sink]
        return next((device for device in playable if device.default), playable[0])
    folded = wanted.casefold()
    tests: tuple[Callable[[Device], bool], ...] = (
        lambda device: str(device.index) == wanted,
        lambda device: wanted in (device.name, device.description),
        lambda device: folded in (device.name.casefold(), device.description.casefold()),
        lambda device: folded in device.name.casefold() or folded in device.description.casefold(),
    )
    for test in tests:
        for device in devices:
            if test(device):
                return device
    names = list(dict.fromkeys(device.name for device in devices))
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.4) or names[:3]
    raise OutputError(
        f"There is no sound device {wanted!r}; there is {', '.join(near)}. "
        "`python -m bot devices` lists them all."
    )


def sink_names() -> list[str]:
    """The sound server's sinks, also where PortAudio does not reach them; none without a server or pactl."""
    return [sink["name"] for sink, _, _ in _pulse_sinks()]


def _is_null(sink: dict[str, Any]) -> bool:
    """Whether it is one that only its monitor is heard of, as PulseAudio or as PipeWire tells of it."""
    factory = (sink.get("properties") or {}).get("factory.name")
    if sink["name"] == "auto_null":  # the server's own stand-in while there is no sound device at all
        return False
    return sink.get("driver") == "module-null-sink.c" or factory == "support.null-audio-sink"


def _pulse_sinks() -> list[tuple[dict[str, Any], int, int]]:
    sinks = []
    for sink in _pactl("list", "sinks") or []:
        # "s16le 2ch 48000Hz"
        parts = str(sink.get("sample_specification", "")).split()
        channels = next((int(part[:-2]) for part in parts if part.endswith("ch")), 2)
        rate = next((int(part[:-2]) for part in parts if part.endswith("Hz")), 48_000)
        sinks.append((sink, channels, rate))
    return sinks


def _pulse_default() -> str:
    return str((_pactl("info") or {}).get("default_sink_name", ""))


def _pactl(*arguments: str) -> Any:
    program = shutil.which("pactl")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [program, "-f", "json", *arguments],
            capture_output=True,
            timeout=PACTL_TIMEOUT,
            check=True,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
