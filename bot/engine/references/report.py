"""What was found of a recording: figures, and of each a plain sentence that calls it good, poor or bad."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.engine.references.contour import Span

Verdict = Literal["good", "poor", "bad"]

SHORTEST, SHORT, LONG, LONGEST = 1.0, 3.0, 8.0, 12.0  # seconds; f5_tts itself cuts at 12
_QUIET = -45.0  # dBFS
_CLIPPED, _RUINED = 0.0005, 0.02  # shares
_NOISY, _DROWNED = 20.0, 8.0  # dB between speech and noise
_SLOW, _FAST = 1.5, 12.0  # syllables a second: people speak 3 to 8
_DULL = 16_000  # Hz


@dataclass(frozen=True, slots=True)
class Check:
    """`code` names what is amiss, for a page in another language; it is "" when all is well."""

    name: str
    verdict: Verdict
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stretch of a long recording that would do, and the words that are likely said in it."""

    begin: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Times in seconds of the recording's own time, levels in dBFS."""

    seconds: float  # of speech, from the first word to the last
    spoken: float  # of these without the pauses
    begin: float
    end: float
    level: float
    peak: float  # 0..1
    gain: float  # dB that it was raised by
    clipped: float  # share of its samples
    noise: float
    snr: float
    syllables_per_second: float
    checks: tuple[Check, ...] = ()
    pauses: tuple[Span, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def faults(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "bad")

    @property
    def warnings(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "poor")

    @property
    def verdict(self) -> Verdict:
        """The worst of all checks."""
        return "bad" if self.faults else "poor" if self.warnings else "good"

    def json(self) -> dict[str, Any]:
        """As plain values, figures rounded to what can be meant."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded | {"verdict": self.verdict}


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {key: _rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
    return value


def check_length(seconds: float, pauses: Iterable[Span], *, chosen: bool) -> Check:
    """`chosen`: somebody has named the cut, and means the length that it has."""
    shown = f"{seconds:.1f} s of speech"
    if seconds < SHORTEST:
        return Check("length", "bad", "too_short", f"Too short: {shown}; take {SHORT:g} to {LONG:g} s.")
    if seconds > LONGEST or (seconds > LONG and not chosen):
        told = ", ".join(f"{(pause.begin + pause.end) / 2:.2f}" for pause in list(pauses)[:20])
        where = f"it pauses at {told} s" if told else "no pause is heard in it"
        sentence = (
            f"Too long: {shown}, and a voice is cloned from {SHORT:g} to {LONG:g} s; {where}. Choose a part"
            " that ends in a pause (--from, --to, in seconds), and give the words of that part alone."
        )
        return Check("length", "bad", "too_long", sentence)
    if seconds > LONG:
        return Check("length", "poor", "long", f"Long: {shown}; every second of it slows all speech down.")
    if seconds < SHORT:
        return Check("length", "poor", "short", f"Short: {shown}; {SHORT:g} s and more sound more alike.")
    return Check("length", "good", "", f"{shown[0].upper()}{shown[1:]}.")


def check_silence() -> Check:
    return Check("level", "bad", "silent", "Silent: nobody is heard in it.")


def check_level(level: float, gain: float) -> Check:
    if level < _QUIET:
        sentence = f"Very quiet ({level:.0f} dBFS): raised by {gain:.0f} dB, and its noise with it."
        return Check("level", "poor", "quiet", sentence)
    return Check("level", "good", "", f"Level {level:.0f} dBFS, changed by {gain:+.1f} dB.")


def check_clipping(share: float) -> Check:
    shown = f"{share * 100:.2g} % of it is cut off at full level"
    if share > _RUINED:
        return Check("clipping", "bad", "clipped", f"Overdriven: {shown}; record it again, softer.")
    if share > _CLIPPED:
        return Check(
            "clipping", "poor", "clipped", f"Overdriven in places: {shown}, which the voice may copy."
        )
    return Check("clipping", "good", "", "Not overdriven.")


def check_noise(snr: float) -> Check:
    shown = f"speech is {snr:.0f} dB above the noise"
    if snr < _DROWNED:
        sentence = f"No clear speech: {shown} or music; record it in a quiet room."
        return Check("noise", "bad", "noisy", sentence)
    if snr < _NOISY:
        return Check("noise", "poor", "noisy", f"Noisy: {shown}, which the voice will copy.")
    return Check("noise", "good", "", f"{shown[0].upper()}{shown[1:]}.")


def check_bandwidth(rate: int) -> Check:
    if rate < _DULL:
        return Check(
            "bandwidth", "poor", "dull", f"Recorded at {rate} Hz like a telephone: it will sound dull."
        )
    return Check("bandwidth", "good", "", f"Recorded at {rate} Hz.")


def check_transcript(text: str, longest: int) -> Check:
    if not text:
        sentence = "No transcript: write down word for word what is said in it."
        return Check("transcript", "bad", "no_transcript", sentence)
    if len(text) > longest:
        sentence = f"The transcript has {len(text)} characters; {longest} is more than can be said in time."
        return Check("transcript", "bad", "long_transcript", sentence)
    return Check("transcript", "good", "", "There is a transcript.")


def check_pace(pace: float) -> Check:
    shown = f"{pace:.1f} syllables a second"
    if not pace:
        return Check("pace", "bad", "no_words", "The transcript has no words that can be spoken.")
    if pace < _SLOW:
        sentence = f"{shown}: the transcript seems to lack words, or the recording goes on without them."
        return Check("pace", "poor", "transcript_short", sentence)
    if pace > _FAST:
        sentence = f"{shown}: the transcript seems to have words that are not in the recording."
        return Check("pace", "poor", "transcript_long", sentence)
    return Check("pace", "good", "", f"{shown}.")
