"""Reads a Bilibili live room however a streamer gives it: its number, the short one, or a link to it."""

from __future__ import annotations

import re

_NUMBER = r"([1-9][0-9]{0,14})"
_ROOM = re.compile(
    rf"#?{_NUMBER}|(?:https?://)?(?:live\.)?bilibili\.com/(?:[a-z0-9]+/)?{_NUMBER}/?(?:[?#].*)?",
    re.ASCII | re.IGNORECASE,
)


def room_number(text: str) -> int | None:
    """The room's number, perhaps the short one; None if `text` names no room."""
    match = _ROOM.fullmatch(text.strip())
    return int(match[1] or match[2]) if match else None
