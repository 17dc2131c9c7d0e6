"""config.toml as text: a setting is put into its line, and comments, order and layout stay as they were."""

from __future__ import annotations

import copy
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeGuard, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, InlineTable, Item, String, Table

from bot.config.fields import FieldSpec, Value, fields

_BOM = "\ufeff"  # what Windows' editors put in front

Written = dict[str, Any]  # what a file holds, as tomllib reads it
Changes = Mapping[str, Value | None]  # dotted key -> value; None: the default


class Unwritable(Exception):
    """A change cannot be written; the message is one sentence for the streamer."""


def changed(content: bytes, changes: Changes) -> bytes:
    """`content` (UTF-8 TOML) with `changes` in it.

    What comes out is read again and holds these changes and no others. Unwritable: no way was found, as with
    a section that is written in several places.
    """
    text = content.decode("utf-8")
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    # Windows' line ends are kept; a mixture is left as it is.
    crlf = "\r\n" in text and text.count("\n") == text.count("\r\n")
    text = text.replace("\r\n", "\n") if crlf else text
    before = tomllib.loads(text)
    effective = {key: value for key, value in changes.items() if _wanted(before, key, value)}
    if not effective:
        return content
    wanted = _applied(before, effective)
    for put in (_put_gently, _put):
        try:
            after = _edited(text, effective, put)
            fits = tomllib.loads(after) == wanted
        except (TOMLKitError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            continue  # what tomlkit cannot do it says in many ways
        if fits:
            return (bom + (after.replace("\n", "\r\n") if crlf else after)).encode()
    raise Unwritable(
        f"{next(iter(effective))} cannot be changed from here as the file is written: edit it by hand"
    )


def comments(content: bytes) -> dict[str, str]:
    """The words beside each setting ("audio.volume") and each section ("audio"), without their #."""
    found: dict[str, str] = {}
    try:
        document = tomlkit.parse(content.decode("utf-8-sig"))
    except (TOMLKitError, ValueError, RecursionError):
        return found
    _gather(document, "", found)
    return found


def at(written: Written, key: str) -> Any:
    """What a file holds at a dotted key; None: nothing."""
    place: Any = written
    for name in key.split("."):
        if not isinstance(place, dict) or name not in place:
            return None
        place = place[name]
    return place


# ---------------------------------------------------------------- what is wanted


def _wanted(before: Written, key: str, value: Value | None) -> bool:
    """Whether the file must change for it."""
    there = at(before, key)
    if value is None:
        return there is not None and not _same(there, fields()[key].default)
    return there is None or not _same(there, value)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _applied(before: Written, changes: Changes) -> Written:
    after = copy.deepcopy(before)
    for key, value in changes.items():
        *sections, last = key.split(".")
        place = after
        for name in sections:
            place = place.setdefault(name, {})
        place[last] = _as_written(place.get(last), _given(key, value))
    return after


def _given(key: str, value: Value | None) -> Value:
    return fields()[key].default if value is None else value


def _as_written(old: Any, value: Value) -> Value:
    """A list stays a text ("one, two") where the file has one, if that says the same."""
    if isinstance(old, str) and isinstance(value, list):
        joined = ", ".join(value)
        if [part.strip() for part in joined.split(",") if part.strip()] == value:
            return joined
    return value


# ---------------------------------------------------------------- how it is written

_Place = MutableMapping[str, Any]
_Putter = Callable[[_Place, str, Value], None]


def _edited(text: str, changes: Changes, put: _Putter) -> str:
    document = tomlkit.parse(text)
    for key, value in changes.items():
        *sections, last = key.split(".")
        place = cast("_Place", document)
        for number, name in enumerate(sections):
            if name not in place:
                _add_section(place, name, first=number == 0)
            place = place[name]
        value = _as_written(place.get(last), _given(key, value))
        if last in place:
            put(place, last, value)
        else:
            _add(place, last, value)
    return tomlkit.dumps(document)


def _add_section(place: _Place, name: str, *, first: bool) -> None:
    if first and isinstance(place, tomlkit.TOMLDocument) and tomlkit.dumps(place).strip():
        place.add(tomlkit.nl())
    place[name] = tomlkit.table()


def _is_implied(place: object) -> TypeGuard[Table]:
    """A section that has no line of its own: [engine] where there is [engine.f5] alone."""
    return isinstance(place, Table) and place.is_super_table()


def _add(place: _Place, name: str, value: Value) -> None:
    """Below the last line of its section, before the blank line that parts it from the next one."""
    item = _item(value)
    container: Any = place.value if isinstance(place, Table) else place
    body = getattr(container, "body", [])
    keys = [key for key, one in body if key is not None and not isinstance(one, Table)]
    if keys and not isinstance(place, InlineTable):
        container._insert_after(keys[-1], name, item)
    elif _is_implied(place):
        # Its line is yet to be written; the words beside the section inside it are not its own.
        place.trivia.comment_ws = place.trivia.comment = ""
        place[name] = item
    elif body and isinstance(place, Table):
        container._insert_at(0, name, item)
    else:
        place[name] = item


def _put(place: _Place, name: str, value: Value) -> None:
    """Puts a value into its line; the comment stays in its column while there is room."""
    old = place[name]
    item = _item(value)
    trivia = getattr(old, "trivia", None)
    if trivia is not None and trivia.comment and not trivia.comment_ws.strip(" "):
        room = _width(old.as_string()) + len(trivia.comment_ws) - _width(item.as_string())
        item.trivia.comment_ws = " " * max(room, min(len(trivia.comment_ws), 3))
        item.trivia.comment = trivia.comment
    place[name] = item


def _put_gently(place: _Place, name: str, value: Value) -> None:
    """As `_put`, but of a list over several lines and of a table only what differs is touched."""
    old = place[name]
    if isinstance(old, Array) and isinstance(value, list) and "\n" in old.as_string():
        _put_list(old, value)
    elif isinstance(old, Table) and isinstance(value, dict):
        for gone in [one for one in old if one not in value]:
            del old[gone]
        for one, said in value.items():
            if one not in old or not _same(_unwrapped(old[one]), said):
                old[one] = said
    else:
        _put(place, name, value)


def _put_list(old: Array, value: list[str]) -> None:
    """What goes goes, what comes is put behind the rest; another order is no gentle change."""
    for number in range(len(old) - 1, -1, -1):
        if _unwrapped(old[number]) not in value:
            del old[number]
    kept = [_unwrapped(one) for one in old]
    if kept != value[: len(kept)]:
        raise ValueError("it is in another order")
    for one in value[len(kept) :]:
        old.append(one)


def _item(value: Value) -> Item:
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for name, one in value.items():
            table[name] = one
        return table
    return tomlkit.item(value)


def _unwrapped(item: Any) -> Any:
    return item.unwrap() if hasattr(item, "unwrap") else item


def _width(text: str) -> int:
    """Columns in an editor."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


# ---------------------------------------------------------------- what stands beside it


def _gather(place: Any, prefix: str, found: dict[str, str]) -> None:
    known: dict[str, FieldSpec] = fields()
    for name, item in place.items():
        key = prefix + name
        trivia = getattr(item, "trivia", None)
        if trivia is not None and not _is_implied(item) and (words := trivia.comment.lstrip("#").strip()):
            found[key] = words
        if key not in known and isinstance(item, Mapping) and not isinstance(item, String):
            _gather(item, f"{key}.", found)
