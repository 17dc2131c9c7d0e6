"""Takes the binary messages of Bilibili's chat servers apart into packets, and bounds what they may cost."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from enum import IntEnum
from typing import NamedTuple

import brotli  # type: ignore[import-untyped]  # it carries no types

HEADER = struct.Struct(">I2H2I")  # total length, header length, version, operation, sequence
MAX_FRAME = 1024 * 1024  # bytes as sent; far above what Bilibili sends
MAX_BODY = 4 * 1024 * 1024  # bytes of one frame's packets after decompression
MAX_PACKETS = 20_000  # in one frame


class Operation(IntEnum):
    HEARTBEAT = 2
    HEARTBEAT_REPLY = 3
    MESSAGE = 5
    AUTH = 7
    AUTH_REPLY = 8


class Version(IntEnum):
    PLAIN = 0
    CONTROL = 1  # heartbeats and the authentication
    ZLIB = 2
    BROTLI = 3


class MalformedFrame(ValueError):
    """A body is not what its packet says. `kind` is one of a small set, for counting."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


_BOMB = "bomb"


class Packet(NamedTuple):
    operation: int
    body: bytes


def pack(operation: int, body: bytes = b"", version: int = Version.CONTROL) -> bytes:
    """One packet as a client sends it."""
    return HEADER.pack(HEADER.size + len(body), HEADER.size, version, operation, 1) + body


def packets(data: bytes, malformed: Counter[str]) -> list[Packet]:
    """The packets of one WebSocket message, in order; compressed ones are replaced by what they hold.

    Never raises. What contradicts itself is counted in `malformed` by kind; a wrong length costs the rest of
    its message, because nothing says where the next packet begins; a bomb does too.
    """
    found: list[Packet] = []
    _split(data, malformed, found, outer=True)
    return found


def _split(data: bytes, malformed: Counter[str], found: list[Packet], *, outer: bool) -> None:
    at = 0
    left = MAX_BODY  # for all compressed bodies: a frame of a thousand small bombs must not hold up the bot
    while at < len(data):
        if len(data) - at < HEADER.size:
            malformed["half a header"] += 1
            return
        length, header, version, operation, _ = HEADER.unpack_from(data, at)
        if not HEADER.size <= header <= length or length > len(data) - at:
            malformed["length"] += 1
            return
        if len(found) >= MAX_PACKETS:
            malformed["too many packets"] += 1
            return
        body = data[at + header : at + length]
        if version in (Version.ZLIB, Version.BROTLI) and operation == Operation.MESSAGE:
            if outer:
                try:
                    inside = _decompressed(body, version, left)
                except MalformedFrame as bad:
                    malformed[bad.kind] += 1
                    if bad.kind == _BOMB:
                        return
                else:
                    left = max(1, left - len(inside))
                    _split(inside, malformed, found, outer=False)
            else:
                malformed["nested"] += 1
        elif version in (Version.PLAIN, Version.CONTROL):
            found.append(Packet(operation, body))
        else:
            malformed["version"] += 1
        if operation == Operation.HEARTBEAT_REPLY:
            return  # the client's own heartbeat follows, outside the stated length
        at += length


def _decompressed(body: bytes, version: int, most: int) -> bytes:
    """About `most` bytes at the most (brotli rounds up to twice that). Raises MalformedFrame."""
    data: bytes
    try:
        if version == Version.BROTLI:
            data, done = _unbrotli(body, most)
        else:
            inflate = zlib.decompressobj()
            data = inflate.decompress(body, most)
            done = inflate.eof
    except (zlib.error, brotli.error):
        raise MalformedFrame("not compressed") from None
    if not done:
        raise MalformedFrame(_BOMB if len(data) >= most else "cut short")
    return data


def _unbrotli(body: bytes, most: int) -> tuple[bytes, bool]:
    """What comes out until it is `most` bytes, and whether that was all."""
    decompressor = brotli.Decompressor()
    try:
        data: bytes = decompressor.process(body, output_buffer_limit=most)
    except TypeError:
        # brotli before 1.2, which plain pip installs for blivedm: it knows no limit, but what few bytes can
        # hold is limited too, to some 16 MiB.
        data = b""
        for at in range(0, len(body), 16):
            data += decompressor.process(body[at : at + 16])
            if len(data) >= most:
                break
    return data, bool(decompressor.is_finished())
