"""What `doctor` says of a virtual cable, by what there is and what the bot is told to play to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.command_line.cable import Finding, find, look
from bot.config.sections import Audio
from bot.playback.devices import Device

PULSE = Device(0, "pulse", "ALSA", 32, 44_100, False, 0)
DEFAULT = Device(1, "default", "ALSA", 32, 44_100, True, 1)
CARD = Device(2, "card", "PulseAudio", 2, 48_000, True, 0, "card", "Speakers")
OURS = Device(3, "chat_aloud", "PulseAudio", 2, 48_000, False, 0, "chat_aloud", "Chat Aloud", cable=True)
LINUX = [PULSE, DEFAULT, CARD]
CABLE = Device(1, "CABLE Input (VB-Audio Virtual C", "MME", 2, 44_100, False, 1, cable=True)
WINDOWS = [Device(0, "Speakers (Realtek)", "MME", 2, 44_100, True, 0), CABLE]


@pytest.mark.parametrize(
    ("wanted", "devices", "what", "mend"),
    [
        ("", LINUX, "none, the bot plays to Speakers (card); for one into OBS", ""),
        ("Chat Aloud", LINUX, 'there is no "Chat Aloud"', "scripts/virtual_cable create"),
        (
            "",
            [*LINUX, OURS],
            "Chat Aloud (chat_aloud) is there, and the bot plays to Speakers",
            "audio.device =",
        ),
        ("card", [*LINUX, OURS], "is there, and the bot plays to Speakers (card); to change that", ""),
        ("nobody", [*LINUX, OURS], "is there, and the bot plays nowhere; to change that", ""),
        ("chat aloud", [*LINUX, OURS], "the bot plays to Chat Aloud (chat_aloud)", ""),
        ("pulse", [PULSE, OURS], "and the bot plays to pulse", ""),
        ("", [PULSE, DEFAULT, replace(OURS, default=True)], "the bot plays to Chat Aloud (chat_aloud)", ""),
        ("3", [*LINUX, replace(OURS, muted=True)], "is muted", "pactl set-sink-mute chat_aloud 0"),
        ("CABLE Input", WINDOWS, "the bot plays to CABLE Input", ""),
        ("", WINDOWS, "CABLE Input (VB-Audio Virtual C is there, and the bot plays to Speakers", ""),
        ("", [], "none, the bot plays nowhere", ""),
    ],
)
def test_what_is_said(wanted: str, devices: list[Device], what: str, mend: str) -> None:
    found = look(wanted, devices, [device.sink for device in devices if device.sink])
    assert what in found.what
    assert found.mend.startswith(mend)
    assert bool(found.mend) == bool(mend)


def test_a_cable_that_portaudio_does_not_reach() -> None:
    found = look("", [DEFAULT], ["card", "chat_aloud"])
    assert found.mend == "sudo apt install libasound2-plugins"


def test_other_outputs_need_none() -> None:
    assert find(Audio(output="browser")) == Finding("not needed: the overlay plays the speech")
    assert find(Audio(output="wav:x.wav")).mend == ""
