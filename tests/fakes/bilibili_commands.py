"""Bilibili's chat as bytes: its frames of every kind, and its commands as the real ones look."""

from __future__ import annotations

import base64
import json
import struct
import time
import zlib
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

import brotli  # type: ignore[import-untyped]  # it carries no types

HEADER = struct.Struct(">I2H2I")
HEARTBEAT, HEARTBEAT_REPLY, MESSAGE, AUTH, AUTH_REPLY = 2, 3, 5, 7, 8
PLAIN, CONTROL, ZLIB, BROTLI = 0, 1, 2, 3
numbers = count(1)

Command = Mapping[str, Any]


# ------------------------------------------------------------------ frames


def packet(
    body: bytes, operation: int = MESSAGE, version: int = PLAIN, *, length: int | None = None
) -> bytes:
    """One packet; `length` is what its header claims, if not the truth."""
    return HEADER.pack(16 + len(body) if length is None else length, 16, version, operation, 0) + body


def encode(command: Command) -> bytes:
    return json.dumps(command, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def glued(commands: Iterable[Command]) -> bytes:
    """Complete plain packets, one after the other."""
    return b"".join(packet(encode(command)) for command in commands)


def plain_frame(commands: Iterable[Command]) -> bytes:
    return glued(commands)


def zlib_frame(commands: Iterable[Command]) -> bytes:
    return packet(zlib.compress(glued(commands)), version=ZLIB)


def brotli_frame(commands: Iterable[Command], quality: int = 5) -> bytes:
    return packet(brotli.compress(glued(commands), quality=quality), version=BROTLI)


def heartbeat_reply(heartbeat: bytes, popularity: int = 1) -> bytes:
    """Its header leaves out the client's own body, which comes back at its end."""
    return packet(popularity.to_bytes(4, "big"), HEARTBEAT_REPLY, CONTROL) + heartbeat


# ------------------------------------------------------------------ commands


def uid_of(name: str) -> int:
    """The uid that `name` always has here."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % 900_000_000 + 100_000_000


def danmu_command(
    text: str,
    name: str = "Alice",
    *,
    id_: str = "",
    uid: int | None = None,
    cmd: str = "DANMU_MSG",
    admin: int = 0,
    guard: int = 0,
    medal: list[Any] | None = None,
    emots: Mapping[str, Any] | None = None,
    kind: int = 0,
    msg_type: int = 0,
    mirror: bool = False,
    sent: float | None = None,
) -> dict[str, Any]:
    """A danmaku as Bilibili sends it; uid 0 is what the anonymous are told."""
    uid = uid_of(name) if uid is None else uid
    crc = f"{zlib.crc32(str(uid_of(name)).encode()):x}"
    milliseconds = int((time.time() if sent is None else sent) * 1000)
    extra = {
        "send_from_me": False, "mode": 0, "color": 16777215, "dm_type": kind, "font_size": 25,
        "player_mode": 1, "show_player_type": 0, "content": text, "user_hash": str(int(crc, 16)),
        "emoticon_unique": "", "bulge_display": 0, "recommend_score": 0, "emots": emots,
        "is_audited": False, "id_str": id_ or f"{next(numbers):036x}", "icon": None, "show_reply": True,
        "reply_mid": 0, "reply_uname": "", "hit_combo": 0, "is_mirror": mirror,
    }  # fmt: skip
    emoticon = {"emoticon_unique": "official_124", "url": "http://i0.hdslb.com/x.png"} if kind == 1 else "{}"
    user = {"uid": uid, "base": {"name": name, "face": "https://i0.hdslb.com/bfs/face/member/noface.jpg"}}
    head = [
        0, 1, 25, 16777215, milliseconds, next(numbers) + 10**9, 0, crc, 0, msg_type, 0, "", kind, emoticon,
        "{}", {"extra": json.dumps(extra), "mode": 0, "show_player_type": 0, "user": user},
        {"activity_identity": "", "activity_source": 0, "not_show": 0}, 0,
    ]  # fmt: skip
    level = [12, 0, 9868950, ">50000", 0]
    stamp = {"ts": milliseconds // 1000, "ct": "6CB6EC0"}
    info = [
        head, text, [uid, name, admin, 0, 0, 10000, 1, ""], medal or [], level, ["", ""], 0, guard, None,
        stamp, 0, 0, None, None, 0, 105, [21], None,
    ]  # fmt: skip
    return {"cmd": cmd, "dm_v2": "", "info": info}


def gift_command(
    gift: str = "小花花",
    num: int = 1,
    name: str = "Alice",
    *,
    price: int = 100,
    coin: str = "gold",
    tid: str = "",
    combo: str = "batch:gift:combo_id:1",
    gift_id: int = 31036,
    **more: Any,
) -> dict[str, Any]:
    data = {
        "action": "投喂", "batch_combo_id": combo, "blind_gift": None, "coin_type": coin, "giftId": gift_id,
        "giftName": gift, "guard_level": 0, "num": num, "price": price, "rnd": "1", "uname": name,
        "tid": tid or str(next(numbers)), "timestamp": int(time.time()), "total_coin": price * num,
        "uid": uid_of(name), **more,
    }  # fmt: skip
    return {"cmd": "SEND_GIFT", "data": data}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def pb(*fields: tuple[int, int | str | bytes]) -> bytes:
    """A protobuf message of numbers, texts and messages."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def packed(cmd: str, message: bytes) -> dict[str, Any]:
    """A `_V2` command."""
    return {"cmd": cmd, "data": {"dmscore": 1, "pb": base64.b64encode(message).decode()}}


def gift_v2_command(
    gift: str = "小花花",
    num: int = 1,
    name: str = "Alice",
    *,
    price: int = 100,
    tid: str = "",
    gift_id: int = 31036,
    box: tuple[str, int] | None = None,
) -> dict[str, Any]:
    tid = tid or str(next(numbers))
    given = pb(
        (1, gift_id), (2, gift), (3, num), (5, price), (7, price * num), (8, "gold"), (9, tid),
        (10, int(time.time())), (18, "投喂"),
    )  # fmt: skip
    blind = [(9, pb((3, box[0]), (6, box[1])))] if box else []
    face = "https://i0.hdslb.com/bfs/face/member/noface.jpg"
    return packed("SEND_GIFT_V2", pb((1, uid_of(name)), (2, name), (3, face), (5, 3), *blind, (10, given)))


def super_chat_command(
    text: str, price: float = 30, name: str = "Alice", *, id_: int = 0, jpn: bool = False, **more: Any
) -> dict[str, Any]:
    number = id_ or next(numbers)
    now = int(time.time())
    data = {
        "id": str(number) if jpn else number, "uid": str(uid_of(name)) if jpn else uid_of(name),
        "price": price, "message": text, "time": 60, "ts": now, "start_time": now, "end_time": now + 60,
        "user_info": {"uname": name, "guard_level": 0, "user_level": 20, "manager": 0},
        "medal_info": None, **more,
    }  # fmt: skip
    return {"cmd": "SUPER_CHAT_MESSAGE_JPN" if jpn else "SUPER_CHAT_MESSAGE", "data": data}
