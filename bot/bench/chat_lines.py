"""Chat messages as Twitch, Bilibili and Open Live send them, of their usual size, by number."""

from __future__ import annotations

import json
import time
from typing import Any

ROOM = 4639581

_SAID = (
    "主播今天打什么游戏呀",
    "哈哈哈哈哈哈",
    "这波操作可以的 nice",
    "gg",
    "RTX 4090 能跑多少帧？",
    "晚上好[比心]",
)


def danmaku(number: int) -> dict[str, Any]:
    """A DANMU_MSG of the size that the real ones have; its id is the number."""
    text, uid, now = _SAID[number % len(_SAID)], 10_000_000 + number % 500, time.time()
    extra = {
        "send_from_me": False, "mode": 0, "color": 16777215, "dm_type": 0, "font_size": 25, "player_mode": 1,
        "show_player_type": 0, "content": text, "user_hash": str(uid), "emoticon_unique": "",
        "bulge_display": 0, "recommend_score": 1, "main_state_dm_color": "", "objective_state_dm_color": "",
        "direction": 0, "pk_direction": 0, "quartet_direction": 0, "anniversary_crowd": 0,
        "yeah_space_type": "", "yeah_space_url": "", "jump_to_url": "", "space_type": "",
        "space_url": "", "animation": {},
        "emots": {"[比心]": {"emoticon_id": 1, "emoji": "[比心]", "url": "http://i0.hdslb.com/a.png"}},
        "is_audited": False, "id_str": str(number), "icon": None, "show_reply": True, "reply_mid": 0,
        "reply_uname": "", "reply_uname_color": "", "hit_combo": 0, "is_mirror": False,
    }  # fmt: skip
    base = {"name": f"观众{uid}", "face": "https://i2.hdslb.com/bfs/face/8f4a2d.jpg", "name_color": 0}
    user = {"uid": uid, "base": base, "medal": None, "wealth": None, "title": {"old_title_css_id": ""}}
    head = [
        0, 1, 25, 16777215, int(now * 1000), number, 0, "8d5f1a2b", 0, 0, 0, "", 0, "{}", "{}",
        {"extra": json.dumps(extra, ensure_ascii=False), "mode": 0, "show_player_type": 0, "user": user},
        {"activity_identity": "", "activity_source": 0, "not_show": 0}, 0,
    ]  # fmt: skip
    medal = [21, "官方", "猫裙少年", ROOM, 1725515, "", 0, 6809855, 1725515, 5414290, 3, 1, 3102384]
    info = [
        head, text, [uid, f"观众{uid}", 0, 0, 0, 10000, 1, ""], medal, [20, 0, 6406234, ">50000", 0],
        ["", ""], 0, 0, None, {"ts": int(now), "ct": "6CB6EC0"}, 0, 0, None, None, 0, 105, [21], None,
    ]  # fmt: skip
    return {"cmd": "DANMU_MSG", "dm_v2": "", "info": info}


def open_danmaku(number: int) -> dict[str, Any]:
    """The same over Open Live."""
    data = {
        "room_id": ROOM, "uid": 0, "open_id": f"39b8fedb60a540e3afd67f2c4f4a0c{number % 500:03}",
        "union_id": "", "uname": f"观众{number % 500}", "msg": _SAID[number % len(_SAID)],
        "msg_id": str(number), "fans_medal_level": 21, "fans_medal_name": "官方",
        "fans_medal_wearing_status": True, "guard_level": 0, "timestamp": int(time.time()),
        "uface": "https://i2.hdslb.com/bfs/face/8f4a2d.jpg", "emoji_img_url": "", "dm_type": 0,
        "glory_level": 12, "reply_open_id": "", "reply_uname": "", "is_admin": 0,
    }  # fmt: skip
    return {"cmd": "LIVE_OPEN_PLATFORM_DM", "data": data}


def line(number: int) -> str:
    """A Twitch chat line; its id is the number."""
    viewer = number % 500
    return (
        "@badge-info=subscriber/8;badges=subscriber/6;client-nonce=0123456789abcdef0123456789abcdef;"
        f"color=#1E90FF;display-name=Viewer{viewer};emotes=25:6-10;first-msg=0;flags=;id={number};mod=0;"
        f"returning-chatter=0;room-id=1;subscriber=1;tmi-sent-ts={int(time.time() * 1000)};turbo=0;"
        f"user-id={1000 + viewer};user-type= :v{viewer}!v@v.tmi.twitch.tv PRIVMSG #bench :hello Kappa nice"
    )
