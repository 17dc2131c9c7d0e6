"""How well the estimator foretells espeak: the demo's lines in every voice, learnt as the bot learns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat.judgement import Judgement
from bot.config import Settings
from bot.engine.espeak import EspeakEngine
from bot.engine.voices import Voice, find_folder, load_voices
from bot.sources.recording import read_recording
from bot.sources.replay import DEMO
from bot.speech.clauses import clauses
from bot.speech.estimate import Estimator, seconds


@dataclass(frozen=True, slots=True)
class Errors:
    """Of the second half of what was spoken, when the first has been learnt from. Shares, not percent."""

    total: float  # by which the estimates, summed, miss the truth
    each: float  # the mean of what every estimate is off by, over the mean utterance


def measure(limit: int | None = None) -> Errors:
    """Speaks the demo's lines, or the first `limit` of them, in each voice in turn."""
    estimator = Estimator()
    heard: list[tuple[float, float]] = []  # estimated before it was spoken, and true
    for text, voice, true in _spoken(limit):
        heard.append((estimator.seconds(text, voice), true))
        if true:
            estimator.learn(text, voice, 1.0, true)
    later = heard[len(heard) // 2 :]
    truth = sum(true for _, true in later)
    return Errors(
        total=abs(sum(estimated for estimated, _ in later) / truth - 1),
        each=statistics.fmean(abs(estimated - true) for estimated, true in later) * len(later) / truth,
    )


def _spoken(limit: int | None) -> Iterator[tuple[str, str, float]]:
    """Text, voice, and the seconds that it takes, clause by clause as the bot asks for it."""
    engine = EspeakEngine()
    engine.load(lambda progress, detail: None)
    voices = [voice for voice in load_voices(find_folder())[0].values() if voice.engine == engine.name]
    for voice in voices:
        engine.prepare(voice)
    for text in _lines()[:limit]:
        for voice in voices:
            yield text, voice.id, sum(_takes(engine, clause, voice) for clause in clauses(text))


def _takes(engine: EspeakEngine, text: str, voice: Voice) -> float:
    return sum(len(samples) for samples in engine.synthesize(text, voice, 1.0)) / engine.rate


def _lines() -> list[str]:
    """What the bot says of the demo, with the settings that come along."""
    reader = Judgement(Settings(), None, time.monotonic, seconds).reader
    said = [reader.read(event) for _, event in read_recording(DEMO)]
    return [wordings[0] for wordings in said if isinstance(wordings, list)]
