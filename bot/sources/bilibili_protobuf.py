"""Decodes the protobuf messages that Bilibili packs, base64, into some commands; pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from bot.sources.bilibili_fields import MAX_TEXT, MalformedCommand

Value = int | bytes
_KIND = "protobuf"
_FIXED = {1: 8, 5: 4}  # wire type -> bytes
MAX_BASE64 = 64 * 1024  # characters; the largest that is known has 4,000


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise MalformedCommand(_KIND)
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & (2**64 - 1), at


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """(field number, value) in the order of the message; bytes for texts and messages in it.

    Raises MalformedCommand where it ends early or holds what protobuf 3 does not.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        else:
            length = _FIXED.get(wire, -1)
        if length < 0 or at + length > len(data):
            raise MalformedCommand(_KIND)
        yield key >> 3, data[at : at + length]
        at += length


def message(data: Value | None) -> dict[int, Value]:
    """Field number -> its last value. A missing message is an empty one."""
    return dict(fields(_bytes(data)))


def repeated(data: bytes, number: int) -> list[bytes]:
    """Every message in field `number`."""
    return [_bytes(value) for field, value in fields(data) if field == number]


def unpack(value: object) -> bytes:
    """The bytes of `data.pb`."""
    if not isinstance(value, str) or len(value) > MAX_BASE64:
        raise MalformedCommand(_KIND)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedCommand(_KIND) from None


def number(message: dict[int, Value], field: int) -> int:
    value = message.get(field, 0)
    return value if isinstance(value, int) and value < 2**63 else 0


def string(message: dict[int, Value], field: int) -> str:
    value = message.get(field, b"")
    if not isinstance(value, bytes) or len(value) > 4 * MAX_TEXT:
        raise MalformedCommand(_KIND)
    return value.decode("utf-8", "replace")


def _bytes(value: Value | None) -> bytes:
    if isinstance(value, int):
        raise MalformedCommand(_KIND)
    return value or b""
