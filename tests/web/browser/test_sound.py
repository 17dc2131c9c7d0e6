"""The overlay's sound: the AudioWorklet's own samples against what the bot sent, in one page and in two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.messages import AudioChunk, Speaking, Spoken, Utterance
from bot.playback import Player
from bot.playback.clock import ClockOutput
from bot.playback.output import Samples
from tests.web.browser.hearing import Sent, heard_something, places, played, sounding, tap, tapped, when
from tests.web.browser.looking import open_page, until
from tests.web.running import Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
FLAGS = {"audio.output": "browser", "web.jitter": "0.5"}  # room for a machine that is busy with other things
LINE = (
    "it was a bright cold day in April and the clocks were striking thirteen and nobody in the chat could "
    "say for certain who had wound them up so early or what they had been thinking when they did it but "
    "all of them agreed that it had been somebody else and went on to talk about the weather instead"
)


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path, engine: str) -> AsyncIterator[Running]:
    async with running(tmp_path, engine, FLAGS) as site:
        yield site


def listen(site: Running) -> Sent:
    sent = Sent()
    assert site.bot._frames
    site.bot._frames.listen(sent.take)
    return sent


async def say(site: Running, text: str) -> None:
    """Says it, and returns when the last of it has been heard."""
    seen = len(site.entries)
    await site.post("/api/say", {"text": text})
    async with asyncio.timeout(60):
        while not any(isinstance(entry, Spoken) for entry in site.entries[seen:]):
            site._news.clear()
            await site._news.wait()


async def test_what_is_heard_is_what_was_sent_while_the_page_is_busy(browser: Browser, site: Running) -> None:
    """15 seconds of speech without a gap, though the page's own thread hardly ever comes to anything."""
    async with (
        open_page(browser, f"{site.base}/overlay") as (page, _),
        site.http.ws_connect(f"{site.base}/api/audio") as other,
    ):
        await sounding(page)
        await tap(page)
        sent = listen(site)
        await page.evaluate(
            """() => { globalThis.busy = setInterval(() => {
              const until = performance.now() + 300;
              while (performance.now() < until);
            }, 400); }"""
        )
        await say(site, LINE)
        await page.evaluate("clearInterval(busy)")
        await played(page, sent)
        samples, told = await tapped(page)
        # The worklet was asked for every sample, one after the other.
        assert np.all(np.diff(told["starts"]) == told["lengths"][:-1])
        found = places(sent, samples)
        # No run came sooner or later than another by more than a breath.
        assert all(abs((place - position) - (found[0][1] - found[0][0])) < 960 for position, place in found)
        assert told["underruns"] == 0
        assert told["gains"][-1] == 1
        assert sum(len(run) for _, run in sent.runs()) > 12 * 48_000
        # A second client was sent the same bytes.
        frames: list[bytes] = []
        while len(frames) < len(sent.frames):
            message = await asyncio.wait_for(other.receive(), 10)
            if message.type is aiohttp.WSMsgType.BINARY:
                frames.append(message.data)
        assert frames == sent.frames


class Recorder(ClockOutput):
    """Keeps what it pulls, as fast as it can be had."""

    def __init__(self) -> None:
        super().__init__(clock=time.monotonic, sleep=lambda _: asyncio.sleep(0))
        self.blocks: list[Samples] = []

    def take(self, block: Samples, speech: int) -> None:
        if block.any():
            self.blocks.append(block.copy())


async def test_what_is_sent_is_what_the_engine_made(browser: Browser, site: Running, engine: str) -> None:
    text = "good evening everybody"
    body = {"model": "tts-1", "input": text, "voice": "mei", "response_format": "pcm"}
    async with site.http.post(f"{engine}/v1/audio/speech", json=body) as answer:
        rate = int(answer.headers["Content-Type"].split("rate=")[1].split(";")[0])
        made = np.frombuffer(await answer.read(), "<i2").astype(np.float32) / np.float32(32768)
    recorder = Recorder()
    player = Player(recorder)
    running = asyncio.create_task(player.run())
    utterance = Utterance(id="1", text=text, voice="mei", received_at=0.0)
    await player.play(AudioChunk(utterance, made, rate))
    await player.end(utterance)
    await player.drain()
    running.cancel()
    await asyncio.wait([running])
    wanted = np.trim_zeros(np.round(np.concatenate(recorder.blocks) * 32767).astype(np.int16))
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await sounding(page)
        await tap(page)
        sent = listen(site)
        await say(site, text)
        await played(page, sent)
        samples, _ = await tapped(page)
    heard = np.trim_zeros(samples)
    assert len(heard) == len(wanted)
    # The same but for its loudness, which is learnt piece by piece as the pieces come.
    for start in range(0, len(wanted) - 4800, 4800):
        one, other = (sound[start : start + 4800].astype(float) for sound in (heard, wanted))
        if min(np.abs(one).max(), np.abs(other).max()) > 300:
            assert np.corrcoef(one, other)[0, 1] > 0.999


