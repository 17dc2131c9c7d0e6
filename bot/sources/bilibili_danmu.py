"""Reads a danmaku: its text cut into words and emoticons, who wrote it, and where; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.messages import Author, Fragment, FragmentKind
from bot.sources.bilibili_authors import Place, danmu_author
from bot.sources.bilibili_fields import (
    JsonObject,
    MalformedCommand,
    integer,
    item,
    loads,
    obj,
    sound,
    text,
)

_EMOTICON = re.compile(r"\[[^\[\]\s]{1,40}\]")
EMOTICON, VOICE = 1, 2  # info[0][12]; 0 is text


@dataclass(frozen=True, slots=True)
class Danmu:
    id: str  # empty: it has none
    author: Author
    fragments: tuple[Fragment, ...]
    sent_at: float
    mirror: bool  # typed in a room that is linked to this one


def danmu(place: Place, info: object) -> Danmu | None:
    """What a danmaku's `info` says; None for those that nobody typed (msg_type: a gift storm's)."""
    head = item(info, 0)
    if integer(item(head, 9)) != 0:
        return None
    written = text(item(info, 1))
    extra = _extra(obj(item(head, 15)).get("extra"))
    kind = integer(item(head, 12))
    if kind == VOICE and not written.strip():
        written = text(_extra(item(head, 14)).get("text"))
    if not written.strip():
        raise MalformedCommand("no text")
    emots = extra.get("emots")
    if kind == EMOTICON:
        fragments: tuple[Fragment, ...] = (Fragment(written, FragmentKind.EMOTE),)
    elif isinstance(emots, dict) and "[" in written:
        fragments = cut(written, emots)
    else:
        fragments = (Fragment(written),)
    sent = integer(item(head, 4))
    return Danmu(
        id=text(extra.get("id_str")) or _made_id(head, sent),
        author=danmu_author(place, info),
        fragments=fragments,
        sent_at=max(0, sent) / 1000,
        mirror=extra.get("is_mirror") is True,
    )


def cut(written: str, emots: JsonObject) -> tuple[Fragment, ...]:
    """`written` cut at the emoticons that `emots` names, e.g. "[热]"; other brackets are text."""
    found: list[Fragment] = []
    at = 0
    for match in _EMOTICON.finditer(written):
        if match[0] in emots:
            if match.start() > at:
                found.append(Fragment(written[at : match.start()]))
            found.append(Fragment(match[0], FragmentKind.EMOTE))
            at = match.end()
    if at < len(written):
        found.append(Fragment(written[at:]))
    return tuple(found)


def _made_id(head: object, sent: int) -> str:
    """Of time, random number and hash of the uid: the same danmaku has the same one again."""
    random = integer(item(head, 5))
    return f"danmu-{sent}-{random}-{text(item(head, 7))}" if sent and random else ""


def _extra(value: object) -> JsonObject:
    """An object, or one written as text; "" and "{}" are common."""
    if isinstance(value, str):
        return obj(loads(sound(value), "extra")) if len(value) > 2 else {}
    return obj(value)
