"""How many mel frames a text needs: by its syllables and pauses, at the pace of the voice's reference."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.engine.f5.syllables import syllables
from bot.engine.languages import script_of

FRAMES_PER_SECOND = 24_000 / 256

# Seconds of a syllable (Latin, Han, Hangul), mora (kana), vowel or letter at an even pace. Only what they are
# to each other matters: the reference sets the pace. After F. Pellegrino et al., "Across-language
# perspectives on speech rate", Language 87 (2011): syllables a second en 6.2, zh 5.2, ja 7.8; ko, ru between.
_SYLLABLE = {"latin": 0.11, "han": 0.205, "kana": 0.13, "hangul": 0.165, "cyrillic": 0.17, "greek": 0.155}
_LETTER = 0.085  # of other scripts, which write few of their vowels
_CONSONANT = 0.06  # of a Latin word, for each past the syllables: "strength" is not "a" (fitted on espeak)
_FINAL = 0.18  # s; the last word of a phrase is drawn out in languages that stress words
_DIGIT = 0.26  # one or two syllables, and what places add ("hundred", "百")
_SIGN = 0.35  # "%", "+", "&": a word
_SENTENCE, _CLAUSE = 0.30, 0.15  # pauses inside a piece

_VOWELS = {"cyrillic": frozenset("аеёиоуыэюяіїє"), "greek": frozenset("αεηιουω")}
_SIGNS = frozenset("%+=&@#$€£¥°×÷‰℃")
_ATOMS = re.compile(
    r"(?P<sentence>[.!?。！？…；;]+)|(?P<clause>[,，、:：—–]+)|(?P<digit>[0-9０-９])"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)|(?P<other>\S)"
)

# The shortest texts come out garbled in the time that they would take within a sentence: they get about a
# second, which falls away smoothly, and what stays silent of it is trimmed (joins.py).
_ROOM, _EXTRA, _FADES = 0.12, 0.75, 0.9  # s; slope 1 - _EXTRA / _FADES > 0, so that it stays monotone
_PACE = (0.55, 2.0)  # of the even pace above: what a person can be, not what a wrong transcript makes of one
_LEAST_REFERENCE = 0.5  # s of speech that tell a pace


def seconds(text: str) -> float:
    """Seconds of speech of `text` at an even pace, with the pauses inside it; none after its last word.

    Grows with every word appended, and is never more than the parts said apart by more than a pause.
    """
    total = pause = final = 0.0
    for match in _ATOMS.finditer(text):
        kind, atom = match.lastgroup, match.group()
        if kind in ("sentence", "clause"):
            # "3.5" and "10:30" have no pause; marks in a row have one.
            inside = atom in (".", ",", ":") and text[match.end() : match.end() + 1].isalnum()
            pause = max(pause, 0.0 if inside else _SENTENCE if kind == "sentence" else _CLAUSE)
            continue
        spoken = _spoken(kind or "other", atom)
        if spoken:
            total += spoken + (pause if total else 0.0)
            pause = 0.0
            if script_of(atom[0]) == "latin":
                final = _FINAL
    return total + final


def _spoken(kind: str, atom: str) -> float:
    if kind == "digit":
        return _DIGIT
    if kind == "word":
        return _word(atom)
    if atom in _SIGNS:
        return _SIGN
    return _LETTER if unicodedata.category(atom)[0] in "LN" else 0.0


@lru_cache(maxsize=4096)
def _word(word: str) -> float:
    """A run of letters, of one script or several ("我的PC")."""
    total = 0.0
    start = 0
    for at in range(1, len(word) + 1):
        script = script_of(word[start])
        if at == len(word) or (script_of(word[at]) != script and word[at] not in "'’"):
            total += _run(script, word[start:at])
            start = at
    return total


def _run(script: str, run: str) -> float:
    if script == "latin":
        count = syllables(run)
        consonants = sum(character.lower() not in "aeiouy'’" for character in run)
        return _SYLLABLE["latin"] * count + _CONSONANT * max(0.0, consonants - count)
    if script in _VOWELS:
        plain = unicodedata.normalize("NFD", run.lower())
        return _SYLLABLE[script] * max(1, sum(character in _VOWELS[script] for character in plain))
    return _SYLLABLE.get(script, _LETTER) * len(run)


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a voice takes, judged by its reference.

    `reference_frames` are frames of 256 samples at 24 kHz; `silence` is how many seconds of them are silent
    at the two ends (the second that ends a prepared reference is not part of its pace).
    """

    reference_text: str
    reference_frames: int
    silence: float = 0.0

    @property
    def pace(self) -> float:
        """Seconds that the voice takes for one of the even pace, within what a person can do."""
        spoken = self.reference_frames / FRAMES_PER_SECOND - self.silence
        even = seconds(self.reference_text)
        if even < _LEAST_REFERENCE or spoken < _LEAST_REFERENCE:
            return 1.0
        return min(max(spoken / even, _PACE[0]), _PACE[1])

    def seconds(self, text: str, speed: float = 1.0) -> float:
        """Seconds of speech that are to be heard: what a plan for playback counts with."""
        return seconds(text) * self.pace / speed

    def frames(self, text: str, speed: float = 1.0) -> int:
        """Frames to make for `text`, without the reference's; silence at their end is to be trimmed."""
        return frames_for(self.seconds(text, speed))


def frames_for(spoken: float) -> int:
    """Frames to make for `spoken` seconds of speech: with room at the end, and at least about a second."""
    total = spoken + _ROOM + _EXTRA * math.exp(-spoken / _FADES)
    return math.ceil(total * FRAMES_PER_SECOND)