async def test_two_pages_are_in_step_and_one_is_heard(browser: Browser, site: Running) -> None:
    async with open_page(browser, f"{site.base}/overlay") as (first, _):
        await sounding(first)
        async with open_page(browser, f"{site.base}/overlay") as (second, _):
            await sounding(second, audible=False)
            assert not await second.evaluate("sound.audible")
            sent = listen(site)
            await tap(first)
            await tap(second)
            speaking = asyncio.create_task(say(site, LINE[:60]))
            await heard_something(first)
            await heard_something(second)
            apart = [await when(first, 0) - await when(second, 0) for _ in range(5)]
            assert abs(float(np.median(apart))) < 30  # milliseconds
            await speaking
            await played(first, sent)
            await played(second, sent)
            one, told = await tapped(first)
            other, quiet = await tapped(second)
            assert len(places(sent, one)) == len(places(sent, other))
            assert (told["gains"][-1], quiet["gains"][-1]) == (1, 0)
            # The second takes over, and gives it back by closing.
            await second.evaluate("sound.want(true, { take: true })")
            await sounding(second)
            await until(first, "!sound.audible")
            assert (await site.get("/api/status"))["pages"]["audible"] == await second.evaluate("sound.page")
        await sounding(first)
        # And the panel may choose.
        assert (await site.post("/api/audible", {"page": None}))["audible"] == ""
        await until(first, "!sound.audible")


async def test_a_page_whose_sound_stood_still_is_in_time_again(browser: Browser, site: Running) -> None:
    """As before the click that lets a page sound, or on a machine that slept."""
    async with open_page(browser, f"{site.base}/overlay") as (page, _):
        await sounding(page)
        await page.evaluate("sound.context.suspend()")
        await asyncio.sleep(5)  # in which the worker goes on to ask what time the sound has
        await page.evaluate("sound.context.resume()")
        await sounding(page)
        await tap(page)
        sent = listen(site)
        await site.post("/api/say", {"text": "good evening"})
        await site.until(Speaking)
        spoken = time.time()
        await heard_something(page)
        heard = await when(page, sent.first) / 1000
        # What a page holds back, and what its loudspeaker and a busy machine take.
        assert float(FLAGS["web.jitter"]) - 0.1 < heard - spoken < float(FLAGS["web.jitter"]) + 0.3
        await played(page, sent)


async def test_late_frames_are_counted_and_speech_goes_on(
    browser: Browser, tmp_path: Path, engine: str
) -> None:
    async with (
        running(tmp_path, engine, FLAGS | {"web.jitter": "0.05"}) as site,
        open_page(browser, f"{site.base}/overlay") as (page, _),
    ):
        await sounding(page)
        await tap(page)
        sent = listen(site)
        speaking = asyncio.create_task(say(site, LINE[:60]))
        await site.until(Speaking)
        await heard_something(page)
        time.sleep(0.4)  # noqa: ASYNC251 (the whole bot stands still, as on a machine that swaps)
        await until(page, "taps.at(-1)?.underruns > 0")
        await speaking
        await played(page, sent)
        samples, _ = await tapped(page)
        last = next(reversed([run for _, run in sent.runs()]))
        assert samples.tobytes().find(np.trim_zeros(last)[-480:].tobytes()) > 0
        assert site.bot._sound_pages
        async with asyncio.timeout(10):
            while site.bot._sound_pages.underruns == 0:  # noqa: ASYNC110 (the page reports every 5 s)
                await asyncio.sleep(0.05)


async def test_sound_comes_back_with_the_bot(browser: Browser, tmp_path: Path, engine: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with running(tmp_path / "one", engine, FLAGS) as site:
        port = str(site.port)
        context = open_page(browser, f"{site.base}/overlay", fine=lambda fault: "WebSocket" in fault)
        page, seen = await context.__aenter__()
        await sounding(page)
    await until(page, "!sound.audible")
    async with running(tmp_path / "two", engine, FLAGS | {"web.port": port}) as site:
        await sounding(page)
        await tap(page)
        sent = listen(site)
        await say(site, "hello again")
        await played(page, sent)
        samples, _ = await tapped(page)
        assert places(sent, samples)
        # Sound that goes elsewhere leaves the page alone; when it is the page's again, it is heard again.
        await site.ask("PATCH", "/api/controls", {"output": "null"})
        await until(page, "sound.state === 'off'")
        await site.ask("PATCH", "/api/controls", {"output": "browser"})
        await sounding(page)
        await context.__aexit__(None, None, None)
    assert len([socket for socket in seen.sockets if "/api/events" in socket]) >= 2
