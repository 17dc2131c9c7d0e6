"""How long a text will sound, before anything is synthesized: by syllables and pauses, then by experience."""

from __future__ import annotations

import re

from bot.messages import Utterance

# Seconds at speed 1: least squares on what espeak's four voices take for the demo's lines and the table of
# readings. What each voice really takes is learnt as it speaks.
_ONSET = 0.17  # of every text: the last syllable is drawn out
_HAN = 0.175
_LATIN_LETTER = 0.062
_DIGIT = 0.28
_PAUSE = 0.10
_LEAST = 0.25

_TOKENS = re.compile(
    r"(?P<han>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|(?P<digit>\d)|(?P<pause>[，。！？；：、,.!?;:…]+)|(?P<letter>\w)"
)
_COST = {"han": _HAN, "digit": _DIGIT, "pause": _PAUSE, "letter": _LATIN_LETTER}

_WEIGHT = 0.15  # of the newest utterance in what is known of a voice
_BELIEVABLE = (0.3, 3.0)  # no voice is faster or slower than the rule by more


def seconds(text: str, speed: float = 1.0) -> float:
    """Seconds of speech of `text` by rule alone, at least a quarter of a second."""
    total = _ONSET + sum(_COST[match.lastgroup or "letter"] for match in _TOKENS.finditer(text))
    return max(total, _LEAST) / speed


class Estimator:
    """The rule, corrected for each voice by what it has really spoken (an exponential moving average).

    `pause`: seconds that follow each utterance, which count with it.
    """

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self._pace: dict[str, float] = {}  # a voice's real seconds over the rule's

    def seconds(self, text: str, voice: str, speed: float = 1.0) -> float:
        """Seconds from the first sample of `text` to that of what follows it."""
        return seconds(text, speed) * self._pace.get(voice, self._usual) + self.pause

    def seconds_of(self, utterance: Utterance) -> float:
        """As `seconds`, in each of its voices."""
        if not utterance.parts:
            return self.seconds(utterance.text, utterance.voice, utterance.speed)
        parts = [self.seconds(part.text, part.voice, utterance.speed) for part in utterance.parts]
        return sum(parts) - self.pause * (len(parts) - 1)

    def learn(self, text: str, voice: str, speed: float, heard: float) -> None:
        """`text` has lasted `heard` seconds, spoken to its end."""
        low, high = _BELIEVABLE
        ratio = min(max(heard / seconds(text, speed), low), high)
        known = self._pace.get(voice)
        self._pace[voice] = ratio if known is None else known + _WEIGHT * (ratio - known)

    def learn_utterance(self, utterance: Utterance, heard: float) -> None:
        """As `learn`; one that changes voices teaches nothing."""
        if heard and not utterance.parts:
            self.learn(utterance.text, utterance.voice, utterance.speed, heard)

    @property
    def _usual(self) -> float:
        """For a voice that has not spoken yet: as the others."""
        return sum(self._pace.values()) / len(self._pace) if self._pace else 1.0
