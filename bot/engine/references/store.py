"""Adds voices to the voices' folder, takes them away, and brings them back; never by halves or for good."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.engine.references.prepare import Prepared
from bot.engine.references.sound import RATE
from bot.engine.references.transcript import language_of, plain
from bot.engine.voices import VoiceError, check_id, check_language

REMOVED = ".removed"  # below the folder of voices: NAME.1, NAME.2 …, the highest number the latest
_KEPT = 5  # of each name
_ADDING = ".adding-"
_STALE = 3600.0  # seconds after which what was half added is nobody's any more


class NoSuchVoice(VoiceError):
    """There is no voice of this name to take away or to bring back."""


class VoiceExists(VoiceError):
    """The name is taken, and replacing it was not asked for."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a voice in its voice.toml."""

    name: str
    languages: tuple[str, ...]
    description: str = ""
    credits: str = ""
    licence: str = ""


def about(
    voice: str,
    *,
    name: str = "",
    languages: Sequence[str] = (),
    text: str = "",
    description: str = "",
    credit: str = "",
    licence: str = "",
) -> About:
    """Fills in what was left out: the name by the id, the languages by the transcript. Raises VoiceError.

    The model speaks Chinese and English in any voice; the reference's own language comes first.
    """
    given = [check_language(code) for code in languages] or [language_of(text) or "en"]
    if set(given) <= {"zh", "en"}:
        given += ["zh", "en"]
    unique = tuple(dict.fromkeys(given))
    shown = plain(name)[:80] or check_id(voice).replace("_", " ").replace("-", " ").strip().title() or voice
    return About(shown, unique, plain(description)[:300], plain(credit)[:300], plain(licence)[:300])


def add(folder: Path, voice: str, prepared: Prepared, about: About, *, replace: bool = False) -> Path:
    """Writes a voice; returns its folder. Raises VoiceExists, or VoiceError if it cannot be written.

    A voice that is replaced can be restored.
    """
    target = folder / check_id(voice)
    if os.path.lexists(target) and not replace:
        raise VoiceExists(
            f"There is a voice {voice} already; --replace (replace=1) takes its place, and restore undoes it."
        )
    _sweep(folder)
    try:
        made = Path(tempfile.mkdtemp(prefix=_ADDING, dir=folder))
        try:
            made.chmod(0o755)
            _write_sound(made / "reference.wav", prepared)
            _write_text(made / "voice.toml", _toml(prepared, about))
            old = _set_aside(folder, voice) if os.path.lexists(target) else None
            try:
                made.rename(target)
            except OSError:
                if old:
                    old.rename(target)
                raise
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as fault:
        raise VoiceError(f"{target} cannot be written: {fault.strerror or fault}.") from None
    return target


def remove(folder: Path, voice: str) -> Path:
    """Sets a voice aside; returns where it lies now. Raises NoSuchVoice, VoiceError."""
    if not (folder / check_id(voice)).is_dir():
        raise NoSuchVoice(f"There is no voice {voice} in {folder}.")
    try:
        return _set_aside(folder, voice)
    except OSError as fault:
        raise VoiceError(f"The voice {voice} cannot be moved: {fault.strerror or fault}.") from None


def restore(folder: Path, voice: str, *, replace: bool = False) -> Path:
    """Brings back what was last removed or replaced; the one in its place, with `replace`, is set aside.

    Returns its folder. Raises NoSuchVoice, VoiceExists, VoiceError.
    """
    target = folder / check_id(voice)
    aside = _aside(folder, voice)
    if not aside:
        raise NoSuchVoice(f"No voice {voice} was removed from {folder}.")
    latest = aside[-1]
    try:
        if os.path.lexists(target):
            if not replace:
                raise VoiceExists(
                    f"There is a voice {voice}; --replace (replace=1) puts the former one in its place."
                )
            _set_aside(folder, voice)
        return latest.rename(target)
    except OSError as fault:
        raise VoiceError(f"The voice {voice} cannot be moved: {fault.strerror or fault}.") from None


def _aside(folder: Path, voice: str) -> list[Path]:
    """Former voices of this name, the latest last."""
    numbered = [
        (int(number), path)
        for path in (folder / REMOVED).glob(f"{voice}.*")
        if (number := path.name.rpartition(".")[2]).isascii() and number.isdigit() and path.is_dir()
    ]
    return [path for _, path in sorted(numbered)]


def _set_aside(folder: Path, voice: str) -> Path:
    (folder / REMOVED).mkdir(exist_ok=True)
    former = _aside(folder, voice)
    number = int(former[-1].name.rpartition(".")[2]) + 1 if former else 1
    moved = (folder / voice).rename(folder / REMOVED / f"{voice}.{number}")
    for path in former[: max(0, len(former) + 1 - _KEPT)]:
        shutil.rmtree(path, ignore_errors=True)
    return moved


def _sweep(folder: Path) -> None:
    """Deletes what a process that was killed has left half added."""
    for path in folder.glob(f"{_ADDING}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path, ignore_errors=True)


def _write_sound(path: Path, prepared: Prepared) -> None:
    """The speech alone: the silence after it is added when it is loaded, as long as the settings say."""
    samples = prepared.samples[: prepared.speech]
    whole = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    with path.open("wb") as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(whole.tobytes())
        file.flush()
        os.fsync(file.fileno())


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _toml(prepared: Prepared, about: About) -> str:
    report = prepared.report
    languages = ", ".join(map(_quoted, about.languages))
    return "\n".join((
        f"name = {_quoted(about.name)}",
        f"description = {_quoted(about.description)}",
        f"languages = [{languages}]",
        'engine = "f5"',
        f"credits = {_quoted(about.credits)}",
        f"licence = {_quoted(about.licence)}",
        "",
        f"# {report.seconds:.2f} s of speech, {report.begin:.2f} to {report.end:.2f} s of the recording,"
        f" {report.snr:.0f} dB above its noise, {report.syllables_per_second:.1f} syllables a second.",
        "# `text` is what is said in it, word for word. `prepared`: the file is taken as it stands.",
        "[f5]",
        'reference = "reference.wav"',
        f"text = {_quoted(plain(prepared.text))}",
        "prepared = true",
        "",
    ))  # fmt: skip


def _quoted(text: str) -> str:
    """A TOML string of text without control characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
