"""What each setting takes: its kind, bounds, choices and default, read from the models themselves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.config.loading import SettingsError
from bot.config.sections import Settings

Kind = Literal["bool", "int", "float", "text", "choice", "list", "table", "secret"]
Value = bool | int | float | str | list[str] | dict[str, str]

_LONGEST = 4000  # characters of a text
_MOST = 1000  # entries of a list or a table
_INTEGERS = range(-(2**63), 2**63)  # that TOML has
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """`choices`: of a choice, or of what a list or a table may hold. A secret's default is "" too."""

    key: str
    kind: Kind
    default: Value
    choices: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None

    def check(self, value: object) -> Value:
        """`value`, if it is of this kind; a list's and a table's entries as texts.

        SettingsError if not, or if it is no text that a file can hold. Bounds are the models' to check.
        """
        match self.kind, value:
            case "bool", bool():
                return value
            case (("int" | "float"), bool()):
                pass
            case "int", int() if value in _INTEGERS:
                return value
            case "int", float() if value.is_integer() and int(value) in _INTEGERS:
                return int(value)
            case "float", int() | float() if abs(value) < _LARGEST:
                return float(value)
            case ("text" | "choice" | "secret", str()):
                return self._clean(value)
            case ("list", list()) if all(isinstance(one, str) for one in value) and len(value) <= _MOST:
                return [self._clean(one) for one in value]
            case ("table", dict()) if all(isinstance(one, str) for one in value.values()):
                if len(value) <= _MOST:
                    return {self._clean(str(name)): self._clean(one) for name, one in value.items()}
        raise SettingsError(f"{self.key} must be {_WORDS[self.kind]}", self.key)

    def _clean(self, text: str) -> str:
        if len(text) > _LONGEST:
            raise SettingsError(f"{self.key} is too long: {_LONGEST} characters are the most", self.key)
        # A name with such a character opens no file and fits on no line.
        if any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in text):
            raise SettingsError(f"{self.key} cannot hold line breaks or control characters", self.key)
        return text


_WORDS: dict[Kind, str] = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "text": "a text",
    "choice": "a text",
    "secret": "a text",
    "list": f"a list of at most {_MOST} texts",
    "table": f"a table of at most {_MOST} texts",
}


@cache
def fields() -> dict[str, FieldSpec]:
    """Every setting by its dotted key, in the models' order."""
    return {spec.key: spec for spec in _specs(Settings, "")}


def _specs(model: type[BaseModel], prefix: str) -> Iterator[FieldSpec]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _specs(kind, f"{prefix}{name}.")
        else:
            yield _spec(prefix + name, info)


def _spec(key: str, info: FieldInfo) -> FieldSpec:
    least, most = _bounds(info)
    kind, choices = _kind(info.annotation)
    default = plain(info.default)
    if kind == "float" and isinstance(default, int):
        default = float(default)
    return FieldSpec(key, kind, default, choices, least, most)


def plain(value: Any) -> Value:
    """A setting's value as TOML and JSON have it; a secret in the open."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value)
        case list():
            return [str(one) for one in value]
        case dict():
            return {str(name): str(one) for name, one in value.items()}
    assert isinstance(value, bool | int | float | str)
    return value


def value_of(settings: Settings, key: str) -> Value:
    """What `settings` has at a dotted key."""
    place: Any = settings
    for name in key.split("."):
        place = getattr(place, name)
    return plain(place)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...] | None]:
    simple: dict[Any, Kind] = {
        bool: "bool", int: "int", float: "float", str: "text", Path: "text", SecretStr: "secret"
    }  # fmt: skip
    if annotation in simple:
        return simple[annotation], None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "choice", arguments
    assert isinstance(origin, type), annotation
    held = arguments[-1]
    choices = get_args(held) if get_origin(held) is Literal else None
    return ("list" if issubclass(origin, list) else "table"), choices


def _bounds(info: FieldInfo) -> tuple[float | None, float | None]:
    least = most = None
    for one in info.metadata:
        for name in ("ge", "gt"):
            least = getattr(one, name, None) if least is None else least
        for name in ("le", "lt"):
            most = getattr(one, name, None) if most is None else most
    return least, most
