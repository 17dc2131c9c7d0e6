"""What a page's AudioWorklet plays, sample by sample, and what the bot sent it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

from bot.playback.browser import FRAME, HEADER
from tests.web.browser.looking import until

Pcm = NDArray[np.int16]

_TAP = """() => {
  globalThis.taps = [];
  sound.node.port.onmessage = ({ data }) => taps.push(data);
  sound.node.port.postMessage({ tap: true });
}"""
_TAPPED = """async () => {
  const all = new Float32Array(taps.reduce((sum, { samples }) => sum + samples.length, 0));
  let at = 0;
  for (const { samples } of taps) { all.set(samples, at); at += samples.length; }
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(new Blob([all.buffer]));
  });
  return {
    samples: url.slice(url.indexOf(",") + 1),
    starts: taps.map(({ start }) => start), lengths: taps.map(({ samples }) => samples.length),
    gains: taps.map(({ gain }) => gain), underruns: taps.at(-1)?.underruns ?? 0,
  };
}"""
# When the page's loudspeaker plays a position of the stream, in milliseconds of this machine's clock.
_WHEN = """async (position) => {
  const { origin } = await new Promise((done) => sound.node.port.addEventListener(
    "message", ({ data }) => done(data), { once: true }));
  const { contextTime, performanceTime } = sound.context.getOutputTimestamp();
  const seconds = (origin + position) / sound.context.sampleRate;
  return performance.timeOrigin + performanceTime + 1000 * (seconds - contextTime);
}"""


class Sent:
    """Every frame that the bot's output made."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def take(self, frame: bytes) -> None:
        self.frames.append(frame)

    @property
    def first(self) -> int:
        return int(HEADER.unpack_from(self.frames[0])[7])

    @property
    def position(self) -> int:
        return int(HEADER.unpack_from(self.frames[-1])[7])

    def runs(self) -> Iterator[tuple[int, Pcm]]:
        """(position, samples) of each run of sound, with the silence inside it that is not sent."""
        run: list[tuple[int, Pcm]] = []
        for frame in self.frames:
            flags, position = frame[3], int(HEADER.unpack_from(frame)[7])
            if flags & 1 and run:
                yield _joined(run)
                run = []
            run.append((position, np.frombuffer(frame, "<i2", offset=HEADER.size)))
        if run:
            yield _joined(run)


def _joined(run: list[tuple[int, Pcm]]) -> tuple[int, Pcm]:
    begin = run[0][0]
    whole = np.zeros(run[-1][0] + FRAME - begin, np.int16)
    for position, samples in run:
        whole[position - begin : position - begin + len(samples)] = samples
    return begin, whole


async def sounding(page: Page, *, audible: bool = True) -> None:
    await until(page, "sound.state === 'on' && sound.page !== ''")
    if audible:
        await until(page, "sound.audible")


async def tap(page: Page) -> None:
    await page.evaluate(_TAP)


async def tapped(page: Page) -> tuple[Pcm, dict[str, Any]]:
    """What has been played since `tap`, before the gain; `gains` are those at each block's end."""
    told = cast("dict[str, Any]", await page.evaluate(_TAPPED))
    samples = np.frombuffer(base64.b64decode(told.pop("samples")), "<f4")
    return np.round(samples * 32767).astype(np.int16), told


async def when(page: Page, position: int) -> float:
    """Milliseconds since the epoch."""
    return float(await page.evaluate(_WHEN, position))


async def played(page: Page, sent: Sent) -> None:
    """Waits until the page has played all that was sent."""
    truth = (
        "end => taps.length && taps.at(-1).origin !== null && taps.at(-1).start - taps.at(-1).origin > end"
    )
    await until(page, truth, sent.position + FRAME)


async def heard_something(page: Page) -> None:
    await until(page, "taps.at(-1)?.samples.some((sample) => sample !== 0)")


def places(sent: Sent, played: Pcm) -> list[tuple[int, int]]:
    """(position in the stream, place in what was played) of each run; one that is not whole in it fails."""
    found, after, data = [], 0, played.tobytes()
    for position, run in sent.runs():
        run = np.trim_zeros(run)
        wanted, place = run.tobytes(), after
        while (place := data.find(wanted, place)) % 2 == 1:
            place += 1
        assert place >= 0, f"the run of {len(run)} samples at {position} was not played as it was sent"
        found.append((position, place // 2))
        after = place + len(wanted)
    return found
