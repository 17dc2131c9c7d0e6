"""Joins an utterance's pieces into one stream: no click, no jump in loudness, no wrong silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.engine.f5.endpoints import WINDOW, Endpoints, loudness, rms_of
from bot.engine.f5.joints import Joint

Samples = NDArray[np.float32]

RATE = 24_000

_PAUSES = {Joint.SENTENCE: 0.30, Joint.CLAUSE: 0.15}  # s, between speech and speech
_NONE = np.zeros(0, np.float32)


def _samples(seconds: float) -> int:
    return round(seconds * RATE)


_LEAD = _samples(0.04)  # kept before what is clearly speech: an "f" is quiet
_LEAD_WITHIN = _samples(0.015)  # the same where no pause is wanted
_ONSET = 2  # windows of clear speech that begin it; a click is shorter
_LONGEST_RISE = 20  # windows
_BURST = 15  # windows after speech in which the release of a "t" may come, and belongs to it
_RESUMED = 3  # windows of clear speech that go on after more than that
_LONGEST_PAUSE = 60  # windows of silence inside a piece; more was not meant
_CROSSFADE = _samples(0.015)
_FADE_IN, _FADE_OUT = _samples(0.004), _samples(0.012)
_LAST = _samples(0.08)  # kept of the last piece's end: the room, a voice's decay
# Windows of a piece's speech that tell its loudness: within 0.9 dB (1 sigma, of espeak's sentences).
_MEASURED = 80
_SHARE, _MOST = 0.6, 10 ** (3 / 20)  # of a difference in loudness that is evened out; a factor, either way


def pause_after(joint: Joint, speed: float = 1.0) -> float:
    """Seconds of silence at a joint: none within a clause."""
    return _PAUSES.get(joint, 0.0) / speed


class Joiner:
    """One utterance. Blocks of its pieces come in as they are decoded, blocks that can be sent go out.

    For each piece: `push` its blocks, then `end` with the pause that follows; after the last one `finish`.
    All blocks are mono float32 [samples] at 24 kHz. What goes out is late by 15 ms, by silences (they may
    turn out to be the end), and in all pieces but the first by 0.8 s of speech, which tells its
    loudness.

    Silence around a piece is trimmed (so a text that is given more time than it needs costs no pause), and
    the pause is what is asked for; pieces with no pause between them are faded into each other.
    """

    def __init__(self, level: float = 0.1, noise: float = 0.0) -> None:
        """`level` and `noise`: RMS of the reference's speech and of its silence, 0..1, if they are known."""
        self._endpoints = Endpoints(level, noise)
        self._rest = _NONE  # less than a window
        self._before: list[tuple[Samples, bool]] = []  # windows, and whether they may be speech
        self._clear = 0  # windows of clear speech in a row
        self._speaking = False
        self._opening: list[Samples] | None = None  # the piece's speech while its loudness is not known
        self._first = True
        self._gain = 1.0
        self._held: list[Samples] = []  # may be sent, but for the crossfade at their end
        self._quiet: list[Samples] = []  # silence after speech that may be the piece's end
        self._tail: Samples | None = None  # of the piece before, to be faded into this one
        self._lead = _LEAD
        self._spoken = 0

    @property
    def speech(self) -> float:
        """Seconds of this piece so far that are speech: 0.0 at its end says that nothing was said."""
        return self._spoken * WINDOW / RATE

    def push(self, block: Samples) -> Samples:
        """Takes what follows of the piece; returns what can be sent, often nothing."""
        self._rest = np.concatenate((self._rest, block.astype(np.float32, copy=False)))
        whole = self._rest.size - self._rest.size % WINDOW
        for at in range(0, whole, WINDOW):
            self._window(self._rest[at : at + WINDOW])
        self._rest = self._rest[whole:]
        return self._sendable(_CROSSFADE)

    def end(self, pause: float) -> Samples:
        """The piece is complete: returns the rest of it and the silence, of `pause` seconds in all."""
        spoke = self._close()
        gap = max(0, _samples(pause) - _LEAD)
        out = [self._tail] if self._tail is not None and not spoke else []
        self._tail = None
        if not spoke and not out:
            return _NONE  # nothing was said: nor is its pause
        quiet = self._silence()
        sound = np.concatenate((*out, *self._held, quiet[: gap or _CROSSFADE]))
        self._held = []
        if gap:
            self._lead = _LEAD
            missing = gap - min(gap, quiet.size)
            return np.concatenate((_faded_out(sound), np.zeros(missing, np.float32)))
        self._lead = _LEAD_WITHIN
        self._tail = sound[max(0, sound.size - _CROSSFADE) :]
        return sound[: sound.size - self._tail.size]

    def finish(self) -> Samples:
        """The utterance is complete, ended or not: returns what is left, faded out."""
        self._close()
        tail = [self._tail] if self._tail is not None else []
        sound = np.concatenate((*tail, *self._held, self._silence()[:_LAST]))
        self._held, self._tail = [], None
        return _faded_out(sound)

    def _window(self, window: Samples) -> None:
        heard = self._endpoints.hear(rms_of(window))
        self._clear = self._clear + 1 if heard.clear else 0
        if not self._speaking:
            self._before.append((window, heard.possible))
            if self._clear >= _ONSET:
                self._begin()
            del self._before[: -_LONGEST_RISE - _LEAD // WINDOW - _ONSET]
        elif not self._quiet and heard.possible:
            self._speak(window)
        else:
            self._quiet.append(window)
            if heard.clear and (len(self._quiet) <= _BURST or self._clear >= _RESUMED):
                quiet, self._quiet = _shortened(self._quiet), []
                for each in quiet:
                    self._speak(each)

    def _begin(self) -> None:
        """Speech has begun: with the windows that rise to it, and a little of what is before them."""
        start = len(self._before) - _ONSET
        while start > 0 and self._before[start - 1][1]:
            start -= 1
        silence = np.concatenate([_NONE, *(window for window, _ in self._before[:start])])
        speech = [window for window, _ in self._before[start:]]
        self._before = []
        self._speaking = True
        self._opening = [silence[max(0, silence.size - self._lead) :]]
        for window in speech:
            self._speak(window)

    def _speak(self, window: Samples) -> None:
        self._spoken += 1
        if self._opening is None:
            self._send(window)
            return
        self._opening.append(window)
        if self._first or len(self._opening) > _MEASURED:
            self._open()

    def _open(self) -> None:
        """The piece's loudness is known as well as it will be: what was kept of it can be sent."""
        assert self._opening is not None
        opening, self._opening = self._opening, None
        if not self._first:
            self._gain = self._evened([rms_of(window) for window in opening[1:]])
        self._first = False
        lead = opening[0] * np.float32(self._gain)
        for window in opening[1:]:
            self._send(window)
        sound = np.concatenate((lead, *self._held))
        if self._tail is None:
            self._held = [_faded_in(sound)]
        else:
            self._held = [_crossfaded(self._tail, sound)]
            self._tail = None

    def _send(self, window: Samples) -> None:
        sound = window * np.float32(self._gain)
        self._endpoints.learn(rms_of(sound))
        self._held.append(sound)

    def _evened(self, windows: list[float]) -> float:
        """What brings this piece near to the loudness of those before it."""
        own = loudness(windows)
        if own <= 0:
            return 1.0
        return float(min(max((self._endpoints.level / own) ** _SHARE, 1 / _MOST), _MOST))

    def _close(self) -> bool:
        """The piece's last samples are there; True if it has spoken. The next one may begin."""
        if self._rest.size:
            if self._quiet:
                self._quiet.append(self._rest)
            elif self._opening is not None:
                self._opening.append(self._rest)
            elif self._speaking:
                self._held.append(self._rest * np.float32(self._gain))
        if self._opening is not None:
            self._open()
        spoke = self._speaking
        self._rest, self._before, self._clear, self._speaking, self._spoken = _NONE, [], 0, False, 0
        return spoke

    def _silence(self) -> Samples:
        quiet = np.concatenate((_NONE, *self._quiet)) * np.float32(self._gain)
        self._quiet = []
        return quiet

    def _sendable(self, kept: int) -> Samples:
        """All that is held but the last `kept` samples."""
        if self._opening is not None or not self._held:
            return _NONE
        sound = np.concatenate(self._held)
        cut = max(0, sound.size - kept)
        self._held = [sound[cut:]]
        return sound[:cut]


def _shortened(quiet: list[Samples]) -> list[Samples]:
    """A pause inside a piece, at most as long as one that is meant; its middle is left out."""
    if len(quiet) <= _LONGEST_PAUSE:
        return quiet
    half = _LONGEST_PAUSE // 2
    start, end = np.concatenate(quiet[:half]), np.concatenate(quiet[-half:])
    return [_crossfaded(start, end)]


def _faded_in(sound: Samples) -> Samples:
    length = min(_FADE_IN, sound.size)
    faded = sound.copy()
    faded[:length] *= np.linspace(0, 1, length, dtype=np.float32)
    return faded


def _faded_out(sound: Samples) -> Samples:
    length = min(_FADE_OUT, sound.size)
    faded = sound.copy()
    faded[faded.size - length :] *= np.linspace(1, 0, length, dtype=np.float32)
    return faded


def _crossfaded(before: Samples, after: Samples) -> Samples:
    """The end of one over the start of the other, of equal power: they are two sounds, not one."""
    length = min(_CROSSFADE, before.size, after.size)
    turn = np.linspace(0, np.pi / 2, length, dtype=np.float32)
    over = before[before.size - length :] * np.cos(turn) + after[:length] * np.sin(turn)
    return np.concatenate((before[: before.size - length], over, after[length:]))
