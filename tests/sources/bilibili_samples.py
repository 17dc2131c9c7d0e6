"""Guards and what viewers do, as Bilibili's chat tells of them in each of its forms."""

from __future__ import annotations

from typing import Any

from tests.fakes.bilibili import ROOM
from tests.fakes.bilibili_commands import packed, pb, uid_of

GUARD_BUY = {
    "cmd": "GUARD_BUY",
    "data": {
        "uid": 5, "username": "新舰长", "guard_level": 3, "num": 1, "price": 198000, "gift_id": 10003,
        "gift_name": "舰长", "start_time": 1700000000, "end_time": 1700000000,
    },
}  # fmt: skip

TOAST = {
    "cmd": "USER_TOAST_MSG",
    "data": {
        "uid": 5, "username": "新舰长", "guard_level": 3, "num": 1, "price": 138000, "unit": "月",
        "role_name": "舰长", "start_time": 1700000001, "payflow_id": "1", "op_type": 1,
        "toast_msg": "<%新舰长%> 开通了舰长",
    },
}  # fmt: skip

TOAST_V2: dict[str, Any] = {
    "cmd": "USER_TOAST_MSG_V2",
    "data": {
        "sender_uinfo": {"uid": 5, "base": {"name": "新舰长", "face": ""}},
        "guard_info": {"guard_level": 3, "role_name": "舰长", "start_time": 1700000001},
        "pay_info": {"payflow_id": "1", "price": 138000, "num": 1, "unit": "月"},
        "gift_info": {"gift_id": 10003},
        "option": {"source": 0, "is_group": 0},
        "toast_msg": "<%新舰长%> 开通了舰长",
    },
}  # fmt: skip

DECORATION = {"cmd": "USER_TOAST_MSG_V2", "data": {**TOAST_V2["data"], "option": {"source": 2}}}


def interact(kind: int) -> dict[str, Any]:
    data = {
        "uid": uid_of("Alice"),
        "uname": "Alice",
        "msg_type": kind,
        "timestamp": 1700000000,
        "roomid": ROOM,
    }
    return {"cmd": "INTERACT_WORD", "data": data}


def interact_v2(kind: int) -> dict[str, Any]:
    return packed(
        "INTERACT_WORD_V2", pb((1, uid_of("Alice")), (2, "Alice"), (5, kind), (6, ROOM), (7, 1700000000))
    )
