"""Brings every voice to the same loudness, slowly enough that it is not heard happening."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np

from bot.playback.output import Samples

BLOCK = 0.05  # seconds a power is measured over
ABSOLUTE_GATE = 10 ** (-50 / 10)  # below this power it is not speech
RELATIVE_GATE = 10 ** (-10 / 10)  # nor this far below the rest
MEMORY = 400  # blocks kept of a voice: 20 s of speech
HALF_LIFE = 100  # blocks after which one counts for half
MAX_BOOST = 18.0  # dB
SURE = 8  # blocks of speech after which the whole boost is trusted
SLEW = 3.0  # dB per second
MAX_VOICES = 256


@dataclass(slots=True, eq=False)
class _Voice:
    powers: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY))
    gain: float | None = None  # dB; None until it has been heard
    rest: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    rate: int = 0


class VoiceLeveller:
    """A gain per voice that brings its speech to `target` dBFS RMS.

    The loudness of a voice is a gated mean of block powers, in the manner of ITU-R BS.1770-4 (an absolute
    gate, then one relative to what passed it) with plain RMS, 50 ms blocks and speech-sized gates, and with
    the recent past weighing more. The first speech of a voice sets its gain at once; later it moves by
    no more than `SLEW` dB a second.
    """

    def __init__(self, target: float = -20.0) -> None:
        self.target = target
        self._voices: OrderedDict[str, _Voice] = OrderedDict()

    def apply(self, name: str, samples: Samples, rate: int) -> Samples:
        """`samples` (finite, [n] at `rate`), the next that this voice says, at its gain."""
        if not len(samples):
            return samples
        voice = self._voices.setdefault(name, _Voice())
        self._voices.move_to_end(name)
        if len(self._voices) > MAX_VOICES:
            self._voices.popitem(last=False)
        self._measure(voice, samples, rate)
        aim = self._aim(voice)
        if aim is None:
            return samples
        if voice.gain is None:
            voice.gain = aim
        before, reach = voice.gain, SLEW * len(samples) / rate
        voice.gain += float(np.clip(aim - before, -reach, reach))
        curve = np.linspace(before, voice.gain, len(samples)) if voice.gain != before else np.array([before])
        return np.asarray(samples * 10 ** (curve / 20), np.float32)

    def gain(self, name: str) -> float:
        """The gain of a voice now, in dB."""
        voice = self._voices.get(name)
        return (voice.gain if voice else None) or 0.0

    def _measure(self, voice: _Voice, samples: Samples, rate: int) -> None:
        if rate != voice.rate:
            voice.rate, voice.rest = rate, voice.rest[:0]
        length = int(BLOCK * rate)
        heard = np.concatenate([voice.rest, samples])
        count = len(heard) // length
        blocks = heard[: count * length].reshape(count, length).astype(np.float64)
        powers = np.mean(blocks**2, axis=1)
        voice.powers.extend(float(power) for power in powers[-MEMORY:] if power > ABSOLUTE_GATE)
        voice.rest = heard[count * length :]

    def _aim(self, voice: _Voice) -> float | None:
        powers = np.array(voice.powers)
        if not len(powers):
            return None
        weights = 0.5 ** (np.arange(len(powers))[::-1] / HALF_LIFE)
        gate = np.average(powers, weights=weights) * RELATIVE_GATE
        loud = powers > gate
        loudness = 10 * np.log10(np.average(powers[loud], weights=weights[loud]))
        # A few blocks may be no more than a breath: what they say is believed only in part.
        limit = MAX_BOOST * min(1.0, len(powers) / SURE)
        return float(min(self.target - loudness, limit))
