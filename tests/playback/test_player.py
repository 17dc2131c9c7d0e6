"""The player with an output that the test pulls by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from bot.messages import AudioChunk, Utterance
from bot.playback.limiter import CEILING
from bot.playback.output import OutputError, Pull, Samples
from bot.playback.player import Player
from tests.playback.speaker import sine


class HandOutput:
    """Nothing is pulled but by `take`; time goes by with it."""

    def __init__(self) -> None:
        self.rate = 48_000
        self.latency = 0.0
        self.now = 0.0
        self.running = False
        self.failure: Exception | None = None
        self._pull: Pull | None = None

    async def run(self, pull: Pull) -> None:
        self._pull = pull
        self.running = True
        try:
            if self.failure is not None:
                raise self.failure
            await asyncio.Event().wait()
        finally:
            self.running = False

    async def take(self, seconds: float) -> Samples:
        """What is heard in that time; the loop gets its turns."""
        assert self._pull is not None
        blocks = []
        for _ in range(round(seconds / 0.01)):
            block = np.zeros(self.rate // 100, np.float32)
            self._pull(block)
            blocks.append(block)
            self.now += 0.01
            for _ in range(4):
                await asyncio.sleep(0)
        return np.concatenate(blocks)


class Stage:
    def __init__(self, **options: float) -> None:
        self.output = HandOutput()
        self.started: list[tuple[str, float]] = []
        self.finished: list[tuple[str, float, bool]] = []
        self.player = Player(
            self.output,
            clock=lambda: self.output.now,
            on_started=lambda utterance, at: self.started.append((utterance.id, at)),
            on_finished=lambda utterance, at, whole: self.finished.append((utterance.id, at, whole)),
            **options,
        )

    async def __aenter__(self) -> Stage:
        self.running = asyncio.create_task(self.player.run())
        await eventually(lambda: self.output.running)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])

    async def say(self, name: str, sound: Samples, rate: int = 24_000, size: int = 4800) -> None:
        utterance = Utterance(id=name, text="", voice="v")
        for start in range(0, len(sound), size):
            await self.player.play(AudioChunk(utterance, sound[start : start + size], rate))
        await self.player.end(utterance)


async def eventually(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 - whatever it is that will be done
            await asyncio.sleep(0)


async def test_an_utterance_is_told_when_it_begins_and_when_it_was_heard() -> None:
    async with Stage(pause=0.2) as stage:
        stage.output.latency = 0.03
        stage.output.now = 100.0
        await stage.say("a", sine(0.2))
        await stage.say("b", sine(0.1))
        heard = await stage.output.take(0.6)
        await stage.player.drain()
    assert stage.started == [("a", 100.0), ("b", pytest.approx(100.4, abs=0.001))]
    assert [(name, whole) for name, _, whole in stage.finished] == [("a", True), ("b", True)]
    assert [at for _, at, _ in stage.finished] == pytest.approx([100.23, 100.53], abs=0.001)
    assert heard[: round(0.2 * 48_000)].any()
    assert not heard[9700:19_100].any()


async def test_play_waits_while_enough_is_buffered_and_goes_on_when_it_is_taken() -> None:
    async with Stage(ahead=0.5) as stage:
        speaking = asyncio.create_task(stage.say("a", sine(5), size=5 * 24_000))
        await eventually(lambda: stage.player.buffered > 0.5)
        for _ in range(50):
            await asyncio.sleep(0)
        assert stage.player.buffered < 0.8
        heard = await stage.output.take(5.3)
        assert speaking.done()
        assert stage.player.gaps == 0
    assert np.count_nonzero(np.abs(heard) > 1e-4) > 0.99 * 5 * 48_000


async def test_chunks_make_the_same_sound_as_one() -> None:
    sound = sine(1.0, level=0.9)
    heard = []
    for size in (24_000, 777):
        async with Stage(ahead=5, loudness=-10) as stage:
            # A known voice, so that its gain is settled.
            await stage.say("before", sound)
            await stage.output.take(1.5)
            await stage.say("a", sound, size=size)
            heard.append(await stage.output.take(1.3))
    assert np.abs(heard[0] - heard[1]).max() < 0.02
    assert np.abs(np.concatenate(heard)).max() <= CEILING


async def test_a_cut_is_silent_within_10_ms_and_frees_who_waits() -> None:
    async with Stage() as stage:
        speaking = asyncio.create_task(stage.say("a", sine(5)))
        await eventually(lambda: stage.player.buffered > 0.6)
        before = await stage.output.take(0.1)
        stage.player.cut("a")
        after = await stage.output.take(0.1)
        await asyncio.wait_for(speaking, 5)
        name, at, whole = stage.finished[0]
        assert (name, whole) == ("a", False)
        assert at == pytest.approx(0.1)
        assert not after[480:].any()
        assert np.abs(np.diff(np.concatenate([before, after]))).max() < 0.03
        utterance = Utterance(id="a", text="", voice="v")
        assert not await stage.player.play(AudioChunk(utterance, sine(1), 24_000))
        await stage.player.end(utterance)
        assert stage.player.buffered == 0
        await stage.player.drain()


async def test_cutting_one_that_waits_leaves_the_one_that_sounds() -> None:
    async with Stage(pause=0) as stage:
        await stage.say("a", sine(0.3))
        await stage.say("b", sine(0.2))
        await stage.output.take(0.1)
        stage.player.cut("b")
        stage.player.cut("never heard of")
        await stage.output.take(0.4)
        await eventually(lambda: len(stage.finished) == 2)
    assert [(name, whole) for name, _, whole in stage.finished] == [("b", False), ("a", True)]


async def test_cancelling_play_cuts_and_the_next_is_heard() -> None:
    async with Stage() as stage:
        speaking = asyncio.create_task(stage.say("a", sine(5)))
        await eventually(lambda: stage.player.buffered > 0.6)
        speaking.cancel()
        await asyncio.wait([speaking])
        assert speaking.cancelled()
        assert stage.player.buffered == 0
        await stage.say("b", sine(0.2))
        assert (await stage.output.take(0.3)).any()
        await eventually(lambda: len(stage.finished) == 2)
        assert stage.finished[1][::2] == ("b", True)


async def test_cut_all_and_what_has_been_handed_out_already() -> None:
    async with Stage(pause=0) as stage:
        stage.output.latency = 0.02
        await stage.say("a", sine(0.1))
        await stage.say("b", sine(0.1))
        await stage.output.take(0.11)
        stage.player.cut_all()
        await stage.player.drain()
    # "a" can no longer be called back: it is whole.
    assert sorted(stage.finished)[0][::2] == ("a", True)
    assert sorted(stage.finished)[1][::2] == ("b", False)


async def test_an_output_that_comes_back_at_another_rate_goes_on_in_tune() -> None:
    async with Stage(ahead=2) as stage:
        await stage.say("a", sine(1.0))
        await stage.output.take(0.3)
        stage.output.rate = 44_100
        assert not (await stage.output.take(0.01)).any()
        heard = await stage.output.take(0.5)
        spectrum = np.abs(np.fft.rfft(heard[4410 : 4410 + 11_025]))
        assert np.argmax(spectrum) * 4 == pytest.approx(440, abs=4)


async def test_an_utterance_without_sound_is_over_at_once() -> None:
    async with Stage() as stage:
        await stage.player.end(Utterance(id="a", text="", voice="v"))
        await stage.output.take(0.01)
        await stage.player.drain()
        assert stage.finished[0][::2] == ("a", True)
        assert not stage.started


async def test_a_failing_model_gives_silence_not_noise() -> None:
    async with Stage() as stage:
        await stage.say("a", np.array([np.nan, np.inf, -np.inf] * 1000, np.float32))
        heard = await stage.output.take(0.2)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= CEILING


async def test_what_the_output_cannot_do_reaches_who_runs_the_player() -> None:
    output = HandOutput()
    output.failure = OutputError("no")
    with pytest.raises(OutputError, match="no"):
        await Player(output).run()


async def test_volume_and_pause() -> None:
    async with Stage() as stage:
        stage.player.volume = 7
        assert stage.player.volume == 1
        stage.player.paused = True
        await stage.say("a", sine(0.3))
        assert not (await stage.output.take(0.1)).any()
        stage.player.paused = False
        assert (await stage.output.take(0.1)).any()
