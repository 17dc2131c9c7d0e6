"""Which device a name or number means, and what is said when there is none."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from bot.playback.devices import Device, choose
from bot.playback.output import OutputError
from bot.playback.portaudio import PortAudioThread
from tests.fakes.pulse import PulseServer

PULSE = Device(0, "pulse", "ALSA", 32, 44_100, False, 0)
DEFAULT = Device(1, "default", "ALSA", 32, 44_100, True, 1)
CABLE = Device(2, "vcable", "PulseAudio", 2, 48_000, False, 0, "vcable", "Virtual Cable")
OTHER = Device(3, "vcable.2", "PulseAudio", 2, 48_000, True, 0, "vcable.2", "Virtual Cable Two")
ALL = [PULSE, DEFAULT, CABLE, OTHER]


@pytest.mark.parametrize(
    ("wanted", "device"),
    [
        ("", DEFAULT),
        ("2", CABLE),
        ("vcable", CABLE),
        ("VCABLE", CABLE),
        ("cable.2", OTHER),
        ("virtual cable two", OTHER),
        ("Virtual Cable", CABLE),
    ],
)
def test_a_device_by_number_or_name(wanted: str, device: Device) -> None:
    assert choose(wanted, ALL) is device


def test_without_a_default_the_first_is_taken() -> None:
    assert choose("", [PULSE, replace(DEFAULT, default=False)]) is PULSE


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(OutputError, match=r"'vcabel'; there is vcable.*python -m bot devices"):
        choose("vcabel", ALL)


def test_no_device_at_all_says_what_to_do() -> None:
    with pytest.raises(OutputError, match="No sound device was found: start PulseAudio"):
        choose("", [])


def test_without_the_library_it_says_what_to_install() -> None:
    script = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
sys.meta_path.insert(0, Missing())
from bot.playback import OutputError
from bot.playback.devices import list_outputs
try:
    list_outputs()
except OutputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "sudo apt install libportaudio2" in done.stdout


def test_the_sinks_of_a_server_are_listed(pulse: PulseServer) -> None:
    script = """
import dataclasses, json
from bot.playback.devices import find_output, list_outputs
print(json.dumps([dataclasses.asdict(device) for device in list_outputs()]))
print(json.dumps(dataclasses.asdict(find_output("vcable"))))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=pulse.env, capture_output=True, text=True, check=True
    )
    devices, found = map(json.loads, done.stdout.splitlines())
    assert found["sink"] == "vcable"
    assert (found["channels"], found["rate"], found["default"]) == (2, 48_000, True)
    assert found in devices
    assert done.stderr == ""


def test_a_file_or_nothing_needs_no_sound_library() -> None:
    script = """
import sys
from bot.playback import make_output, Player
from bot.config import Audio
Player(make_output(Audio(output="null"), lambda state: None))
print("sounddevice" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_a_call_that_hangs_holds_only_its_own_thread() -> None:
    thread = PortAudioThread()
    release = threading.Event()
    hanging = asyncio.create_task(thread.call(lambda: release.wait(10)))
    second = asyncio.create_task(thread.call(lambda: 1 // 0))
    await asyncio.sleep(0)
    hanging.cancel()
    await asyncio.wait([hanging])
    assert hanging.cancelled()
    release.set()
    with pytest.raises(ZeroDivisionError):
        await second
    thread.finish()
