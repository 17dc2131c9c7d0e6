"""Speaks one text in one voice: pieces planned by what they cost, made, decoded and joined, as a stream."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.engine.f5.cost import CostModel, Measurement
from bot.engine.f5.cuts import Piece, cut
from bot.engine.f5.duration import Duration, frames_for
from bot.engine.f5.joins import RATE, Joiner, pause_after
from bot.engine.f5.maker import Made
from bot.engine.f5.model import LONGEST
from bot.engine.f5.planner import Caution, Part, Planner
from bot.engine.f5.sampler import Job, least_frames
from bot.engine.f5.settings import ANSWER_TIMEOUT
from bot.engine.f5.tokens import Vocabulary
from bot.engine.f5.vocoder import Vocoder
from bot.engine.f5.vocoder_stream import VocoderStream

Samples = NDArray[np.float32]
Result = TypeVar("Result")
NOTHING = np.zeros(0, np.float32)  # what is yielded where others may have their turn
_DECODED = 48  # frames (0.5 s) that go through the vocoder at a time
_USUAL = Caution.within(ANSWER_TIMEOUT)
_QUIET = 1e-3  # of full scale: a piece whose loudest second is below it says nothing
_NO_SOUND = "the model gives no sound for this text"
_LOUDEST = 20.0  # log mel is never above it; beyond, half precision has overflowed


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice as the model takes it: its reference's `mel` [R, 100] on the model's device, and transcript."""

    fingerprint: str
    mel: Tensor
    text: str
    duration: Duration
    level: float  # RMS of the reference's speech, 0..1


class GarbledError(Exception):
    """The model gave no numbers, or silence, twice; or all of a text came out silent."""


class TooLongError(Exception):
    """A text has a part that the model cannot speak; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What all utterances share. `make` samples a job (see `Maker.make`), `exactly` does so in fp32."""

    vocabulary: Vocabulary
    vocoder: Vocoder
    cost: CostModel
    make: Callable[[Job], Generator[None, None, Made]]
    exactly: Callable[[Job], Generator[None, None, Tensor]]
    clock: Callable[[], float]
    seed: int = 0  # 0: by the text
    caution: Caution = _USUAL
    awaited: Callable[[], bool] = lambda: True  # whether somebody waits: until then all of it is held
    retried: Callable[[], None] = lambda: None  # told when a piece came out garbled and is made again
    came: Callable[[bool], None] = lambda again: None  # told of each piece that is speech: made again, or not

    def speak(self, text: str, speaker: Speaker, speed: float) -> Generator[Samples]:
        """Yields blocks of mono samples at 24 kHz, and empty ones between the steps of the work.

        Raises TooLongError before anything is made, GarbledError, and what the sampling raises.
        """
        pieces = cut(text)
        duration = speaker.duration
        if any(self._is_too_long(piece, speaker, speed) for piece in pieces):
            raise TooLongError("a part of the text cannot be cut, and is too long to be spoken in one go")
        parts = [
            Part(duration.seconds(piece.text, speed), pause_after(piece.joint, speed), piece.joint)
            for piece in pieces
        ]
        planner = Planner(parts, frames_for, self.cost.seconds, len(speaker.mel), caution=self.caution)
        joiner = Joiner(speaker.level)
        held: list[Samples] = []
        going = False

        def is_awaited() -> bool:
            if awaited := self.awaited():
                planner.asked(self.clock())
            return awaited

        def may_leave() -> bool:
            return going or (is_awaited() and planner.may_start(self.clock()))

        is_awaited()
        step = planner.next(self.clock())
        while step is not None:
            job = self._job(pieces[step.start : step.end], speaker, speed)
            length = 0
            for block in self._piece(job, speaker, partial(planner.sampled, step)):
                held.append(joiner.push(block))
                length += held[-1].size
                if may_leave():
                    going = self._begin(planner, going, held)
                    yield _taken(held)
                else:
                    yield NOTHING
            held.append(joiner.end(pause_after(pieces[step.end - 1].joint, speed)))
            length += held[-1].size
            planner.made(step, length / RATE, self.clock())
            step = planner.next(self.clock())
            if step is None:
                held.append(joiner.finish())
            if step is None or may_leave():
                going = self._begin(planner, going, held)
                yield _taken(held)
        if pieces and not going:
            raise GarbledError(_NO_SOUND)

    def _is_too_long(self, piece: Piece, speaker: Speaker, speed: float) -> bool:
        """More than the model was trained for: squeezed into that, it would be noise, and take minutes."""
        frames, tokens = speaker.duration.frames(piece.text, speed), len(speaker.text) + len(piece.text)
        return len(speaker.mel) + frames > LONGEST or tokens >= LONGEST

    def _begin(self, planner: Planner, going: bool, held: Sequence[Samples]) -> bool:
        """True once sound leaves; tells the planner when that begins."""
        if not going and any(block.size for block in held):
            planner.started(self.clock())
            return True
        return going

    def _job(self, pieces: Sequence[Piece], speaker: Speaker, speed: float) -> Job:
        text = "".join(piece.text for piece in pieces).strip()
        ids = torch.tensor(self.vocabulary.ids(speaker.text + text))
        frames = len(speaker.mel) + speaker.duration.frames(text, speed)
        frames = min(max(frames, least_frames(len(speaker.mel), len(ids))), LONGEST)
        seed = self.seed or _seed(speaker.fingerprint, text)
        return Job(reference=speaker.mel, ids=ids, frames=frames, seed=seed)

    def _piece(self, job: Job, speaker: Speaker, sampled: Callable[[float], None]) -> Iterator[Samples]:
        """A piece's samples; what came out garbled is made once more, in fp32."""
        made = yield from _in_turns(self.make(job))
        mel, seconds = made.mel, made.seconds
        began = self.clock()
        garbled = is_garbled(mel)  # a GPU is waited for here
        seconds += self.clock() - began
        if garbled:
            self.retried()
            mel = yield from _in_turns(self.exactly(job))
            if is_garbled(mel):
                raise GarbledError(_NO_SOUND)
        self.came(garbled)
        sampled(self.clock())
        stream = VocoderStream(self.vocoder, before=speaker.mel[-self.vocoder.context :])
        for start in range(0, len(mel), _DECODED):
            began = self.clock()
            part = mel[start : start + _DECODED]
            samples = stream.push(part, last=start + _DECODED >= len(mel))
            block: Samples = samples.cpu().numpy()
            seconds += self.clock() - began
            yield block
        if made.together == 1:  # what a batch costs tells little of what one alone does
            self.cost.observe(Measurement(job.frames, seconds))


def _in_turns(making: Generator[None, None, Result]) -> Generator[Samples, None, Result]:
    """Lets others have their turn at every step."""
    with contextlib.closing(making):
        while True:
            try:
                next(making)
            except StopIteration as done:
                result: Result = done.value
                return result
            yield NOTHING


def is_garbled(mel: Tensor) -> bool:
    """Whether a log mel [T, 100] cannot be speech: no numbers, out of all bounds, or nothing but silence."""
    loudest = mel.max()
    return not bool(torch.isfinite(mel).all()) or not math.log(_QUIET) < float(loudest) < _LOUDEST


def _taken(held: list[Samples]) -> Samples:
    block = np.concatenate(held) if held else NOTHING
    held.clear()
    return block


def _seed(*words: str) -> int:
    """The same for the same words in every process."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode("utf-8", "replace")).digest()[:7])
