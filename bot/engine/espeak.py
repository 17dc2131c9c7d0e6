"""The espeak engine: always there, on any machine, in no time; each language of a text in its own voice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.engine.engine import Report
from bot.engine.espeak_library import EspeakLibrary, Manner
from bot.engine.languages import split
from bot.engine.pieces import cut, pause_after
from bot.engine.respelling import respelled
from bot.engine.speakable import clean, is_speakable
from bot.engine.voices import Voice, VoiceError

# espeak's own voice for a language that a voice of ours does not list, where it is not the code itself.
_ESPEAK_NAMES = {"zh": "cmn", "en": "en-us", "pt": "pt-br"}
_SLOWEST, _FASTEST = 80, 750  # words a minute that espeak keeps to
_USUAL_RATE = 175
_SILENCE = 0.004  # of full scale: below it a sample at either end is silence
_LEAD, _TAIL, _FADE = 0.005, 0.012, 0.003  # seconds kept before and after speech, and faded


@dataclass(frozen=True, slots=True)
class Settings:
    """The [espeak] table of a voice.toml; the tables in it are by language."""

    voices: Mapping[str, str]  # espeak's name for the voice, with a variant: "cmn+f3"
    rate: Mapping[str, float] = field(default_factory=dict)  # words a minute
    gain: Mapping[str, float] = field(default_factory=dict)  # dB
    pitch: int = 50  # 0..99
    range: int = 50  # 0..99


class EspeakEngine:
    name = "espeak"
    rate = 22050
    rehearsal = "1"

    def __init__(self) -> None:
        self._settings: dict[str, Settings] = {}

    def load(self, report: Report) -> None:
        report(0.2, "Loading espeak-ng.")
        self._library = EspeakLibrary()
        self.rate = self._library.rate

    def prepare(self, voice: Voice) -> None:
        settings = read_settings(voice)
        for name in settings.voices.values():
            if not self._library.knows(name):
                raise VoiceError(f"espeak-ng {self._library.version} has no voice {name!r}.")
        self._settings[voice.id] = settings

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[NDArray[np.float32]]:
        settings = self._settings[voice.id]
        plan = [
            (run.language, piece)
            for run in split(clean(text), voice.languages)
            for piece in cut(respelled(run.text) if run.language == "en" else run.text)
            if is_speakable(piece)
        ]
        for number, (language, piece) in enumerate(plan, 1):
            language, manner = self._manner(settings, language, speed)
            gain = 10 ** (settings.gain.get(language, 0.0) / 20) / 32768
            samples = trim(self._library.speak(piece.strip(), manner) * np.float32(gain), self.rate)
            if number < len(plan):
                silence = round(pause_after(piece) / speed * self.rate)
                samples = np.concatenate((samples, np.zeros(silence, np.float32)))
            yield samples
            # Whoever asked has the piece by now; the next one, of whatever request, finds a voice loaded.
            following = self._manner(settings, plan[number][0], speed)[1] if number < len(plan) else manner
            self._library.renew(following.voice)

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        """Nothing: it is faster than asking for it."""

    def idle(self) -> bool:
        return False

    def facts(self) -> Mapping[str, object]:
        return {"version": self._library.version}

    def _manner(self, settings: Settings, language: str, speed: float) -> tuple[str, Manner]:
        """The language that this voice really speaks for `language`, and how."""
        name = settings.voices.get(language)
        if name is None:
            _, plus, variant = next(iter(settings.voices.values())).partition("+")
            name = _ESPEAK_NAMES.get(language, language) + plus + variant
            if not self._library.knows(name):
                language, name = next(iter(settings.voices.items()))
        rate = round(settings.rate.get(language, _USUAL_RATE) * speed)
        rate = min(max(rate, _SLOWEST), _FASTEST)
        return language, Manner(name, rate, settings.pitch, settings.range)


def trim(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """`samples` without the silence at both ends, faded so that no join clicks; empty if all is silence."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not loud.size:
        return samples[:0]
    first = max(0, int(loud[0]) - round(_LEAD * rate))
    last = int(loud[-1]) + 1 + round(_TAIL * rate)
    kept = samples[first:last].copy()
    fade = min(round(_FADE * rate), kept.size)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[kept.size - fade :] *= ramp[::-1]
    return kept


def read_settings(voice: Voice) -> Settings:
    """The checked [espeak] table of a voice. Raises VoiceError."""
    table = dict(voice.settings)
    voices = _by_language(
        table, "voices", lambda name: isinstance(name, str), "a voice of espeak-ng such as 'cmn+f3'"
    )
    missing = [language for language in voice.languages if language not in voices]
    if missing:
        raise VoiceError(f"espeak.voices names no voice for {missing[0]!r}, which is among the languages.")
    rate = _by_language(table, "rate", lambda rate: _is_number(rate, 80, 450), "words a minute, 80 to 450")
    gain = _by_language(table, "gain", lambda gain: _is_number(gain, -30, 12), "decibels, -30 to 12")
    pitch, spread = (_percent(table, key) for key in ("pitch", "range"))
    if table:
        raise VoiceError(f"espeak has a setting that nothing reads: {', '.join(map(repr, sorted(table)))}.")
    return Settings(voices, rate, gain, pitch, spread)


def _by_language(
    table: dict[str, object], key: str, valid: Callable[[object], bool], what: str
) -> dict[str, Any]:
    value = table.pop(key, {})
    if isinstance(value, dict) and all(map(valid, value.values())):
        return value
    raise VoiceError(f"espeak.{key} must be a table from a language to {what}.")


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _percent(table: dict[str, object], key: str) -> int:
    value = table.pop(key, 50)
    if isinstance(value, int) and _is_number(value, 0, 99):
        return value
    raise VoiceError(f"espeak.{key} must be a whole number from 0 to 99.")
