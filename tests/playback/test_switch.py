"""An output is exchanged while it plays: nothing that was not pulled is lost, and a fault changes nothing."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from bot.playback.clock import ClockOutput
from bot.playback.output import OutputError, Pull, Samples
from bot.playback.switch import SwitchedOutput


class Fake:
    """Pulls a block when it is told to."""

    def __init__(self, name: str, rate: int = 48_000) -> None:
        self.name = name
        self.rate = rate
        self.latency = 0.01
        self.ended = False
        self.pulled = asyncio.Event()

    async def run(self, pull: Pull) -> None:
        try:
            while True:
                pull(np.zeros(480, np.float32))
                self.pulled.set()
                await asyncio.sleep(0)
        finally:
            self.ended = True


class Broken(Fake):
    async def run(self, pull: Pull) -> None:
        raise OutputError("it is gone")


def nothing(out: Samples) -> int:
    out[:] = 0
    return 0


async def test_one_output_takes_over_from_another() -> None:
    made: list[Fake] = []

    def make(kind: str, device: str) -> Fake:
        if kind == "none":
            raise OutputError("there is none")
        made.append((Broken if kind == "broken" else Fake)(f"{kind} {device}", 48_000 - 100 * len(made)))
        return made[-1]

    output = SwitchedOutput(make, "device", "one")
    running = asyncio.create_task(output.run(nothing))
    await made[0].pulled.wait()
    assert (output.rate, output.latency, output.kind) == (48_000, 0.01, "device")
    with pytest.raises(OutputError, match="there is none"):
        output.change("none", "")
    assert (output.kind, output.device, made[0].ended) == ("device", "one", False)
    output.change("device", "two")
    await made[1].pulled.wait()
    assert made[0].ended
    assert (output.rate, output.device) == (47_900, "two")
    output.change("broken", "")
    with pytest.raises(OutputError, match="it is gone"):
        await running
    assert made[1].ended


async def test_it_ends_with_what_it_plays_on() -> None:
    output = SwitchedOutput(lambda kind, device: ClockOutput(), "null", "")
    running = asyncio.create_task(output.run(nothing))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
