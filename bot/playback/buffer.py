"""The only thing that the audio thread shares with the rest: a queue of samples that an output pulls from.

`pull` runs in the sound device's own thread every few milliseconds. It takes one lock that nobody holds
for longer than a handful of list operations, copies, and returns; what happened is left as marks for the
event loop, which is woken only when there is one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

import numpy as np

from bot.playback.output import Samples
from bot.playback.resample import resample

FADE = 0.005  # seconds for a cut, and for the volume to go from nothing to full
NOBODY = ""  # the id of samples that end something already given up


class MarkKind(Enum):
    STARTED = "started"  # an utterance's first sample was taken
    FINISHED = "finished"  # its last one was


@dataclass(frozen=True, slots=True)
class Mark:
    kind: MarkKind
    utterance_id: str
    at: float  # monotonic seconds at which its sample's turn came in the pulled block


@dataclass(slots=True, eq=False)
class _Segment:
    id: str
    samples: Samples
    offset: int = 0
    ends: bool = False  # the utterance's speech is over before this one, which holds the pause after it
    told: bool = False  # that end has been marked

    @property
    def left(self) -> int:
        return len(self.samples) - self.offset


class SpeechBuffer:
    """Samples in the order in which they will be heard, at `rate`, each belonging to an utterance.

    `wake` is called from the pulling thread when there are marks, or when the level that
    `wake_below` asked for has been reached. `volume` and `paused` may be set from any thread.
    """

    def __init__(
        self,
        rate: int,
        *,
        volume: float = 1.0,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate = rate
        self.volume = volume
        self.paused = False
        self.marks: deque[Mark] = deque()
        self.gaps = 0  # how often speech ran dry in the middle of an utterance
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._segments: deque[_Segment] = deque()
        self._frames = 0
        self._gain = volume
        self._sounding = NOBODY
        self._below: int | None = None
        self._dry = False  # in the middle of an utterance
        self._quiet = True  # the last pull took nothing
        self._set_ramp()

    @property
    def seconds(self) -> float:
        """How much is waiting to be pulled."""
        return self._frames / self.rate

    def append(self, utterance_id: str, samples: Samples) -> None:
        if len(samples):
            with self._lock:
                self._segments.append(_Segment(utterance_id, samples))
                self._frames += len(samples)

    def finish(self, utterance_id: str, pause: float) -> None:
        """Nothing more of it comes; `pause` seconds of silence keep it apart from the next."""
        with self._lock:
            silence = np.zeros(round(pause * self.rate), np.float32)
            self._segments.append(_Segment(utterance_id, silence, ends=True))
            self._frames += len(silence)

    def remove(self, utterance_id: str) -> None:
        """Takes out an utterance. If it is sounding, a fade of its next samples is left to end it softly."""
        with self._lock:
            self._keep([s for s in self._segments if s.id != utterance_id])

    def clear(self) -> None:
        """Takes out everything, as `remove` does."""
        with self._lock:
            self._keep([])

    def wake_below(self, seconds: float) -> bool:
        """True if no more than this is buffered; otherwise `wake` is called once when that comes about."""
        with self._lock:
            frames = int(seconds * self.rate)
            self._below = None if self._frames <= frames else frames
            return self._below is None

    def convert(self, rate: int) -> None:
        """Makes what is buffered fit an output of another rate."""
        with self._lock:
            if rate == self.rate:
                return
            old, self.rate = self.rate, rate
            runs: deque[_Segment] = deque()
            for (owner, ends, told), group in groupby(self._segments, key=lambda s: (s.id, s.ends, s.told)):
                whole = np.concatenate([s.samples[s.offset :] for s in group])
                runs.append(_Segment(owner, resample(whole, old, rate), ends=ends, told=told))
            self._segments = runs
            self._frames = sum(s.left for s in runs)
            self._set_ramp()

    def pull(self, out: Samples) -> int:
        """Fills `out` (float32 [n]) with what comes next and silence beyond; returns the frames taken."""
        with self._lock:
            done = self._take(out)
            woken = bool(self.marks)
            if self._below is not None and self._frames <= self._below:
                self._below = None
                woken = True
        out[done:] = 0.0
        if woken:
            self._wake()
        return done

    def _take(self, out: Samples) -> int:
        now = self._clock()
        target = 0.0 if self.paused else self.volume
        if self._quiet and self._sounding == NOBODY:
            self._gain = target  # nothing sounds: no ramp is needed
        # A pause lets the volume ramp down and takes nothing beyond the ramp, so that nothing is lost.
        wanted = min(len(out), self._ramp_frames(target)) if self.paused else len(out)
        done = 0
        while self._segments:
            head = self._segments[0]
            if head.ends and not head.told:
                head.told = True
                self._sounding = NOBODY
                self.marks.append(Mark(MarkKind.FINISHED, head.id, now + done / self.rate))
            if head.left == 0:
                self._segments.popleft()
                continue
            if done == wanted:
                break
            if not head.ends and head.id != self._sounding:
                self._sounding = head.id
                if head.id != NOBODY:
                    self.marks.append(Mark(MarkKind.STARTED, head.id, now + done / self.rate))
            count = min(wanted - done, head.left)
            out[done : done + count] = head.samples[head.offset : head.offset + count]
            head.offset += count
            done += count
        self._frames -= done
        dry = done < wanted and self._sounding != NOBODY
        self.gaps += dry and not self._dry
        self._dry = dry
        self._quiet = done == 0
        self._apply_volume(out[:done], target)
        return done

    def _apply_volume(self, block: Samples, target: float) -> None:
        frames = self._ramp_frames(target)
        count = min(len(block), frames)
        if count:
            low, high = sorted((self._gain, target))
            step = (1 if target > self._gain else -1) / len(self._ramp)
            block[:count] *= np.clip(self._ramp[:count] * step + self._gain, low, high)
            self._gain = target if count == frames else self._gain + step * count
        if self._gain != 1.0:
            block[count:] *= self._gain

    def _ramp_frames(self, target: float) -> int:
        return int(np.ceil(abs(target - self._gain) * len(self._ramp)))

    def _set_ramp(self) -> None:
        self._ramp = np.arange(1, max(2, round(FADE * self.rate)) + 1, dtype=np.float32)

    def _keep(self, wanted: list[_Segment]) -> None:
        """Replaces the queue; what is sounding and not wanted is faded out. The lock is held."""
        fades = [s for s in self._segments if s.id == NOBODY]
        kept = fades + [s for s in wanted if s.id != NOBODY]
        head = self._segments[0] if self._segments else None
        if head is not None and head not in kept and head.id == self._sounding:
            kept = [_Segment(NOBODY, self._faded(head.id)), *kept]
        self._segments = deque(kept)
        self._frames = sum(s.left for s in kept)

    def _faded(self, utterance_id: str) -> Samples:
        pieces, wanted = [], len(self._ramp)
        for segment in self._segments:
            if segment.id != utterance_id or segment.ends or wanted == 0:
                break
            pieces.append(segment.samples[segment.offset : segment.offset + wanted])
            wanted -= len(pieces[-1])
        sound = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        return sound * np.linspace(1, 0, len(sound) + 2, dtype=np.float32)[1:-1]
