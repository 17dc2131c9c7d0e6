"""Outputs without a device: real time by an injected clock, and WAV files that play at any moment."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.config import Audio
from bot.messages import OutputState, State
from bot.playback import OutputError, make_output
from bot.playback.clock import TICK, ClockOutput
from bot.playback.device import DeviceOutput
from bot.playback.output import Samples
from bot.playback.wav import WavOutput


class Time:
    """A clock that only `sleep` and `jump` move; after `ticks` sleeps it stops who sleeps."""

    def __init__(self, ticks: int) -> None:
        self.now = 50.0
        self.sleeps: list[float] = []
        self._ticks = ticks

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        if len(self.sleeps) >= self._ticks:
            raise asyncio.CancelledError


def speech(blocks: int, silent: int = 0) -> Iterator[int]:
    """How many frames of each pull are speech."""
    yield from [TICK] * blocks
    yield from [0] * silent


async def run(output: ClockOutput, frames: Iterator[int]) -> None:
    def pull(out: Samples) -> int:
        count = next(frames, 0)
        out[:count] = 0.5
        out[count:] = 0
        return count

    with pytest.raises(asyncio.CancelledError):
        await output.run(pull)


async def test_it_pulls_in_real_time() -> None:
    time = Time(100)
    pulls = []

    def pull(out: Samples) -> int:
        pulls.append(time.now)
        time.now += 0.005  # what a pull takes is made up for
        return 0

    with pytest.raises(asyncio.CancelledError):
        await ClockOutput(clock=time.clock, sleep=time.sleep).run(pull)
    assert np.diff(pulls) == pytest.approx(0.01)
    assert len(pulls) == 100


async def test_a_machine_that_slept_goes_on_from_now() -> None:
    time = Time(10)
    output = ClockOutput(clock=time.clock, sleep=time.sleep)
    pulls = []

    def pull(out: Samples) -> int:
        pulls.append(time.now)
        if len(pulls) == 3:
            time.now += 3600
        return 0

    with pytest.raises(asyncio.CancelledError):
        await output.run(pull)
    assert np.diff(pulls[4:]) == pytest.approx(0.01)


def read(path: Path) -> tuple[int, Samples]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        data = file.readframes(file.getnframes())
        assert len(data) == 2 * file.getnframes()
        return file.getframerate(), np.asarray(np.frombuffer(data, "<i2") / 32767, np.float32)


async def test_a_file_holds_what_is_spoken_and_no_idle_time(tmp_path: Path) -> None:
    states: list[OutputState] = []
    time = Time(100)
    path = tmp_path / "speech.wav"
    path.write_bytes(b"what was there")
    await run(WavOutput(path, states.append, clock=time.clock, sleep=time.sleep), speech(30))
    rate, samples = read(path)
    assert rate == 48_000
    assert len(samples) == 30 * TICK
    assert samples == pytest.approx(0.5, abs=1e-4)
    assert [state.state for state in states] == [State.READY]


async def test_a_file_can_be_played_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    time = Time(240)
    lengths = []

    def pull(out: Samples) -> int:
        out[:] = 0.25
        if path.exists():
            lengths.append(len(read(path)[1]))
        return TICK

    with pytest.raises(asyncio.CancelledError):
        await WavOutput(path, lambda _: None, clock=time.clock, sleep=time.sleep).run(pull)
    assert lengths[120] >= 96 * TICK
    assert len(read(path)[1]) == 240 * TICK


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
async def test_a_full_disk_is_told_once_and_speech_goes_on(tmp_path: Path) -> None:
    states: list[OutputState] = []
    time = Time(300)
    output = WavOutput(tmp_path / "speech.wav", states.append, clock=time.clock, sleep=time.sleep)
    pulls = 0

    def pull(out: Samples) -> int:
        nonlocal pulls
        pulls += 1
        if pulls == 2:
            assert output._file._file is not None
            output._file._file.close()
            output._file._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - the output closes it
        return TICK

    with pytest.raises(asyncio.CancelledError):
        await output.run(pull)
    assert pulls == 300
    assert [state.state for state in states] == [State.READY, State.WAITING, State.FAILED]
    assert "no space left" in states[1].detail


async def test_a_file_that_was_moved_away_is_whole_and_another_begins(tmp_path: Path) -> None:
    path, moved = tmp_path / "speech.wav", tmp_path / "first.wav"
    time = Time(200)
    pulls = 0

    def pull(out: Samples) -> int:
        nonlocal pulls
        pulls += 1
        if pulls == 60:
            path.rename(moved)
        return TICK

    with pytest.raises(asyncio.CancelledError):
        await WavOutput(path, lambda _: None, clock=time.clock, sleep=time.sleep).run(pull)
    assert len(read(moved)[1]) + len(read(path)[1]) == 200 * TICK


async def test_a_lost_folder_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    states: list[OutputState] = []
    time = Time(300)
    pulls = 0

    def pull(out: Samples) -> int:
        nonlocal pulls
        pulls += 1
        if pulls == 20:
            folder.rename(tmp_path / "gone")
        if pulls == 200:
            folder.mkdir()
        return TICK

    output = WavOutput(folder / "speech.wav", states.append, clock=time.clock, sleep=time.sleep)
    with pytest.raises(asyncio.CancelledError):
        await output.run(pull)
    assert [state.state for state in states] == [State.READY, State.WAITING, State.READY]


def test_a_file_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    for name, reason in (("no/such.wav", "no folder"), ("", "is a folder")):
        with pytest.raises(OutputError, match=reason):
            WavOutput(tmp_path / name, lambda _: None)


def test_the_settings_choose_the_output(tmp_path: Path) -> None:
    def made(output: str) -> object:
        return make_output(Audio(output=output), lambda _: None)

    assert isinstance(made("device"), DeviceOutput)
    assert isinstance(made(f"wav:{tmp_path}/a.wav"), WavOutput)
    assert type(made("null")) is ClockOutput
