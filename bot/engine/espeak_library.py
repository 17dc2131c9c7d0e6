"""libespeak-ng through ctypes: a voice's name, a few parameters and a text to samples."""

from __future__ import annotations

import _ctypes
import contextlib
import ctypes
import ctypes.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to the callback, on the calling thread
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of ending the process
_UTF8 = 1  # espeakCHARS_UTF8; without espeakSSML and espeakPHONEMES the text is only text
_RATE, _PITCH, _RANGE = 1, 3, 4
_BUFFER_MS = 200
_NOT_FOUND = "libespeak-ng was not found; install it with: pip install espeakng-loader"

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class EspeakError(Exception):
    """libespeak-ng cannot be loaded or used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak: espeak's voice name ("cmn+f3"), words a minute (80..750), pitch and its range (0..99)."""

    voice: str
    rate: int = 175
    pitch: int = 50
    range: int = 50


class EspeakLibrary:
    """Not for two threads at once: the library has one voice and one state for the whole process.

    A loaded library speaks once, and is unloaded. Its flutter, roughness, echo and gain run on from one text
    to the next in variables that no call resets, and noise comes from rand(); only a library fresh from the
    file says the same thing the same way twice. Loading one with its voice takes 4 ms: `renew` takes them
    when nobody waits.
    """

    def __init__(self) -> None:
        """Raises EspeakError if there is no library, or no data for it."""
        self._path, self._data = _find()
        self._chunks: list[bytes] = []
        self._callback = _Callback(self._take)
        self._fresh: tuple[ctypes.CDLL, str] | None = None  # not spoken with yet, and its voice
        with self._opened() as library:
            self.rate = self._initialize(library)
            library.espeak_Info.restype = ctypes.c_char_p
            library.espeak_Info.argtypes = [ctypes.POINTER(ctypes.c_char_p)]
            where = ctypes.c_char_p()
            self.version = library.espeak_Info(ctypes.byref(where)).decode(errors="replace")
            self._variants = Path((where.value or b"").decode(errors="replace")) / "voices" / "!v"

    def knows(self, voice: str) -> bool:
        """True if the voice and its variant exist: espeak itself falls back silently on a wrong variant."""
        _, plus, variant = voice.partition("+")
        if plus and not (variant and (self._variants / variant).is_file()):
            return False
        with self._opened() as library:
            self._initialize(library)
            return bool(library.espeak_SetVoiceByName(voice.encode()) == 0)

    def speak(self, text: str, manner: Manner) -> NDArray[np.int16]:
        """The samples of `text`, mono [samples] at `rate`. Raises EspeakError if espeak refuses."""
        data = text.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        self.renew(manner.voice)
        assert self._fresh
        (library, _), self._fresh = self._fresh, None
        try:
            for parameter, value in ((_RATE, manner.rate), (_PITCH, manner.pitch), (_RANGE, manner.range)):
                library.espeak_SetParameter(parameter, value, 0)
            self._chunks.clear()
            _seed(library)
            library.espeak_Synth.argtypes = [
                ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
                ctypes.c_void_p, ctypes.c_void_p,
            ]  # fmt: skip
            refused = library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)
        finally:
            _unload(library)
        if refused:
            raise EspeakError(f"espeak-ng refused a text with error {refused}.")
        return np.frombuffer(b"".join(self._chunks), np.int16)

    def renew(self, voice: str) -> None:
        """Loads a library for the next `speak` with this voice, if it is not loaded already."""
        if self._fresh and self._fresh[1] == voice:
            return
        self._drop_fresh()
        library = self._load()
        try:
            self._initialize(library)
            _choose(library, voice)
        except EspeakError:
            _unload(library)
            raise
        self._fresh = library, voice

    def phonemes(self, text: str, voice: str) -> str:
        """How `text` is read, in IPA; "(en)" marks where another language's rules are used."""
        with self._opened() as library:
            self._initialize(library)
            _choose(library, voice)
            library.espeak_TextToPhonemes.restype = ctypes.c_char_p
            rest = ctypes.c_char_p(text.encode("utf-8", "replace"))
            clauses: list[str] = []
            while rest.value is not None:
                said = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, 2)
                clauses.append((said or b"").decode(errors="replace"))
        return " ".join(clauses).strip()

    def _take(self, samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        return 0

    @contextlib.contextmanager
    def _opened(self) -> Iterator[ctypes.CDLL]:
        self._drop_fresh()
        library = self._load()
        try:
            yield library
        finally:
            _unload(library)

    def _load(self) -> ctypes.CDLL:
        try:
            return ctypes.CDLL(self._path)
        except OSError as fault:
            raise EspeakError(f"libespeak-ng cannot be loaded: {fault}") from fault

    def _initialize(self, library: ctypes.CDLL) -> int:
        """Makes a library ready; returns the rate of its samples."""
        rate: int = library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, self._data, _DONT_EXIT)
        if rate <= 0:
            raise EspeakError(f"libespeak-ng found no data in {self._data!r}.")
        library.espeak_SetSynthCallback(self._callback)
        return rate

    def _drop_fresh(self) -> None:
        # One at a time: the system would hand out a second one as the same library, spoken with or not.
        if self._fresh:
            _unload(self._fresh[0])
            self._fresh = None


def _unload(library: ctypes.CDLL) -> None:
    library.espeak_Terminate()
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


def _choose(library: ctypes.CDLL, voice: str) -> None:
    if library.espeak_SetVoiceByName(voice.encode()):
        raise EspeakError(f"espeak-ng has no voice {voice!r}.")


def _seed(library: ctypes.CDLL) -> None:
    """Breath is noise from the C library's rand(), and from espeak's own where it has one (1.52)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).srand(1)
    with contextlib.suppress(AttributeError):
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))


def _find() -> tuple[str, bytes | None]:
    """Where the library is, and its data (None: where the library itself looks)."""
    with contextlib.suppress(ImportError, RuntimeError):
        import espeakng_loader

        path = Path(espeakng_loader.get_library_path())
        if path.is_file():
            return str(path), espeakng_loader.get_data_path().encode()
    found = ctypes.util.find_library("espeak-ng")
    if not found:
        raise EspeakError(_NOT_FOUND)
    return found, None
