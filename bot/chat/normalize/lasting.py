"""Reads days, weeks, months and years by their first letters: "3d ago", "6mo sub", "10yo"."""

from __future__ import annotations

import re

from bot.chat.normalize.place import Place
from bot.chat.normalize.worth import follows_article

UNITS = {
    "d": ("天", "day"), "w": ("周", "week"), "wk": ("周", "week"), "wks": ("周", "week"), "y": ("年", "year"),
    "mo": ("个月", "month"), "mos": ("个月", "month"), "yr": ("年", "year"), "yrs": ("年", "year"),
    "yo": ("岁", "year old"),
}  # fmt: skip
_ALONE = frozenset(("wk", "wks", "mo", "mos", "yr", "yrs"))  # nothing else is written so
# What tells that it is time: "3d" is three-dimensional else.
_AFTER = re.compile(
    r"\s?(?:ago|left|later|old|timeout|ban(?:ned)?|streak|trial|cooldown|of|sub|in|delay)\b|\s?前"
)
_BEFORE = re.compile(
    r"\b(?:last|past|next|every|for|about|like|been|after|within|lasted|took|ago|banned)\s$", re.IGNORECASE
)
_KIND = re.compile(r"\s(?:streak|sub|ban|timeout|trial|cooldown|delay|badge|charger|bulb|psu|speaker|amp)\b")
# Somebody of that age, not the age.
_AGED = re.compile(r" old(?:s| (?:kid|child|man|woman|girl|boy|dude|guy|brother|sister|cat|dog|game))\b")
_WORD = re.compile(r"\s?[a-z]")


def lasting(number: str, unit: str, place: Place) -> str:
    """`unit` is one of UNITS; where it is not time that is meant, its letter is said."""
    zh, en = UNITS[unit]
    if unit == "yo":
        return f"{place.number(number)}{place.pick(zh, ' ' + en)}"
    told = _AFTER.match(place.after) or (_BEFORE.search(place.before) and not _WORD.match(place.after))
    one = number == "1" or _KIND.match(place.after) is not None
    if not (told or unit in _ALONE):
        letter = unit.upper()
        if unit == "w" and not place.zh:
            letter = "watt" if one else "watts"
        return f"{place.number(number)} {letter}"
    if place.zh:
        return place.two(number) + zh
    one = one or (
        place.after.startswith(" old") and (_AGED.match(place.after) is not None or follows_article(place))
    )
    return f"{place.number(number)} {en if one else en + 's'}"
