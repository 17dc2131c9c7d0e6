"""From a recording and its words to a reference: trimmed, judged, loud as the model likes, then silence."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.engine.references import report as judge
from bot.engine.references import transcript
from bot.engine.references.contour import Contour, Span, contour
from bot.engine.references.report import LONG, SHORT, Check, Proposal, Report
from bot.engine.references.sound import RATE, Sound
from bot.engine.voices import VoiceError

HOP = 256  # samples of a mel frame

# The rms that f5_tts raises a quiet reference to (`target_rms`). Here all have it: voices are equally loud.
_RMS = 0.1
_PEAK = 0.99

# Seconds of silence after the last word. f5_tts has 0.05, its README asks for about 1: what follows the
# reference begins with its last sound unless there is a pause as long as a full stop's. But the silence is
# part of every pass: with 5 s of reference and 2 s of speech, 1 s costs 14 % of the time and 0.5 s costs 7 %.
TAIL = 0.5

_FULL_STOP = 0.4  # seconds: a longer pause ends no more than a sentence

_FADE = 0.005  # seconds at both ends
_SILENT = -60.0  # dBFS: less is no speech


class Refused(VoiceError):
    """A recording that no voice can be cloned from; `report` tells everything that was found."""

    def __init__(self, report: Report) -> None:
        super().__init__(" ".join(check.sentence for check in report.faults))
        self.report = report


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a voice is cloned from."""

    samples: NDArray[np.float32]  # [N] mono at RATE, the silence at its end included
    speech: int  # how many of them come before that silence: durations go by these
    text: str  # with the end that the model expects
    report: Report
    fingerprint: str  # of samples and text: what is cached for a voice is cached by this

    @property
    def speech_seconds(self) -> float:
        return self.speech / RATE

    @property
    def speech_frames(self) -> int:
        return self.speech // HOP


def prepare(
    sound: Sound, text: str, *, tail: float = TAIL, chosen: bool = False, as_it_stands: bool = False
) -> Prepared:
    """Makes a reference of a sound and what is said in it. Raises Refused.

    `chosen`: the stretch was named by a person, who means its length. `as_it_stands`: it was prepared
    before, so that nothing is trimmed or made louder.
    """
    samples = sound.samples
    if samples.size and not as_it_stands:
        samples = samples - np.float32(samples.mean(dtype=np.float64))
    heard = contour(samples, RATE)
    span = Span(0.0, samples.size / RATE) if as_it_stands else heard.whole
    kept = samples[round(span.begin * RATE) : round(span.end * RATE)]
    rms = math.sqrt(float(np.square(kept, dtype=np.float64).mean())) if kept.size else 0.0
    peak = float(np.abs(kept).max(initial=0.0))
    factor = 1.0 if as_it_stands or not rms else min(_RMS / rms, _PEAK / peak)
    words = transcript.plain(text)
    report = _judged(
        Report(
            seconds=span.seconds,
            spoken=sum(part.seconds for part in heard.parts),
            begin=span.begin + sound.begin,
            end=span.end + sound.begin,
            level=20 * math.log10(max(rms, 1e-5)),
            peak=peak,
            gain=20 * math.log10(factor),
            clipped=sound.clipped,
            noise=heard.noise,
            snr=heard.snr,
            syllables_per_second=transcript.syllables(words) / span.seconds if span.seconds else 0.0,
            pauses=tuple(Span(each.begin + sound.begin, each.end + sound.begin) for each in heard.pauses),
        ),
        words,
        sound.rate,
        chosen=chosen or as_it_stands,
        silent=heard.speech < _SILENT or not heard.parts,
    )
    if report.faults:
        if any(check.code == "too_long" for check in report.faults):
            report = replace(report, proposals=_proposals(heard, sound, words))
        raise Refused(report)
    if not as_it_stands:
        kept = _faded(kept * np.float32(factor))
    finished = np.concatenate((kept, np.zeros(round(tail * RATE), np.float32)))
    said = transcript.ended(words)
    return Prepared(finished, kept.size, said, report, _fingerprint(finished, said))


def _judged(report: Report, words: str, rate: int, *, chosen: bool, silent: bool) -> Report:
    told = judge.check_transcript(words, transcript.LONGEST)
    if silent:
        return replace(report, checks=(judge.check_silence(), told))
    checks: tuple[Check, ...] = (
        judge.check_length(report.seconds, report.pauses, chosen=chosen),
        judge.check_level(report.level, report.gain),
        judge.check_clipping(report.clipped),
        judge.check_noise(report.snr),
        judge.check_bandwidth(rate),
        told,
    )
    # A transcript may be meant for the part of it that is yet to be chosen.
    if told.verdict == "good" and not any(check.code == "too_long" for check in checks):
        checks += (judge.check_pace(report.syllables_per_second),)
    return replace(report, checks=checks)


def _proposals(heard: Contour, sound: Sound, words: str) -> tuple[Proposal, ...]:
    """Parts that would do, in the recording's time; words only for a recording that was heard to its end."""
    return tuple(
        Proposal(
            part.begin + sound.begin,
            part.end + sound.begin,
            _words(heard, part, words) if sound.whole else "",
        )
        for part in stretches(heard)[:3]
    )


def shortened(sound: Sound) -> Sound:
    """The first part of a sound that would do, where it is too long as a whole; else the sound as it is."""
    heard = contour(sound.samples, RATE)
    found = stretches(heard) if heard.whole.seconds > LONG else []
    if not found:
        return sound
    part = found[0]
    samples = sound.samples[round(part.begin * RATE) : round(part.end * RATE)]
    return replace(sound, samples=samples, begin=sound.begin + part.begin, more=True)


def stretches(heard: Contour) -> list[Span]:
    """Parts of a recording that are as long as a reference may be, one after the other.

    Each ends in the longest pause within reach, the first of those that end a sentence: a second of reference
    costs as much as a second of speech.
    """
    found: list[Span] = []
    parts = heard.parts
    after = [*(pause.seconds for pause in heard.pauses), math.inf]
    first = 0
    while first < len(parts):
        reach = {
            last: span
            for last in range(first, len(parts))
            if SHORT <= (span := heard.around(parts[first].begin, parts[last].end)).seconds <= LONG
        }
        if reach:
            first = max(reach, key=lambda last: min(after[last], _FULL_STOP))
            found.append(reach[first])
        first += 1
    return found


def _words(heard: Contour, part: Span, words: str) -> str:
    """The words that are likely said in `part`, by the share of the speech before and in it."""
    total = sum(each.seconds for each in heard.parts)
    before = sum(each.seconds for each in heard.parts if each.end <= part.begin)
    inside = sum(each.seconds for each in heard.parts if part.begin <= each.begin < part.end)
    return transcript.words_between(words, before / total, (before + inside) / total) if total else ""


def _faded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    size = min(round(_FADE * RATE), samples.size // 2)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    samples[:size] *= ramp
    samples[samples.size - size :] *= ramp[::-1]
    return samples


def _fingerprint(samples: NDArray[np.float32], text: str) -> str:
    digest = hashlib.blake2b(np.ascontiguousarray(samples).tobytes(), digest_size=16)
    digest.update(text.encode("utf-8", "replace"))
    return digest.hexdigest()
