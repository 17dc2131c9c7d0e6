"""What is sampled in a measurement; every contestant makes its input from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE, HOP = 24_000, 256
FRAMES = RATE / HOP  # per second
_PACE = 14  # characters of English per second
_REFERENCE = "infer/examples/basic/basic_ref_en.wav"  # in the f5_tts package
_SAID = "Some call me nature, others call me mother nature. "
_TO_SAY = (
    "I don't really care what you call me. I've been a silent spectator, watching species evolve, "
    "empires rise and fall. But always remember, I am mighty and enduring. "
)


@dataclass(frozen=True, slots=True)
class Case:
    """One sampling of a batch. The same numbers are asked of every contestant."""

    reference: float = 3.0  # s
    seconds: float = 2.0  # of speech that is made
    steps: int = 7
    batch: int = 1
    pinned: bool = False
    guided_steps: int | None = None
    cfg_strength: float = 2.0
    sway: float = -1.0
    seed: int = 1

    @property
    def reference_frames(self) -> int:
        return round(self.reference * FRAMES)

    @property
    def new_frames(self) -> int:
        return round(self.seconds * FRAMES)

    @property
    def frames(self) -> int:
        return self.reference_frames + self.new_frames

    @property
    def reference_text(self) -> str:
        """Ends with a space, as f5_tts ends what is in a Latin script."""
        return _long(_SAID, self.reference)

    @property
    def text(self) -> str:
        return _long(_TO_SAY, self.seconds).strip()

    def json(self) -> dict[str, Any]:
        return asdict(self)

    def wave(self) -> NDArray[np.float32]:
        """The reference, 24 kHz: f5-tts's own example, said again where it is too short; else coloured noise.

        So many samples that their mel has `reference_frames` frames.
        """
        samples = (self.reference_frames - 1) * HOP
        sound = _example()
        return np.resize(sound, samples).astype(np.float32)


def _example() -> NDArray[np.float32]:
    from bot.engine.voices import packaged_file

    path = packaged_file(_REFERENCE)
    if path is None:
        noise = np.random.default_rng(1).normal(size=RATE * 4)
        return np.convolve(noise, np.ones(16) / 160, "same").astype(np.float32)
    import soundfile

    sound, rate = soundfile.read(path, dtype="float32")
    assert (rate, sound.ndim) == (RATE, 1)
    found: NDArray[np.float32] = sound
    return found


def _long(text: str, seconds: float) -> str:
    count = max(int(seconds * _PACE), 2)
    return (text * (1 + count // len(text)))[:count].rstrip() + " "
