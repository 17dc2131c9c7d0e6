"""config.toml, the environment and the command line -> Settings, or one sentence on what is wrong."""

from __future__ import annotations

import copy
import difflib
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from bot.config.sections import PREFIX, Origin, Settings

CONFIG_FILE = PREFIX + "CONFIG"  # names another config.toml


class SettingsError(Exception):
    """A setting is unknown or has a wrong value; the message is one sentence for the streamer.

    `key` is the setting at fault, "" if it is no single one.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Every setting's dotted key: "audio.latency", …"""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def load_settings(flags: Mapping[str, str], file: Path | None, *, new: Path | None = None) -> Settings:
    """Settings from `flags` (dotted key -> value), then the environment, then `file`.

    Where there is no `file`, settings that are changed later go into a `new` one; without either they cannot
    be. Raises SettingsError, whose sentence names the key, the value and the nearest valid key.
    """
    known = list(keys())
    for key, value in flags.items():
        if key not in known:
            raise SettingsError(_unknown(f"--{key}", key, value, known, "--{}"))
    for name, value in os.environ.items():
        key = name[len(PREFIX) :].lower().replace("__", ".")
        # In any case of letters: that is how pydantic-settings reads them.
        if name.upper().startswith(PREFIX) and name.upper() != CONFIG_FILE and key not in known:
            raise SettingsError(_unknown(name, key, value, known, "{}", _environment_name))
    settings = settings_of(_read(file) if file else {}, flags, file)
    settings._origin = Origin(dict(flags), file or new)
    return settings


def settings_of(
    written: Mapping[str, Any], flags: Mapping[str, str], file: Path | None, *, beside: bool = True
) -> Settings:
    """As `load_settings`, of what `file` holds; unless `beside`, its paths are left as they are written."""
    known = list(keys())
    given = copy.deepcopy(dict(written))
    if file and beside:
        _put_beside(file.parent, given)

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, given)

    try:
        return Loaded(**_nest(flags))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
        base = next((name for name in known if key == name or key.startswith(name + ".")), key)
        raise SettingsError(_sentence(first, flags, file, known), base) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return parse(file.read_bytes(), file)
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None


def parse(content: bytes, file: Path) -> dict[str, Any]:
    """What `content`, which is `file`'s, holds. SettingsError: it is not TOML."""
    try:
        # A byte order mark is what Windows' editors put in front; it means nothing.
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8 text: save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a number of 5000 digits
        raise SettingsError(f"{file} is not valid TOML: {error}") from None


def _put_beside(folder: Path, written: dict[str, Any]) -> None:
    """Paths that the file gives are meant from where it lies, wherever the bot is started."""
    places: list[tuple[Any, str]] = [(written, key) for key in _BESIDE_FILE]
    places += [(written.get("rules"), "blocklist"), (written.get("chat"), "lexicon")]
    places += [(written.get("web"), "overlay_css")]
    for table, key in places:
        if isinstance(table, dict) and isinstance(table.get(key), str) and table[key]:
            table[key] = str(folder / table[key])
    engine = written.get("engine")
    f5 = engine.get("f5") if isinstance(engine, dict) else None
    for key in _BESIDE_FILE_OR_ON_HUB:
        if isinstance(f5, dict) and isinstance(f5.get(key), str) and f5[key]:
            path = folder / f5[key]
            f5[key] = str(path) if path.exists() else f5[key]


_BESIDE_FILE = ("voices", "store", "logins")
_BESIDE_FILE_OR_ON_HUB = ("model", "vocabulary", "vocoder", "cache")  # of [engine.f5]: if they lie there


def _nest(flags: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in flags.items():
        *sections, last = key.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return nested


def _environment_name(key: str) -> str:
    return PREFIX + key.upper().replace(".", "__")


def in_environment(key: str) -> str:
    """The variable that sets `key`, as it is written there; "" if there is none."""
    return next((name for name in os.environ if name.upper() == _environment_name(key)), "")


def _unknown(
    written_as: str,
    key: str,
    value: object,
    known: list[str],
    form: str = "{}",
    rename: Callable[[str], str] = str,
) -> str:
    nearest = _nearest(key, known, form, rename)
    # A secret under a misspelt name, or in a misspelt section, is a secret still.
    shown = _HIDDEN if _is_secret(key + nearest) else _short(value)
    what = "a section" if isinstance(value, dict) else f"value: {shown}"
    return f"{written_as} ({what}) is not a setting; {nearest}"


def _nearest(key: str, known: list[str], form: str = "{}", rename: Callable[[str], str] = str) -> str:
    sections = {name.partition(".")[0] for name in known if "." in name}
    if key in sections:
        inside = next(name for name in known if name.startswith(key + "."))
        return f'it is a section of settings such as "{form.format(rename(inside))}"'
    last = key.rpartition(".")[2]
    # The right name in the wrong section is nearer than any misspelling.
    close = [name for name in known if name.rpartition(".")[2] == last][:1]
    close = close or difflib.get_close_matches(key, [*known, *sections], n=1, cutoff=0.6)
    if not close:
        by_last = {name.rpartition(".")[2]: name for name in reversed(known)}
        match = difflib.get_close_matches(last, list(by_last), n=1, cutoff=0.7)
        close = [by_last[match[0]]] if match else []
    if close:
        return f'did you mean "{form.format(rename(close[0]))}"?'
    return "config.toml lists them all"


def _sentence(error: ErrorDetails, flags: Mapping[str, str], file: Path | None, known: list[str]) -> str:
    key = ".".join(str(part) for part in error["loc"] if isinstance(part, str) and part[:1] != "[")
    if not key:  # of several settings together
        return str(error["msg"]).removeprefix("Value error, ")
    base = next((name for name in known if key == name or key.startswith(name + ".")), key)
    if base in flags:
        place = f"--{base}"
    elif base in known and (name := in_environment(base)):
        place = name
    else:
        place = f"{file or 'config'}: {key}"
    if error["type"] == "extra_forbidden":
        return _unknown(place, key, error["input"], known)
    value = _HIDDEN if _is_secret(base) or _holds_secrets(key) else _short(error["input"])
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"{place} is a section, written [{key}], not a value such as {value}"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        message = _PATTERNS.get(base, message)
    return f"{place} cannot be {value}: {message[0].lower() + message[1:]}"


_PATTERNS = {
    "audio.output": 'it is "device", "null" or "wav:FILE"',
    "twitch.url": "it begins with wss:// or ws://",
    "bilibili_open.url": "it begins with http:// or https://",
    "engine.url": "it begins with http:// or https://",
    "engine.f5.hub": "it begins with http:// or https://",
    "engine.f5.device": 'it is "auto", "cpu", "cuda" or "cuda:0"',
}
_HIDDEN = "**********"
_SECRETS = ("token", "cookie", "secret", "code")  # in the names of settings that nobody may see


def _is_secret(name: str) -> bool:
    return any(secret in name.lower().replace("vocoder", "") for secret in _SECRETS)


def _holds_secrets(section: str) -> bool:
    return any(name.startswith(section + ".") and _is_secret(name) for name in keys())


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
