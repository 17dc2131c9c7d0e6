"""Who did something in a Bilibili room: name, id, roles, guard and medal, alike for every command; pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from bot.messages import Author, Medal, Role
from bot.sources.bilibili_fields import JsonObject, MalformedCommand, first, integer, item, obj, text

GUARDS = {1: "captain", 2: "admiral", 3: "governor"}  # by Author.guard
_MASK = "***"


@dataclass(frozen=True, slots=True)
class Place:
    """The room that is read: its own number and its owner's uid."""

    room: int
    owner: int


def guard_rank(level: int) -> int:
    """Bilibili counts from the top (1 governor … 3 captain), Author.guard from the bottom."""
    return 4 - level if 1 <= level <= 3 else 0


def hashed(uid: int) -> str:
    """The id of a viewer whose uid is withheld: the CRC-32 that Bilibili tells in its place."""
    return f"crc-{zlib.crc32(str(uid).encode()):x}"


def author(
    place: Place,
    uid: int,
    name: str,
    *,
    crc: str = "",
    guard: int = 0,
    level: int = 0,
    medal: Medal | None = None,
    moderator: bool = False,
    follower: bool = False,
) -> Author:
    """`guard` is Bilibili's level. To the anonymous every uid is 0: the hash, or the name, stands for it."""
    if not name.strip():
        raise MalformedCommand("no author")
    rank = guard_rank(guard)
    roles = set()
    if moderator:
        roles.add(Role.MODERATOR)
    if rank:
        roles.add(Role.SUBSCRIBER)
    if follower:
        roles.add(Role.FOLLOWER)
    if uid > 0:
        who = str(uid)
        if uid == place.owner:
            roles.add(Role.BROADCASTER)
    else:
        crc = crc.strip().lower().lstrip("0")
        who = f"crc-{crc}" if crc else f"name-{name}"
    return Author(id=who, name=name, roles=frozenset(roles), guard=rank, level=max(0, level), medal=medal)


def medal(place: Place, name: str, level: int, room: int, owner: int) -> Medal | None:
    if not name or level <= 0:
        return None
    own = (room > 0 and room == place.room) or (owner > 0 and owner == place.owner)
    return Medal(name=name, level=level, own=own)


def danmu_author(place: Place, info: object) -> Author:
    """Who wrote a danmaku; `info` is its array."""
    head, user, worn = item(info, 0), item(info, 2), item(info, 3)
    name = text(item(user, 1))
    if _MASK in name:  # sometimes only the old field is masked
        base = obj(obj(obj(item(head, 15)).get("user")).get("base"))
        named = first(base.get("name"), obj(base.get("origin_info")).get("name"))
        name = named if named and _MASK not in named else name
    return author(
        place,
        integer(item(user, 0)),
        name,
        crc=text(item(head, 7)),
        guard=integer(item(info, 7)),
        level=integer(item(item(info, 4), 0)),
        medal=medal(
            place,
            text(item(worn, 1)),
            integer(item(worn, 0)),
            integer(item(worn, 3)),
            integer(item(worn, 12)),
        ),
        moderator=integer(item(user, 2)) == 1,
    )


def data_author(place: Place, data: JsonObject, *, follower: bool = False) -> Author:
    """Who did what `data` tells; every command has its own names for the same things."""
    user, sender = obj(data.get("user_info")), obj(data.get("sender_uinfo") or data.get("uinfo"))
    base, worn = obj(sender.get("base")), obj(data.get("medal_info") or data.get("fans_medal"))
    guards = (data.get("guard_level"), user.get("guard_level"), obj(sender.get("guard")).get("level"))
    return author(
        place,
        integer(data.get("uid")) or integer(sender.get("uid")),
        first(data.get("uname"), data.get("username"), user.get("uname"), base.get("name")),
        guard=next(filter(None, map(integer, guards)), 0),
        level=integer(user.get("user_level")),
        medal=medal(
            place,
            text(worn.get("medal_name")),
            integer(worn.get("medal_level")),
            integer(worn.get("anchor_roomid")),
            integer(worn.get("target_id")),
        ),
        moderator=integer(user.get("manager")) == 1,
        follower=follower,
    )
