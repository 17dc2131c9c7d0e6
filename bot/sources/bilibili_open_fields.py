"""Reads fields of an Open Live message by their name: a text, a count, a yes or no; pure."""

from __future__ import annotations

from bot.sources.bilibili_fields import JsonObject, integer
from bot.sources.bilibili_fields import text as as_text

_LARGEST = 10**12  # above any id, time or price; what is multiplied or divided stays a sane number


def text(data: JsonObject, key: str) -> str:
    return as_text(data.get(key))


def number(data: JsonObject, key: str) -> int:
    """A count, time or price: a whole number that is not below 0; 0 for anything else."""
    found = data.get(key)
    if isinstance(found, float) and found.is_integer():  # False for NaN and infinity
        found = int(found)
    return min(max(0, integer(found)), _LARGEST)


def flag(data: JsonObject, key: str) -> bool:
    """A yes or no, which the platform writes as true or as 1."""
    return number(data, key) == 1
