"""Chat events as JSON objects and back; strict in reading, and equal after the round trip."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from bot.messages import (
    ChatEvent,
    ChatMessage,
    Gift,
    Interaction,
    Notice,
    Raid,
    Redemption,
    Retraction,
    Subscription,
    SuperChat,
)

_KINDS: dict[str, type[ChatEvent]] = {
    "message": ChatMessage,
    "super_chat": SuperChat,
    "redemption": Redemption,
    "interaction": Interaction,
    "gift": Gift,
    "subscription": Subscription,
    "raid": Raid,
    "retraction": Retraction,
    "notice": Notice,
}
_NAMES = {cls: name for name, cls in _KINDS.items()}


def to_json(event: ChatEvent) -> dict[str, Any]:
    """`{"type": "message", …}`; fields that have their default are left out."""
    return {"type": _NAMES[type(event)], **_plain(event)}


def from_json(data: Mapping[str, Any]) -> ChatEvent:
    """The event that `to_json` wrote. Keys that no field has are ignored; anything else raises ValueError."""
    kind = data.get("type")
    cls = _KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise ValueError(f"no such type of event: {kind!r}")
    event: ChatEvent = _build(cls, data)
    return event


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(own)
            for field in dataclasses.fields(value)
            if (own := getattr(value, field.name)) != field.default
        }
    if isinstance(value, frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    return value


@cache
def _fields(cls: type[Any]) -> dict[str, tuple[Any, bool]]:
    """Field name -> (type, whether it must be given)."""
    hints = get_type_hints(cls)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    }


def _build(cls: type[Any], data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"{cls.__name__} must be an object")
    values = {}
    for name, (hint, needed) in _fields(cls).items():  # type: ignore[arg-type]
        if name in data:
            values[name] = _read(hint, data[name])
        elif needed:
            raise ValueError(f"{cls.__name__} needs {name}")
    return cls(**values)


def _read(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = next(part for part in get_args(hint) if part is not types.NoneType)
        return None if value is None else _read(inner, value)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise ValueError(f"{value!r:.80} must be a list")
        return origin(_read(get_args(hint)[0], item) for item in value)
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast("type[Any]", hint), value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if hint is float and type(value) is int:
        return float(value) if abs(value) < 2**53 else _wrong(hint, value)
    return value if type(value) is hint else _wrong(hint, value)


def _wrong(hint: type[Any], value: object) -> Any:
    raise ValueError(f"{value!r:.80} must be {hint.__name__}")
