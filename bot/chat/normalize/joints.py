"""Says or parts the signs that join words to words or numbers: "$20/mo", "UTC+8", ".NET", "mid-30s"."""

from __future__ import annotations

import re

_DOT = re.compile(r"(?<![Nn][Oo])(?<=[A-Za-z])\.(?=[0-9])")  # "vol.2"
_CODEC = re.compile(r"(?<![A-Za-z0-9])([HhXx])\.(?=26[3-6](?!\d))")
_PER = re.compile(
    r"(?<=[0-9A-Za-z€$£])\s?/\s?(month|mo|mth|hour|hr|day|week|wk|year|yr|minute|min|second|sec|person|pp|kill|game|match|head"
    r"|run|win|sub|night|round|pull|roll|stream|piece|share|user|gallon|gal|lb|oz|kg|km|gb|GB|mile|mi)(?![A-Za-z/])"
)
_PER_ZH = re.compile(
    r"(?<=[0-9元块次万千kKwW])\s?/\s?(小时|分钟|[天月年周斤人次个局把单晚秒克只]|h(?![A-Za-z0-9]))"
)
_SHORT = {
    "mo": "month", "mth": "month", "hr": "hour", "wk": "week", "yr": "year", "min": "minute", "sec": "second",
    "pp": "person", "gal": "gallon", "lb": "pound", "oz": "ounce", "kg": "kilo", "km": "kilometer",
    "gb": "gigabyte", "GB": "gigabyte", "mi": "mile",
}  # fmt: skip
_EXTENSION = re.compile(
    r"(?<![^\s(\"'])\.(?=(?:NET|net|com|org|io|gg|tv|exe|py|js|zip|mp3|mp4|png|jpg|txt|json|jar|dll)(?![A-Za-z0-9]))"
)
_COMMA = re.compile(r"(?<![\d,.])(\d{1,4}),(\d\d)(?=\s?€)")  # as those count who pay in euros
_SWISS = re.compile(r"(?<![\w.,])\d{1,3}(?:['’]\d{3})+(?!\w)")  # 10'000
# A team and its score ("JDG2-1"), and teams against each other ("T1vsGEN").
_TEAM = re.compile(r"(?<![A-Za-z0-9-])((?!CS|cs)[A-Za-z]{2,4})(?=\d{1,2}[:-]\d{1,2}(?![A-Za-z0-9:.-]))")
_FOREVER = re.compile(r"(?<=[A-Za-z0-9])yyds(?![A-Za-z])")  # "fakeryyds"
_TWICE = re.compile(r"(?<![A-Za-z0-9])([a-z][b-df-hj-np-tv-z]{2,4})\1{1,2}(?![A-Za-z])")  # "awslawsl"
_AGAINST = re.compile(r"(?<=[A-Z0-9])vs(?=[A-Z])")
# 1 000 000, 1 234 567; "250 120 400" is a place, or a colour.
_SPACED = re.compile(r"(?<![\w.,:/-])(?:\d{1,3}(?: \d{3}){0,2} 000|[1-9](?: \d{3}){2,3})(?![\w.,:/-]|\s\d)")
# Signs in the place of letters: "Ke$ha", "P!nk", where the letters around them are no word without it.
_DOLLAR = re.compile(r"(?<=[A-Za-z])\$(?=[A-Za-z])")
_WHOLE = r"(?!(?:thx|ty|tyt|gg|gl|hf|wp|gj|np|nt|bb|brb|pls|plz|lmk)(?![A-Za-z]))"  # words with none missing
_BANG = re.compile(
    rf"(?<![^\W_]){_WHOLE}([b-dfhj-np-tv-z]{{1,3}})!{_WHOLE}([b-df-hj-np-tv-z]{{1,3}})(?![^\W_])",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z]")
_STARS = re.compile(r"(?<![A-Za-z0-9*.])([1-7])(?:\*(?![A-Za-z0-9_*(])|\s?[★☆⭐])")  # as rarity: "5*"
# What a hyphen joins to a number is no model's name, and no sum less than nothing.
_BEFORE_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(mid|early|late|pre|post|sub|non|ages?|top)-(?=[1-9])", re.IGNORECASE
)
_ZONE = re.compile(r"(?<![A-Za-z0-9])(GMT|UTC|T(?=-\d{1,3}\s?(?:min|sec|hour|day|week|month|:)))([+-])(?=\d)")
_SOME = re.compile(r"(?<=几)[wWkK](?![A-Za-z])|(?:(?<=入过)|(?<=破))w(?![A-Za-z])")  # 几w, 月入过w


def read(text: str, *, chinese: bool) -> str:
    if "." in text:
        text = _DOT.sub(" ", _CODEC.sub(r"\1", text))
        text = _EXTENSION.sub("点 " if chinese else "dot ", text)
    if "€" in text:
        text = _COMMA.sub(r"\1.\2", text)
    if "'" in text or "’" in text:
        text = _SWISS.sub(lambda number: number[0].replace("'", ",").replace("’", ","), text)
    if "/" in text and chinese:
        text = _PER_ZH.sub(lambda per: "每" + ("小时" if per[1] == "h" else per[1]), text)
    if "$" in text:
        text = _DOLLAR.sub("s", text)
    if "!" in text:
        text = _BANG.sub(r"\1i\2", text)
    if " " in text:
        text = _SPACED.sub(lambda number: number[0].replace(" ", ","), text)
    if "/" in text:
        text = _PER.sub(lambda per: f" per {_SHORT.get(per[1], per[1])}", text)
    if any(star in text for star in "*★☆⭐"):
        # Of a line of a rarity alone the units know how it is read.
        star = "星" if chinese else " star" if _LATIN.search(text) else "★"
        text = _rarities(text, star)
    if "-" in text or "+" in text:
        text = _BEFORE_NUMBER.sub(r"\1 ", text)
        plus, minus = ("加", "减") if chinese else (" plus ", " minus ")
        text = _ZONE.sub(lambda zone: zone[1] + (plus if zone[2] == "+" else minus), text)
    if "yyds" in text:
        text = _FOREVER.sub(" yyds", text)
    if len(text) > 5:
        text = _TWICE.sub(_apart, text)
    if "vs" in text:
        text = _AGAINST.sub(" vs ", text)
    if "-" in text or ":" in text:
        text = _TEAM.sub(r"\1 ", text)
    if chinese and ("w" in text or "几" in text):
        text = _SOME.sub(lambda tens: "万" if tens[0] in "wW" else "千", text)
    return text


def _rarities(text: str, star: str) -> str:
    """ "5*" -> "5 star", unless its asterisk ends what another one began ("*gives you 5*")."""
    opened = counted = 0

    def said(rarity: re.Match[str]) -> str:
        nonlocal opened, counted
        opened += text.count("*", counted, rarity.start())
        counted = rarity.start()
        if opened % 2 and rarity[0].endswith("*"):
            return rarity[0]
        counted = rarity.end()
        return rarity[1] + star

    return _STARS.sub(said, text)


def _apart(run: re.Match[str]) -> str:
    """ "awslawsl" -> "awsl awsl"; a run of one letter is a laugh."""
    if len(set(run[1])) == 1:
        return run[0]
    return " ".join([run[1]] * (len(run[0]) // len(run[1])))
