"""The Open Live platform's chat as bytes: its frames of every kind, and its commands as the real ones look.

Written out apart from the bot's own, which so cannot agree with themselves.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import Any
from uuid import uuid4

import brotli  # type: ignore[import-untyped]  # it carries no types

Json = dict[str, Any]

ROOM = 4_639_581


def packet(body: bytes, *, version: int = 0, operation: int = 5, length: int | None = None) -> bytes:
    """One packet; `length` lies about it."""
    return struct.pack(">I2H2I", length or 16 + len(body), 16, version, operation, 0) + body


def message(name: str, data: Json) -> bytes:
    """A command as one version-0 packet."""
    return packet(json.dumps({"cmd": name, "data": data}, ensure_ascii=False).encode())


def zlibbed(*packets: bytes) -> bytes:
    return packet(zlib.compress(b"".join(packets)), version=2)


def brotlied(*packets: bytes) -> bytes:
    return packet(brotli.compress(b"".join(packets), quality=4), version=3)


def open_id(name: str) -> str:
    """The open_id that `name` always has here."""
    return hashlib.md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def viewer(name: str) -> Json:
    return {
        "uid": 0,
        "open_id": open_id(name),
        "uname": name,
        "uface": "https://i0.hdslb.com/bfs/face/x.jpg",
        "room_id": ROOM,
        "timestamp": 1_760_000_000,
        "guard_level": 0,
        "fans_medal_level": 0,
        "fans_medal_name": "",
        "fans_medal_wearing_status": False,
    }


def dm(text: str, name: str = "小明", **changes: Any) -> Json:
    return {
        **viewer(name),
        "msg": text,
        "msg_id": str(uuid4()),
        "dm_type": 0,
        "emoji_img_url": "",
        "glory_level": 0,
        "reply_open_id": "",
        "reply_uname": "",
        "is_admin": 0,
        **changes,
    }
