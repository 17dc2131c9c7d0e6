"""Reads a Twitch channel however a streamer gives it: name, #name, @name, or a link to it."""

from __future__ import annotations

import re

_NAME = r"([A-Za-z0-9_]{1,25})"
_CHANNEL = re.compile(
    rf"[#@]?{_NAME}|(?:https?://)?(?:[a-z]+\.)?twitch\.tv/(?:popout/|moderator/|u/)?{_NAME}(?:[/?#].*)?",
    re.ASCII | re.IGNORECASE,
)


def channel_login(text: str) -> str | None:
    """The lower-case login, or None if `text` names no channel."""
    match = _CHANNEL.fullmatch(text.strip())
    return (match[1] or match[2]).lower() if match else None
