"""Frames for browser pages: what is in them, what is left out, and the moment each is meant for."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from bot.messages import OutputState, State
from bot.playback.browser import FIRST, FRAME, HEADER, BrowserOutput, frame
from bot.playback.clock import TICK
from bot.playback.output import Samples


class Time:
    """Each sleep takes as long as it should, and now and then a little more."""

    def __init__(self, ticks: int, late: dict[int, float] | None = None) -> None:
        self.now = 50.0
        self._left = ticks
        self._late = late or {}

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._left -= 1
        if self._left < 0:
            raise asyncio.CancelledError
        self.now += seconds + self._late.get(self._left, 0.0)


def read(data: bytes) -> tuple[dict[str, float], Samples]:
    names = ("magic", "version", "kind", "flags", "run", "sequence", "rate", "position", "at")
    samples = np.frombuffer(data, "<i2", offset=HEADER.size).astype(np.float32) / np.float32(32767)
    return dict(zip(names, HEADER.unpack_from(data), strict=True)), samples


async def frames(
    sound: Samples, *, late: dict[int, float] | None = None
) -> list[tuple[dict[str, float], Samples]]:
    """What a page is sent of `sound`, and then a second of silence."""
    time = Time(len(sound) // TICK + 100, late)
    told: list[OutputState] = []
    output = BrowserOutput(told.append, clock=time.clock, sleep=time.sleep)
    sent: list[bytes] = []
    output.listen(sent.append)
    place = 0

    def pull(out: Samples) -> int:
        nonlocal place
        piece = sound[place : place + len(out)]
        out[: len(piece)], out[len(piece) :] = piece, 0
        place += len(out)
        return len(piece)

    with pytest.raises(asyncio.CancelledError):
        await output.run(pull)
    assert [state.state for state in told] == [State.READY]
    return [read(data) for data in sent]


def noise(frames: int) -> Samples:
    return np.random.default_rng(1).uniform(-0.9, 0.9, frames * FRAME).astype(np.float32)


async def test_every_sample_is_sent_once_in_its_place() -> None:
    sound = noise(50)
    sent = await frames(sound)
    assert len(sent) == 50
    assert [head["sequence"] for head, _ in sent] == list(range(50))
    assert [head["position"] for head, _ in sent] == [FRAME * number for number in range(50)]
    assert {(head["magic"], head["version"], head["kind"], head["rate"]) for head, _ in sent} == {
        (0xCA, 1, 0, 48_000)
    }
    assert [head["flags"] for head, _ in sent] == [FIRST] + [0] * 49
    assert np.max(np.abs(np.concatenate([samples for _, samples in sent]) - sound)) < 1 / 32767


async def test_samples_count_the_time_though_pulls_come_late() -> None:
    sent = await frames(noise(50), late={120: 0.09, 140: 0.03, 150: 0.05})
    times = [head["at"] for head, _ in sent]
    assert np.allclose(np.diff(times), 0.02)


async def test_silence_is_not_sent_and_what_follows_it_begins_anew() -> None:
    one, other = noise(4), noise(6)
    for silent, runs in ((3, 1), (4, 1), (5, 2), (25, 2)):
        sent = await frames(np.concatenate([one, np.zeros(silent * FRAME, np.float32), other]))
        assert len(sent) == 10
        assert len({head["run"] for head, _ in sent}) == runs
        assert sum(int(head["flags"]) for head, _ in sent) == runs * FIRST
        assert sent[4][0]["position"] == (4 + silent) * FRAME
        assert sent[4][0]["at"] - sent[0][0]["at"] == pytest.approx((4 + silent) * 0.02, abs=0.011)


async def test_who_has_stopped_listening_is_sent_nothing() -> None:
    output = BrowserOutput(lambda state: None)
    some: list[bytes] = []
    others: list[bytes] = []
    stop = output.listen(some.append)
    output.listen(others.append)
    output.take(np.ones(TICK, np.float32), TICK)
    output.take(np.ones(TICK, np.float32), TICK)
    stop()
    output.take(np.ones(TICK, np.float32), TICK)
    output.take(np.ones(TICK, np.float32), TICK)
    assert (len(some), len(others)) == (1, 2)


def test_what_is_too_loud_is_clipped_and_not_wrapped() -> None:
    data = frame(np.array([2.0, -2.0, 1.0, 0.0], np.float32), 1 << 33, 1 << 32, 48_000, 1 << 40, 1.5)
    head, samples = read(data)
    assert samples.tolist() == [1.0, -1.0, 1.0, 0.0]
    assert (head["position"], head["at"], head["sequence"]) == (1 << 40, 1.5, 0)


def test_its_latency_is_what_pages_hold_back() -> None:
    assert BrowserOutput(lambda state: None, jitter=0.2).latency == pytest.approx(0.22)
