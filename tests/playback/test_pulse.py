"""What really comes out of the sound device: a PulseAudio cable is recorded and compared sample by sample."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.pulse import PulseServer
from tests.playback.speaker import counter

ROOT = Path(__file__).parents[2]
DEADLINE = 15.0


class Speaker:
    """The process of speaker.py: sends it lines, reads its events."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def event(self, name: str, timeout: float = DEADLINE, **wanted: object) -> dict[str, Any]:
        """The next event of this kind; those before it are passed over."""
        assert self.process.stdout is not None
        async with asyncio.timeout(timeout):
            while line := await self.process.stdout.readline():
                event: dict[str, Any] = json.loads(line)
                self.events.append(event)
                if event["event"] == name and all(event[key] == value for key, value in wanted.items()):
                    return event
        raise AssertionError(f"the speaker ended before {name}: {self.events}")

    async def ready(self, timeout: float = DEADLINE) -> dict[str, Any]:
        return await self.event("state", timeout, state="ready")

    async def quit(self, how: str = "quit") -> dict[str, Any]:
        self.tell(how)
        return await self.event("bye")


@contextlib.asynccontextmanager
async def speaker(pulse: PulseServer, device: str = "vcable", latency: float = 0.1) -> AsyncIterator[Speaker]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.playback.speaker", device, str(latency)),
        cwd=ROOT,
        env=pulse.env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Speaker(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        _, errors = await process.communicate()
        # Neither a traceback nor the chatter of ALSA and JACK reaches the streamer's terminal. What PortAudio
        # itself prints when a device is lost cannot be turned off.
        assert [line for line in errors.decode().splitlines() if not line.startswith("Expression '")] == []


async def test_every_sample_arrives_once_in_order(pulse: PulseServer) -> None:
    async with speaker(pulse) as bot:
        await bot.ready()
        async with pulse.record() as recording:
            bot.tell("ramp 2")
            first = await recording.until_heard()
            await recording.until(first + 2 * 48_000 + 4800)
            said = await bot.quit()
    heard = recording.samples[first:]
    assert np.array_equal(heard[: 2 * 48_000, 0], counter(2))
    assert np.array_equal(heard[:, 0], heard[:, 1])
    assert not heard[2 * 48_000 :].any()
    assert said["breaks"] == 0


async def test_the_last_word_is_whole_when_the_bot_ends_after_it(pulse: PulseServer) -> None:
    async with speaker(pulse) as bot, pulse.record() as recording:
        await bot.ready()
        bot.tell("play a 0.5")
        finished = await bot.event("finished")
        await bot.quit()
        sound = np.flatnonzero(np.abs(recording.samples[:, 0]) > 1e-3)
    assert finished["whole"]
    assert sound[-1] - sound[0] == pytest.approx(0.5 * 48_000, abs=100)
    assert np.abs(recording.samples).max() < 0.9


async def test_a_first_sample_waits_less_than_25_ms_for_the_device(pulse: PulseServer) -> None:
    async with speaker(pulse) as bot:
        await bot.ready()
        bot.tell("probe 15")
        waits = (await bot.event("probed"))["waits"]
    assert np.median(waits) < 0.025


async def test_a_cut_is_heard_as_silence_within_100_ms(pulse: PulseServer) -> None:
    waits = []
    async with speaker(pulse, latency=0.05) as bot, pulse.record() as recording:
        await bot.ready()
        for number in range(3):
            begun = recording.frames
            bot.tell(f"play {number} 5")
            first = await recording.until_heard(after=begun)
            await recording.until(first + 12_000)
            bot.tell(f"cut {number}")
            cut = (await bot.event("cut"))["at"]
            await recording.until(recording.frames + 24_000)
            last = int(np.flatnonzero(recording.samples[:, 0])[-1])
            waits.append(recording.arrived(last) - cut)
        # The fade ends it without a step.
        assert np.abs(np.diff(recording.samples[:, 0])).max() < 0.05
    assert np.median(waits) < 0.1


async def test_where_speech_breaks_off_more_is_buffered_in_the_next_silence(pulse: PulseServer) -> None:
    """The whole process stands still for longer than its buffer, as on a machine that is far too busy."""
    async with speaker(pulse, latency=0.2) as bot:
        await bot.ready()
        bot.tell("play a 3")
        await bot.event("started")
        for _ in range(2):
            await asyncio.sleep(0.3)
            bot.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.4)
            bot.process.send_signal(signal.SIGCONT)
        assert (await bot.event("finished"))["whole"]
        assert "(vcable) (speech broke off: it holds 0.25 s now" in (await bot.ready())["detail"]
        bot.tell("play b 1")
        assert (await bot.event("finished", id="b"))["whole"]
        async with pulse.record() as recording:
            bot.tell("ramp 1")
            first = await recording.until_heard()
            await recording.until(first + 48_000)
        said = await bot.quit()
    assert said["breaks"] >= 2  # a busy machine may add its own
    assert 0.2 < said["latency"] < 0.4
    assert np.array_equal(recording.samples[first : first + 48_000, 0], counter(1))


async def test_it_plays_on_when_the_sink_is_back(pulse: PulseServer) -> None:
    async with speaker(pulse) as bot:
        await bot.ready()
        bot.tell("play a 4")
        await bot.event("started")
        pulse.unload_sink()
        lost = await bot.event("state", state="waiting")
        assert "(vcable) went away" in lost["detail"]
        await asyncio.sleep(0.6)
        pulse.load_sink()
        back = time.monotonic()
        assert (await bot.ready())["at"] - back < 2
        async with pulse.record() as recording:
            await recording.until_heard()
        assert (await bot.event("finished"))["whole"]


async def test_it_plays_on_when_the_server_is_back(pulse: PulseServer) -> None:
    async with speaker(pulse, device="") as bot:
        await bot.ready()
        bot.tell("play a 4")
        await bot.event("started")
        pulse.kill()
        lost = await bot.event("state", state="waiting")
        assert "went away" in lost["detail"]
        missing = await bot.event("state", state="waiting")
        assert "No sound device was found" in missing["detail"]
        pulse.restart()
        back = time.monotonic()
        assert (await bot.ready())["at"] - back < 2
        async with pulse.record() as recording:
            await recording.until_heard()
        assert (await bot.event("finished"))["whole"]


async def test_a_server_that_hangs_is_told_of_and_holds_nothing_up(pulse: PulseServer) -> None:
    async with speaker(pulse) as bot:
        await bot.ready()
        bot.tell("play a 3")
        await bot.event("started")
        pulse.freeze()
        await bot.event("state", state="waiting")
        pulse.thaw()
        await bot.ready()
        await bot.event("finished")
        pulse.freeze()
        await bot.event("state", state="waiting")
        asked = time.monotonic()
        bot.tell("die")
        await asyncio.wait_for(bot.process.wait(), DEADLINE)
        assert time.monotonic() - asked < 2.5
        pulse.thaw()


async def test_a_name_that_is_not_there_is_waited_for(pulse: PulseServer) -> None:
    pulse.unload_sink()
    async with speaker(pulse) as bot:
        told = await bot.event("state", state="waiting")
        assert "no sound device 'vcable'" in told["detail"]
        pulse.load_sink()
        await bot.ready()
