"""Plays on a sound device, and finds it again when it goes away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from bot.messages import OutputState, State
from bot.playback.devices import Device, choose, listed
from bot.playback.output import OutputError, Pull, Report
from bot.playback.portaudio import PortAudioThread, load, small_periods, unload

T = TypeVar("T")
log = logging.getLogger(__name__)

RATE = 48_000
PERIOD = 0.01  # seconds between two callbacks, where the system lets one choose
SILENT = 0.7  # seconds without a callback after which the device is lost: a period is far shorter
LOOK = 0.25  # seconds between two looks at that
RETRY = 0.5
PATIENT_RETRY = 1.2  # once it has been away for long, so that looking costs little
LONG = 30.0
SLOW = 3.0  # seconds after which a call that does not return is told of
GIVE_UP = 1.0  # seconds that closing may take at the end
OFTEN, WITHIN = 2, 60.0  # breaks in so many seconds, after which more is buffered
WIDER, WIDEST = 1.5, 0.25  # times as much, and at most so many seconds
UNTIL_SILENT = 10.0  # seconds that a silence is waited for: opening the device anew is a break itself


class DeviceOutput:
    """A continuous stream to the device that `wanted` names ("": the system's default).

    It plays silence while there is nothing to say, so that a first sample goes out with the next callback.
    `latency` asked for is what the device buffers: more is safer, less is quicker. Where speech breaks off
    again and again because the machine is too busy for it, more is buffered from the next silence on.
    """

    def __init__(self, wanted: str, latency: float, report: Report) -> None:
        self.rate = RATE
        self.latency = latency + PERIOD
        self.breaks = 0  # in what was spoken, because the buffer ran dry
        self._wanted = wanted
        self._asked = latency
        self._report = report
        self._reported = OutputState(State.STARTING)
        self._environment_sink = os.environ.get("PULSE_SINK", "")
        self._widened = ""  # what is said of it
        self._stream: Any = None
        self._last_callback = 0.0
        self._last_breaks: deque[float] = deque(maxlen=OFTEN)
        self._spoke_at = -math.inf  # when speech was last handed out
        self._held = False  # silence is handed out, and speech waits
        self._failure: BaseException | None = None
        self._thread: PortAudioThread | None = None

    async def run(self, pull: Pull) -> None:
        self._thread = PortAudioThread()
        lost_at = time.monotonic()
        try:
            while True:
                ended = asyncio.Event()
                loop = asyncio.get_running_loop()
                try:
                    device = await self._patiently(lambda: self._open(pull, loop, ended))  # noqa: B023
                except OutputError as error:
                    self._tell(State.WAITING, str(error))
                else:
                    self._tell(State.READY, device.title + self._widened)
                    if not await self._until_lost(ended):
                        self._held = True  # nothing is handed out that would be dropped with the stream
                        await asyncio.sleep(self.latency + PERIOD)
                        await self._patiently(self._drop)
                        lost_at = time.monotonic()
                        continue
                    lost_at = time.monotonic()
                    gone = f"The sound device {device.title} went away; speech goes on when it is back."
                    self._tell(State.WAITING, gone)
                    await self._patiently(self._drop)
                long = time.monotonic() - lost_at > LONG
                await asyncio.sleep(PATIENT_RETRY if long else RETRY)
        finally:
            await self._close()

    # ------------------------------------------------------------ in the event loop

    async def _until_lost(self, ended: asyncio.Event) -> bool:
        """False: the device is there, and is to be opened anew with more in its buffer."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LOOK)
            if self._failure is not None:
                raise self._failure
            if ended.is_set():
                return True
            if self._is_too_narrow():
                return False
            seen = self._last_callback
            if time.monotonic() - seen > SILENT:
                # After the whole machine slept this looks the same: a living stream calls again at once.
                await asyncio.sleep(LOOK / 2)
                if self._last_callback == seen:
                    return True

    def _is_too_narrow(self) -> bool:
        """Whether more is to be buffered from now on: when nothing sounds, or it has sounded on for long."""
        now, breaks = time.monotonic(), self._last_breaks
        if len(breaks) < OFTEN or now - breaks[0] > WITHIN or self._asked >= WIDEST:
            return False
        if now - self._spoke_at < self._asked + LOOK and now - breaks[-1] < UNTIL_SILENT:
            return False
        self._asked = min(self._asked * WIDER, WIDEST)
        breaks.clear()
        self._widened = f" (speech broke off: it holds {self._asked:.2f} s now, see audio.latency)"
        log.info("speech broke off %d times within %g s%s", OFTEN, WITHIN, self._widened)
        return True

    async def _close(self) -> None:
        """What was handed out is heard to its end, for a stream that stops drops what it still has."""
        assert self._thread is not None
        alive = self._stream is not None and time.monotonic() - self._last_callback < SILENT
        if alive:
            await asyncio.sleep(self._asked + 2 * PERIOD)
        with contextlib.suppress(TimeoutError, OutputError):
            await asyncio.wait_for(self._thread.call(self._drop), GIVE_UP)
        self._thread.finish()

    async def _patiently(self, job: Callable[[], T]) -> T:
        assert self._thread is not None
        task = asyncio.ensure_future(self._thread.call(job))
        try:
            done, _ = await asyncio.wait([task], timeout=SLOW)
            if not done:
                self._tell(State.WAITING, "The sound server does not answer; speech goes on when it does.")
            return await task
        finally:
            task.cancel()

    def _tell(self, state: State, detail: str) -> None:
        """Says what is new, once."""
        said = OutputState(state, detail)
        if said != self._reported:
            self._reported = said
            self._report(said)

    # ------------------------------------------------------------ in PortAudio's worker thread

    def _open(self, pull: Pull, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> Device:
        # libpulse takes the sink from the environment. While PortAudio looks for devices it must not be
        # one that is gone, or there would be no "pulse" either.
        os.environ.pop("PULSE_SINK", None)
        if self._environment_sink:
            os.environ["PULSE_SINK"] = self._environment_sink
        sounddevice = load()
        device = choose(self._wanted, listed(sounddevice, sinks=bool(self._wanted)))
        if device.sink:
            os.environ["PULSE_SINK"] = device.sink
        small_periods(sounddevice, self._asked, PERIOD)

        def finished() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)

        problem: Exception | None = None
        for rate in dict.fromkeys((RATE, device.rate)):
            try:
                stream = sounddevice.OutputStream(
                    samplerate=rate,
                    device=device.portaudio,
                    channels=min(2, device.channels),
                    dtype="float32",
                    latency=self._asked,
                    callback=self._callback(pull, sounddevice.CallbackAbort),
                    finished_callback=finished,
                )
                self.rate = rate
                self._held = False
                self._last_callback = time.monotonic()
                stream.start()
            except sounddevice.PortAudioError as error:
                problem = error
            else:
                self._stream = stream
                return device
        raise OutputError(
            f"The sound device {device.title} cannot be opened ({_plain(problem)}): "
            "it is tried again; `python -m bot devices` lists the others."
        ) from problem

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(Exception):
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
        if (sounddevice := sys.modules.get("sounddevice")) is not None:
            unload(sounddevice)

    # ------------------------------------------------------------ in the sound device's thread

    def _callback(self, pull: Pull, abort: type[Exception]) -> Callable[..., None]:
        scratch = np.zeros(RATE, np.float32)

        def callback(out: Any, frames: int, times: Any, status: Any) -> None:
            nonlocal scratch
            now = time.monotonic()
            # Not every sound system tells of it; later than all that it holds is too late in any case.
            holds = max(self._asked, self.latency)
            late = status.output_underflow or now - self._last_callback > holds + PERIOD
            if late and now - self._spoke_at < SILENT:
                self.breaks += 1
                self._last_breaks.append(now)
            self._last_callback = now
            delay = times.outputBufferDacTime - times.currentTime
            if 0 < delay < 10 * self._asked and math.isfinite(delay):
                self.latency = delay
            if frames > len(scratch):
                scratch = np.zeros(frames, np.float32)
            block = scratch[:frames]
            try:
                if self._held:
                    block[:] = 0
                elif pull(block):
                    self._spoke_at = now
            except BaseException as error:
                self._failure = error  # raised where the loop watches the stream
                raise abort from error
            out[:] = block[:, np.newaxis]

        return callback


def _plain(error: Exception | None) -> str:
    text = str(error).split("[PaErrorCode")[0]
    return text.removeprefix("Error opening OutputStream:").strip() or "no reason given"
