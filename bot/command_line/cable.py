"""Whether a virtual cable to OBS is there and the bot plays to it, for `doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config.sections import Audio
from bot.playback.devices import PULSE, Device, choose, list_outputs, sink_names
from bot.playback.output import OutputError

NAME = "chat_aloud"  # as scripts/virtual_cable names it
TITLE = "Chat Aloud"
MAKE = "scripts/virtual_cable create --keep (on Windows and macOS see docs/obs.md)"
_DEFAULTS = (PULSE, "default", "pipewire")  # PortAudio's names for wherever the sound server plays


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of the cable. `mend` is the command that mends it, "" if nothing is wrong."""

    what: str
    mend: str = ""


def find(audio: Audio) -> Finding:
    """Asks PortAudio and the sound server. Blocks; ends every stream that is open."""
    if audio.output == "browser":
        return Finding("not needed: the overlay plays the speech")
    if audio.output != "device":
        return Finding(f'not needed for audio.output = "{audio.output}"')
    try:
        return look(audio.device, list_outputs(), sink_names())
    except OutputError:
        return Finding("not looked for without PortAudio")


def look(wanted: str, devices: list[Device], sinks: list[str]) -> Finding:
    """`wanted` is the setting audio.device; `sinks` are those of the sound server, by name.

    To play elsewhere on purpose is no fault: a cable is one way into OBS of three (docs/obs.md).
    """
    if NAME in sinks and not any(device.sink for device in devices):
        return Finding(
            f"{TITLE} is there, and PortAudio does not reach the sound server",
            "sudo apt install libasound2-plugins",
        )
    cables = [device for device in devices if device.cable]
    try:
        used = _really(choose(wanted, devices), devices)
    except OutputError:
        if wanted.casefold() in (NAME, TITLE.casefold()):
            return Finding(f'there is no "{TITLE}", to which the bot is to play', MAKE)
        used = None
    if used in cables:
        assert used is not None
        if used.muted:
            return Finding(f"{used.title} is muted", f"pactl set-sink-mute {used.sink} 0")
        return Finding(f"the bot plays to {used.title}")
    where = "nowhere" if used is None else f"to {used.title}"
    if not cables:
        return Finding(f"none, the bot plays {where}; for one into OBS: {MAKE}")
    cable = next((cable for cable in cables if cable.name == NAME), cables[0])
    how = f'audio.device = "{cable.description or cable.name}" in config.toml'
    if cable.name == NAME and not wanted:
        return Finding(f"{cable.title} is there, and the bot plays {where}", how)
    return Finding(f"{cable.title} is there, and the bot plays {where}; to change that: {how}")


def _really(device: Device, devices: list[Device]) -> Device:
    """The sink behind a device that only stands for the sound server's choice."""
    if device.name in _DEFAULTS and not device.sink:
        return next((sink for sink in devices if sink.sink and sink.default), device)
    return device
