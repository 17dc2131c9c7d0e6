"""Reads numbers with slashes between them: fractions, dates, rates, K/D/A, hits of so many shots, pairs."""

from __future__ import annotations

import re

from bot.chat.normalize import calendar, numerals
from bot.chat.normalize.place import Place

_FRACTIONS = {
    ("1", "2"): "one half", ("1", "3"): "one third", ("2", "3"): "two thirds", ("1", "4"): "one quarter",
    ("3", "4"): "three quarters",
}  # fmt: skip
_FIXED_SLASHES = {"24/7": "twenty-four seven", "50/50": "fifty fifty", "9/11": "nine eleven",
                  "24/7/365": "twenty-four seven three sixty-five"}  # fmt: skip
_SHOTS = re.compile(r"(?:三分球?|两分球?|罚球|投篮|出手|射门|射正)[是了才:： ]?\s?$")
_CHANCE = re.compile(r"\s?的?(?:概率|几率|机率|可能|机会|爆率|人)")
_PLAIN_FRACTION = 100  # over a greater number stands how much of it there is: 双暴60/180, 血压120/80
# What is called by its two numbers: a rhythm, a stake, a creature on a card.
_PAIRED = re.compile(
    r"\s(?:time|beat|groove|signature|measure|rhythm|jig|waltz|riff|NL|PLO|stakes|for\s\d|creature|minion|token|body|flyer)\b"
)
_A = re.compile(r"\ban?\s$", re.IGNORECASE)  # before what is no day
# Of so many: a part of a whole follows its name, things that are counted follow their count.
_PART = re.compile(
    r"\b(?:parts?|day|game|map|round|phase|step|wave|quest|chapter|ep|episode|week|lap|stage|act|disc|attempt|page"
    r"|slide)\s$",
    re.IGNORECASE,
)
_THINGS = re.compile(r"\s[a-z]{3,}s\b")
_ON = re.compile(r"\b(?:on|since|until|till|by|before|after|from)\s$", re.IGNORECASE)  # a day
_TRIED = re.compile(r"\b(?:shot|shooting|batting|went)\s$", re.IGNORECASE)


def read(text: str, place: Place) -> str:
    """ "1/2", "5/1", "24/7", "9/10", "10/2/8"."""
    numbers = text.split("/")
    if "." in text:
        score, best = map(place.number, numbers)
        return place.pick(f"{best}分打{score}分", f"{score} out of {best}")
    if len(numbers) == 3 and (said := calendar.date(text, place)):
        return said
    if text in _FIXED_SLASHES and not place.zh:
        return _FIXED_SLASHES[text]
    if len(numbers) != 2:
        return place.pick("杠", " ").join(map(place.number, numbers))
    top, bottom = numbers
    return _zh(top, bottom, place) if place.zh else _en(top, bottom, place)


def _is_split(top: str, bottom: str) -> bool:
    """ "70/30"."""
    return int(top) + int(bottom) == 100 and int(top) % 5 == 0 and top != bottom


def _en(top: str, bottom: str, place: Place) -> str:
    if _PAIRED.match(place.after):
        return f"{place.number(top)} {place.number(bottom)}"
    if _TRIED.search(place.before) and not place.after.startswith(" of"):
        return f"{place.number(top)} for {place.number(bottom)}"
    if _is_split(top, bottom):
        return f"{place.number(top)} {place.number(bottom)}"
    counted = _THINGS.match(place.after) and not _ON.search(place.before)
    if _PART.search(place.before) or (counted and (top, bottom) not in _FRACTIONS):
        return f"{place.number(top)} out of {place.number(bottom)}"
    if said := _FRACTIONS.get((top, bottom)):
        return said
    if int(bottom) in (5, 10, 100) or (int(top) < int(bottom) and not int(bottom) <= 31) or int(top) > 12:
        return f"{numerals.en_cardinal(top)} out of {numerals.en_cardinal(bottom)}"
    if int(top) < int(bottom) <= 9:
        return f"{numerals.en_cardinal(top)} out of {numerals.en_cardinal(bottom)}"
    if _A.search(place.before):
        return f"{place.number(top)} {place.number(bottom)}"
    return (
        calendar.month_day(top, bottom, place)
        or f"{numerals.en_cardinal(top)} out of {numerals.en_cardinal(bottom)}"
    )


def _zh(top: str, bottom: str, place: Place) -> str:
    part, whole = int(top), int(bottom)
    if _is_split(top, bottom):
        return f"{place.number(top)}比{place.number(bottom)}"
    if top == bottom in ("10", "100"):
        return "满分"
    if (top, bottom) in (("24", "7"), ("50", "50"), ("985", "211")):
        return " ".join(
            numerals.zh_digits(number) if len(number) > 2 else numerals.zh_cardinal(number)
            for number in (top, bottom)
        )
    if place.after[:1] == "拍" and len(top + bottom) < 4:
        return f"{numerals.zh_cardinal(bottom)}{numerals.zh_cardinal(top)}"  # 四三拍
    if part <= whole and _SHOTS.search(place.before):
        return f"{numerals.zh_cardinal(bottom)}中{numerals.zh_cardinal(top)}"
    dated = part <= 12 and whole <= 31 and not (part < whole <= 10)
    if dated and (said := calendar.month_day(top, bottom, place)):
        return said
    of = whole <= _PLAIN_FRACTION or part == 1 or _CHANCE.match(place.after)
    if (part < whole or part == 1) and of and whole and (part or place.alone):
        return f"{numerals.zh_fraction_of(bottom)}{numerals.zh_cardinal(top)}"
    return f"{numerals.zh_cardinal(top)}杠{numerals.zh_cardinal(bottom)}"
