"""Writes out what English shortens beside a number or a name: "ch 3", "8in", "Main St.", "Mon-Fri"."""

from __future__ import annotations

import re

_OPUS = re.compile(r"\b[Oo]p\.\s?(?=[0-9])")
_STREET = re.compile(r"(?<=[A-Za-z]\s)St\.(?!\s?[A-Z])")
_SAINT = re.compile(r"\b[Ss]t\.\s(?=[A-Za-z])")
_INCH = re.compile(r"(?<=[0-9])(?:in(?![A-Za-z0-9])|\sin\.(?=\s))")  # 8in, and not "8 in 10"
_MEASURED = re.compile(r"(?:^|[^'’\d])\d{0,4}[0-9½¼¾]$")  # 27", and not 6'2"
_QUOTE = re.compile('["″]')
_SECTION = re.compile(
    r"(?<![A-Za-z0-9])(?:([Pp]t(?!s)|[Cc]h|[Pp]g(?!\.?\s13\b)|[Ff]ig)s?\.?\s(?=[1-9])"
    r"|(?<!\d\s)([Ss]ec)\.\s(?=[1-9])|([Nn]o)\.\s(?=of\b(?! course)))"
)
_SECTIONS = {
    "pt": "part ", "ch": "chapter ", "pg": "page ", "fig": "figure ", "sec": "section ", "no": "number "
}  # fmt: skip
_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "weds": "Wednesday",
    "thu": "Thursday", "thur": "Thursday", "thurs": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
_DAY = "|".join(_DAYS)
# ASCII: else "ı" and "ſ" would match, which are no letters of these.
_WEEK = re.compile(rf"(?<![\w-])({_DAY})\s?-\s?({_DAY})(?![\w-])", re.IGNORECASE | re.ASCII)


def read(text: str) -> str:
    if "." in text:
        text = _STREET.sub("street", _OPUS.sub("opus ", text))
        text = _SAINT.sub("saint ", text)
    if '"' in text or "″" in text:
        text = _inches(text)
    if "-" in text:
        text = _WEEK.sub(lambda days: f"{_DAYS[days[1].lower()]} to {_DAYS[days[2].lower()]}", text)
    text = _INCH.sub(" inch", text)
    return _SECTION.sub(lambda section: _SECTIONS[section[section.lastindex or 0].lower()], text)


def _inches(text: str) -> str:
    """A double quote after a number is inches, unless it ends what another one began."""
    quoted = False

    def said(mark: re.Match[str]) -> str:
        nonlocal quoted
        before = mark.string[max(0, mark.start() - 6) : mark.start()]
        if not quoted and before[-1:].isnumeric():
            if mark.string[mark.end() : mark.end() + 2].isdecimal():
                return mark[0]  # seconds: 9"83
            return " inch" if _MEASURED.search(before) else mark[0]
        quoted ^= mark[0] == '"'
        return mark[0]

    return _QUOTE.sub(said, text)
