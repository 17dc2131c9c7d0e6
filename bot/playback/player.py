"""Takes an utterance's audio as it arrives to the output, and tells when it begins and has been heard."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from bot.messages import AudioChunk, Utterance
from bot.playback.buffer import Mark, MarkKind, SpeechBuffer
from bot.playback.limiter import Limiter
from bot.playback.loudness import VoiceLeveller
from bot.playback.output import Output, Samples
from bot.playback.resample import NOTHING, Resampler

PIECE = 0.25  # seconds: a long chunk goes to the buffer in pieces, so that its bound holds
REMEMBERED_CUTS = 64


def _nothing_started(utterance: Utterance, at: float) -> None: ...
def _nothing_finished(utterance: Utterance, at: float, whole: bool) -> None: ...


class Player:
    """One utterance after another to one output: `play` its chunks, `end` it, or `cut` it at any time.

    Belongs to the event loop's thread. `ahead`: seconds that may be buffered before `play` waits;
    `pause`: seconds between utterances. Both callbacks are called in the loop's thread: `on_started` with
    the monotonic time at which the first sample went to the output, `on_finished` once for every
    utterance played, `whole` with the time at which its last sample was heard, or not whole when it is cut.
    """

    def __init__(
        self,
        output: Output,
        *,
        volume: float = 1.0,
        loudness: float = -20.0,
        pause: float = 0.25,
        ahead: float = 0.6,
        on_started: Callable[[Utterance, float], None] = _nothing_started,
        on_finished: Callable[[Utterance, float, bool], None] = _nothing_finished,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_started = on_started
        self.on_finished = on_finished
        self._output = output
        self.pause = pause  # may be changed at any time
        self._ahead = ahead
        self._clock = clock
        self._buffer = SpeechBuffer(output.rate, volume=volume, wake=self._wake, clock=clock)
        self._leveller = VoiceLeveller(loudness)
        self._lanes: dict[str, _Lane] = {}  # utterances whose end has not been handed out
        self._last_words: dict[str, asyncio.TimerHandle] = {}  # handed out, and not heard yet
        self._cut_ids: deque[str] = deque(maxlen=REMEMBERED_CUTS)
        self._space = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Runs the output until cancelled; what sounds then is faded out. OutputError: as the output's."""
        self._loop = asyncio.get_running_loop()
        running = asyncio.create_task(self._output.run(self._pull), name="output")
        try:
            await asyncio.wait([running])
        finally:
            self.cut_all()
            running.cancel()
            await asyncio.wait([running])
            failure = None if running.cancelled() else running.exception()
        if failure is not None:
            raise failure

    async def play(self, chunk: AudioChunk) -> bool:
        """The next piece of an utterance; waits while enough is buffered. False: it was cut, send no more.

        Cancelling this cuts the utterance.
        """
        utterance = chunk.utterance
        if utterance.id in self._cut_ids:
            return False
        lane = self._lane(utterance)
        try:
            samples = self._leveller.apply(utterance.voice, _finite(chunk.samples), chunk.rate)
            step = max(1, int(PIECE * chunk.rate))
            for start in range(0, len(samples), step):
                if not await self._room(lane):
                    return False
                piece = lane.feed(samples[start : start + step], chunk.rate, self._buffer.rate)
                self._buffer.append(utterance.id, piece)
        except asyncio.CancelledError:
            self.cut(utterance.id)
            raise
        return True

    async def end(self, utterance: Utterance) -> None:
        """Nothing more of it comes: what the filters hold back goes out, and a pause after it."""
        if utterance.id in self._cut_ids:
            return
        lane = self._lane(utterance)
        try:
            if await self._room(lane):
                self._buffer.append(utterance.id, lane.flush())
                self._buffer.finish(utterance.id, self.pause)
        except asyncio.CancelledError:
            self.cut(utterance.id)
            raise

    def cut(self, utterance_id: str) -> None:
        """Silences an utterance within 10 ms of what goes to the output from now on. Unknown: nothing."""
        self._read_marks()
        lane = self._lanes.pop(utterance_id, None)
        if lane is None:
            return
        lane.is_cut = True
        self._cut_ids.append(utterance_id)
        self._buffer.remove(utterance_id)
        self._space.set()
        self._finish(lane.utterance, self._clock(), whole=False)

    def cut_all(self) -> None:
        for utterance_id in list(self._lanes):
            self.cut(utterance_id)
        self._buffer.clear()

    async def drain(self) -> None:
        """Waits until everything played so far has been heard or cut. Every utterance must be ended."""
        await self._idle.wait()

    @property
    def volume(self) -> float:
        """0 to 1; may be set at any time, heard as soon as the output's latency allows."""
        return self._buffer.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._buffer.volume = min(1.0, max(0.0, volume))

    @property
    def loudness(self) -> float:
        """dBFS that every voice is brought to; a change is heard as slowly as any."""
        return self._leveller.target

    @loudness.setter
    def loudness(self, loudness: float) -> None:
        self._leveller.target = loudness

    @property
    def paused(self) -> bool:
        """While True nothing is handed out; it goes on where it stopped."""
        return self._buffer.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._buffer.paused = paused

    @property
    def buffered(self) -> float:
        """Seconds of sound that the output has not taken yet."""
        return self._buffer.seconds

    @property
    def gaps(self) -> int:
        """How often speech ran dry in the middle of an utterance."""
        return self._buffer.gaps

    # ------------------------------------------------------------ between the loop and the pulling thread

    def _pull(self, out: Samples) -> int:
        if self._output.rate != self._buffer.rate:
            out[:] = 0.0
            self._wake()
            return 0
        return self._buffer.pull(out)

    def _wake(self) -> None:
        """May be called from any thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._woken)

    def _woken(self) -> None:
        if self._output.rate != self._buffer.rate:
            for lane in self._lanes.values():
                self._buffer.append(lane.utterance.id, lane.flush())
            self._buffer.convert(self._output.rate)
        self._read_marks()
        self._space.set()

    def _read_marks(self) -> None:
        while self._buffer.marks:
            self._read(self._buffer.marks.popleft())

    def _read(self, mark: Mark) -> None:
        lane = self._lanes.get(mark.utterance_id)
        if lane is None:
            return
        if mark.kind is MarkKind.STARTED:
            self.on_started(lane.utterance, mark.at)
            return
        del self._lanes[mark.utterance_id]
        heard = mark.at + self._output.latency
        timer = asyncio.get_running_loop().call_later(
            max(0.0, heard - self._clock()), self._heard, lane.utterance, heard
        )
        self._last_words[mark.utterance_id] = timer

    def _heard(self, utterance: Utterance, at: float) -> None:
        del self._last_words[utterance.id]
        self._finish(utterance, at, whole=True)

    def _finish(self, utterance: Utterance, at: float, *, whole: bool) -> None:
        if not self._lanes and not self._last_words:
            self._idle.set()
        self.on_finished(utterance, at, whole)

    def _lane(self, utterance: Utterance) -> _Lane:
        self._idle.clear()
        return self._lanes.setdefault(utterance.id, _Lane(utterance))

    async def _room(self, lane: _Lane) -> bool:
        """Waits until the buffer has room; False if the utterance is cut."""
        while not lane.is_cut:
            self._space.clear()
            if self._buffer.wake_below(self._ahead):
                return True
            await self._space.wait()
        return False


class _Lane:
    """An utterance on its way: resampled to the output's rate, then limited."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.is_cut = False
        self._chain: tuple[int, Resampler, Limiter] | None = None

    def feed(self, samples: Samples, rate: int, to: int) -> Samples:
        rest = NOTHING
        if self._chain is None or (self._chain[0], self._chain[1].rate) != (to, rate):
            rest = self.flush()
            self._chain = to, Resampler(rate, to), Limiter(to)
        _, resampler, limiter = self._chain
        out = limiter.feed(resampler.feed(samples))
        return np.concatenate([rest, out]) if len(rest) else out

    def flush(self) -> Samples:
        if self._chain is None:
            return NOTHING
        _, resampler, limiter = self._chain
        self._chain = None
        return np.concatenate([limiter.feed(resampler.flush()), limiter.flush()])


def _finite(samples: Samples) -> Samples:
    """Mono float32 without the NaN or infinity that a failing model may give."""
    samples = np.asarray(samples, np.float32).reshape(-1)
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
