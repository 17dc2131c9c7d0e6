"""Numbers in Chinese and English words: cardinals, ordinals, decimals, digit by digit, years and models."""

from __future__ import annotations

import re

_ZH = "零一二三四五六七八九"
_ZH_PLACES = ("", "十", "百", "千")
_ZH_GROUPS = ("", "万", "亿", "兆")
# 两 stands before a thousand, and before whatever place leads the number.
_TWO = re.compile(r"^二(?=[百千万亿兆])|(?<!十)二(?=千)")
_LONGEST = 16  # digits that have a name; longer ones are read one by one

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_EN_GROUPS = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def zh_digits(digits: str) -> str:
    return "".join(_ZH[int(digit)] if digit.isdecimal() else "点" for digit in digits)


def zh_cardinal(digits: str) -> str:
    digits = digits.lstrip("0") or "0"
    if len(digits) > _LONGEST:
        return zh_digits(digits)
    said: list[str] = []
    gap = False
    groups = [digits[max(0, end - 4) : end] for end in range(len(digits), 0, -4)]
    for level in range(len(groups) - 1, -1, -1):
        group = groups[level]
        if not int(group):
            gap = gap or bool(said)
            continue
        for at, digit in enumerate(group):
            if digit == "0":
                gap = gap or bool(said)
                continue
            if gap:
                said.append("零")
                gap = False
            said += (_ZH[int(digit)], _ZH_PLACES[len(group) - 1 - at])
        gap = False
        said.append(_ZH_GROUPS[level])
    text = "".join(said) or "零"
    text = text[1:] if text.startswith("一十") else text
    return _TWO.sub("两", text)


def zh_number(number: str) -> str:
    """`number` is digits with an optional fraction: "3.14" -> "三点一四"."""
    whole, _, fraction = number.replace(",", "").partition(".")
    return zh_cardinal(whole) + ("点" + zh_digits(fraction) if fraction else "")


def zh_fraction_of(whole: str) -> str:
    """ "1000" -> "千分之": of a round whole no "one" is said."""
    said = zh_cardinal(whole)
    return f"{said[1:] if said in ('一百', '一千', '一万') else said}分之"


def en_digits(digits: str) -> str:
    return " ".join(_ONES[int(digit)] if digit.isdecimal() else "dot" for digit in digits)


def en_cardinal(digits: str) -> str:
    digits = digits.lstrip("0") or "0"
    if len(digits) > _LONGEST:
        return en_digits(digits)
    number = int(digits)
    if number == 0:
        return "zero"
    said: list[str] = []
    level = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            said.append(f"{_below_thousand(group)} {_EN_GROUPS[level]}".rstrip())
        level += 1
    return " ".join(reversed(said))


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    said = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        said.append(_below_hundred(rest))
    return " ".join(said)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def en_number(number: str) -> str:
    whole, _, fraction = number.replace(",", "").partition(".")
    return en_cardinal(whole) + (f" point {en_digits(fraction)}" if fraction else "")


def en_ordinal(digits: str) -> str:
    head, last = re.fullmatch(r"(.*?)(\w+)", en_cardinal(digits)).groups()  # type: ignore[union-attr]
    if last in _ORDINALS:
        return f"{head}{_ORDINALS[last]}"
    return f"{head}{last[:-1]}ieth" if last.endswith("y") else f"{head}{last}th"


def en_pairs(digits: str) -> str:
    """As years and models are read: "4090" -> "forty ninety", "13700" -> "thirteen seven hundred"."""
    if digits.startswith("0") or len(digits) > 5:
        return en_digits(digits)
    if len(digits) < 3:
        return en_cardinal(digits)
    if len(digits) == 5 and digits.endswith("00"):
        return f"{en_cardinal(digits[:2])} {en_cardinal(digits[2:])}"
    if len(digits) == 5:
        return f"{en_cardinal(digits[:3])} {_pair(digits[3:])}"
    if digits.endswith("000") or (len(digits) == 3 and digits.endswith("00")):
        return en_cardinal(digits)
    if digits.endswith("00"):
        return f"{en_cardinal(digits[:-2])} hundred"
    return f"{en_cardinal(digits[:-2])} {_pair(digits[-2:])}"


def en_year(digits: str) -> str:
    """A year of four digits: "1999", "2008", "2024"."""
    return en_cardinal(digits) if digits[:3] == "200" else en_pairs(digits)


def _pair(two: str) -> str:
    return f"oh {_ONES[int(two[1])]}" if two[0] == "0" else en_cardinal(two)
