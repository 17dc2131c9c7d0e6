"""Reads fields of Bilibili's JSON, whose types and depth cannot be trusted; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

JsonObject = Mapping[str, object]
MAX_TEXT = 2000  # characters; Bilibili allows 40 in a danmaku and some 200 in a super chat
_NOTHING: JsonObject = {}


class MalformedCommand(Exception):
    """Something from Bilibili cannot be what it says; `kind` is one of a small set, to be counted."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def loads(data: bytes | str, kind: str = "not JSON") -> object:
    """The JSON value; raises MalformedCommand(kind), also for what only a hostile sender writes."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # ValueError: not UTF-8 and numbers of many thousand digits too
        raise MalformedCommand(kind) from None


def sound(text: str) -> str:
    """`text` as it is, but lone surrogates (JSON can hold them, UTF-8 cannot) are replaced."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def obj(value: object) -> JsonObject:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def item(value: object, index: int) -> object:
    """value[index] if there is such a thing, else None."""
    return value[index] if isinstance(value, list) and index < len(value) else None


def integer(value: object) -> int:
    """A whole number, written as one or as text; 0 for anything else and for what no id, time or count is."""
    if isinstance(value, int):
        return int(value) if -(2**63) < value < 2**63 else 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return 0


def text(value: object) -> str:
    """A text, or a whole number as text; empty for anything else."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise MalformedCommand("too long")
        return sound(value)
    return str(integer(value)) if isinstance(value, int) and value else ""


def first(*values: object) -> str:
    """The first of `values` that is a text with something in it."""
    for value in values:
        found = text(value)
        if found.strip():
            return found
    return ""


def items(value: object, most: int = 100) -> Sequence[object]:
    """The first `most` items of a list; nothing for anything else."""
    return value[:most] if isinstance(value, list) else ()
