"""The reference of a voice as its voice.toml tells of it: a file of its own, or one of the f5-tts package."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from bot.engine.references.decode import decode
from bot.engine.references.prepare import TAIL, Prepared, prepare
from bot.engine.voices import Voice, VoiceError, packaged_file

_LONGEST_TAIL = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class ReferenceSettings:
    """The [f5] table of a voice.toml."""

    file: Path
    text: str
    tail: float = TAIL
    prepared: bool = False


def load_reference(voice: Voice) -> Prepared:
    """The prepared reference of a voice; from memory while its file and settings are the same.

    Raises VoiceError.
    """
    settings = read_settings(voice)
    try:
        stat = settings.file.stat()
    except OSError as fault:
        raise VoiceError(f"its reference {settings.file} cannot be read: {fault.strerror}.") from None
    return _load(settings, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=32)
def _load(settings: ReferenceSettings, _time: int, _size: int) -> Prepared:
    return prepare(
        decode(settings.file),
        settings.text,
        tail=settings.tail,
        chosen=True,
        as_it_stands=settings.prepared,
    )


def read_settings(voice: Voice) -> ReferenceSettings:
    """The checked [f5] table of a voice. Raises VoiceError."""
    table = dict(voice.settings)
    text = table.pop("text", "")
    if not isinstance(text, str) or not text.strip():
        raise VoiceError("f5.text is missing: the words that are said in the reference.")
    file = _file(voice.folder, table.pop("reference", None), table.pop("packaged", None))
    tail = table.pop("tail", TAIL)
    if isinstance(tail, bool) or not isinstance(tail, int | float) or not 0 <= tail <= _LONGEST_TAIL:
        raise VoiceError(f"f5.tail must be seconds from 0 to {_LONGEST_TAIL:g}.")
    prepared = table.pop("prepared", False)
    if not isinstance(prepared, bool):
        raise VoiceError("f5.prepared must be true or false.")
    if table:
        raise VoiceError(f"f5 has a setting that nothing reads: {', '.join(map(repr, sorted(table)))}.")
    return ReferenceSettings(file, text, float(tail), prepared)


def _file(folder: Path, reference: object, packaged: object) -> Path:
    if (reference is None) == (packaged is None):
        raise VoiceError('f5 must have either reference = "a file beside voice.toml" or packaged.')
    if packaged is not None:
        if not isinstance(packaged, str):
            raise VoiceError("f5.packaged must be a path inside the f5_tts package.")
        file = packaged_file(packaged)
        if file is None:
            raise VoiceError(f"the package f5-tts has no {packaged!r} here: pip install f5-tts")
        return file
    if not isinstance(reference, str) or Path(reference).name != reference or reference in ("", ".", ".."):
        raise VoiceError("f5.reference must be the name of a file in the voice's own folder.")
    if "\0" in reference or "\\" in reference:
        raise VoiceError("f5.reference must be the name of a file in the voice's own folder.")
    return folder / reference
