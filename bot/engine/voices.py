"""Reads the voices' folder: one folder a voice, each with a voice.toml; a broken one costs only itself."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_ID = re.compile(r"[a-z0-9_-]{1,40}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TEXTS = ("name", "description", "engine", "credits", "licence")


class VoiceError(Exception):
    """A voice cannot be used; the message is one sentence that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of one engine. `settings` is the table of voice.toml that has the engine's name."""

    id: str
    name: str
    engine: str
    languages: tuple[str, ...]  # ISO 639, the first is for text that tells no language, such as "666"
    description: str = ""
    credits: str = ""
    licence: str = ""
    folder: Path = Path()
    settings: Mapping[str, object] = field(default_factory=dict)


DEFAULT_FOLDER = Path("voices")
_PACKAGE = Path(__file__).parent.parent


def find_folder(named: Path = DEFAULT_FOLDER) -> Path:
    """`named`, or where the voices that come along lie: beside the project, or in the installed package."""
    places = [named]
    if named == DEFAULT_FOLDER:
        places += [_PACKAGE.parent / "voices", _PACKAGE / "data" / "voices"]
    return next((place for place in places if place.is_dir()), named)


def check_id(name: str) -> str:
    """`name`, if it may be a voice's. Raises VoiceError."""
    if not _ID.fullmatch(name):
        raise VoiceError(
            "A voice's name has at most 40 of a-z, 0-9, '_' and '-', such as anna or my_voice-2."
        )
    return name


def check_language(code: str) -> str:
    """`code`, if it looks like one of a language. Raises VoiceError."""
    if not _LANGUAGE.fullmatch(code):
        raise VoiceError(f"{code[:40]!r} is no language code such as zh or en.")
    return code


def packaged_file(path: str) -> Path | None:
    """A file inside the installed f5_tts package, which is not imported; None where it is not to be had."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or "\0" in path:
        return None
    return next((place / parts for place in _f5_tts() if (place / parts).is_file()), None)


@functools.cache
def _f5_tts() -> tuple[Path, ...]:
    try:
        spec = importlib.util.find_spec("f5_tts")
    except (ImportError, ValueError):
        return ()
    return tuple(map(Path, (spec and spec.submodule_search_locations) or ()))


Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint(folder: Path) -> Fingerprint:
    """What changes when anything in the folder of voices does: names, times and sizes of all its files."""
    found = []
    for path in sorted(folder.glob("*/*")):
        with contextlib.suppress(OSError):  # it went away between the two looks
            stat = path.stat()
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def load_voices(folder: Path) -> tuple[dict[str, Voice], list[str]]:
    """The voices in `folder` by id, in the order of their ids, and a sentence for each that was skipped.

    A voice whose recording comes with a package that is not installed is not there, and that is no fault.
    """
    voices: dict[str, Voice] = {}
    problems: list[str] = []
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or path.name.startswith((".", "__")):
            continue
        if not _ID.fullmatch(path.name):
            problems.append(
                f"The voice folder {str(path)!r} is skipped: a voice's folder is named with at most 40 of"
                " a-z, 0-9, '_' and '-'."
            )
            continue
        try:
            voice = _read(path)
            if "packaged" not in voice.settings or _f5_tts():
                voices[voice.id] = voice
        except VoiceError as fault:
            problems.append(f"The voice {path.name} is skipped: {path / 'voice.toml'}: {fault}")
    return voices, problems


def _read(folder: Path) -> Voice:
    try:
        table = tomllib.loads((folder / "voice.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise VoiceError("there is no such file.") from None
    except OSError as fault:
        raise VoiceError(f"it cannot be read: {fault.strerror}.") from fault
    except (ValueError, RecursionError) as fault:  # not UTF-8, or not TOML
        raise VoiceError(f"it is not TOML: {fault}.") from fault

    texts: dict[str, str] = {}
    for key in _TEXTS:
        value = table.pop(key, "")
        if not isinstance(value, str):
            raise VoiceError(f"{key} must be a text.")
        texts[key] = value.strip()
    for key in ("name", "engine"):
        if not texts[key]:
            raise VoiceError(f"{key} is missing.")

    languages = table.pop("languages", None)
    if not isinstance(languages, list) or not languages:
        raise VoiceError('languages is missing; it is a list such as ["zh", "en"].')
    for language in languages:
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise VoiceError(f"languages has {language!r}, which is no language code such as zh or en.")

    settings = table.pop(texts["engine"], {})
    if not isinstance(settings, dict):
        raise VoiceError(f"{texts['engine']} must be a table.")
    if table:
        raise VoiceError(f"it has a setting that nothing reads: {', '.join(map(repr, sorted(table)))}.")
    return Voice(id=folder.name, languages=tuple(languages), folder=folder, settings=settings, **texts)
