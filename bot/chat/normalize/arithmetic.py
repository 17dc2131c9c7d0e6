"""Reads what is written as mathematics: brackets, functions, fractions in one sign, comparisons."""

from __future__ import annotations

import re

from bot.chat.normalize.place import Place

_FUNCTION = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])\(([A-Za-z0-9])\)(?=\s?(?:[=+*/^-]|$))")
# "O(n log n)": what an algorithm costs.
_COST = re.compile(
    r"(?<![A-Za-z0-9])O\((?=[^()]{0,24}[nmkNMKVE1])((?:[nmkNMKVE]|log|lg|sqrt|[0-9]|[ ^+*]){1,24})\)"
)
_FACTORIAL = re.compile(r"(?<=\d)!(?=\s?(?:=|等于))")
_ROOT = re.compile(r"√\s?(?=[\w(])")
_POINT = re.compile(r"(?<![\w.,!?])\.(?=\d)")
# "2x"; 24h, 5g and 3w are amounts.
_SUM_OF_VARIABLES = re.compile(r"(?<=[=+*/-])(\s?\d{1,4})([a-fi-vx-z])(?![A-Za-z0-9])")
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
# One Greek letter alone is a sign, and no Greek; pi is seen to before faces are, which hold none.
_GREEK = re.compile("(?<![Ͱ-Ͽἀ-῿])[αβγδθλμσφΔΣΦΩ](?![Ͱ-Ͽἀ-῿])(?!(?<=μ)[A-Za-z'’])")
_GREEK_NAMES = {
    "α": ("阿尔法", "alpha"), "β": ("贝塔", "beta"), "γ": ("伽马", "gamma"), "δ": ("德尔塔", "delta"),
    "θ": ("西塔", "theta"), "λ": ("兰姆达", "lambda"), "μ": ("缪", "mu"), "σ": ("西格玛", "sigma"),
    "φ": ("斐", "phi"), "Δ": ("德尔塔", "delta"), "Σ": ("西格玛", "sigma"), "Φ": ("斐", "phi"),
    "Ω": ("欧米伽", "omega"),
}  # fmt: skip
_OHM = re.compile(r"(?<=\d)\s?Ω")
_PARTS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_DENOMINATORS = {3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth"}
# A bracket with a sign inside it and a number or a sign beside it; every repeat is bounded.
_INSIDE = r"\(\s?-?[\d.]{1,12}\s?[+*×÷/^-][\d\s+*×÷/^.-]{1,24}\)"
_BEFORE = r"\d(?:[\d\s.+*×÷/^-]{0,24}(?:\d|[+*×÷/^-]\s?))?"
_AFTER = r"[\d\s+*×÷/^().-]{0,40}(?:=\s?(?:\d{1,16}|[?？])?|(?<=[\d)]))"
EXPRESSION = rf"(?<![\w.,)(])(?:{_BEFORE}{_INSIDE}|{_INSIDE}(?=\s?[+*×÷/^=-]\s?[\d(?？]|\()){_AFTER}(?![\w])"
_PIECES = re.compile(r"\d+(?:\.\d+)?|[-+*×÷/^()=?？]")
_SIGNS = {
    "+": ("加", "plus"), "-": ("减", "minus"), "*": ("乘", "times"), "×": ("乘", "times"),
    "÷": ("除以", "divided by"), "/": ("除以", "divided by"), "^": ("的", "to the power of"),
    "=": ("等于", "equals"), "?": ("几", "what"), "？": ("几", "what"),
}  # fmt: skip
_COMPARED = {
    "<": ("小于", "less than "), ">": ("大于", "more than "), "≥": ("大于等于", "at least "),
    "≤": ("小于等于", "at most "), "±": ("正负", "plus or minus "), ">=": ("大于等于", "at least "),
    "<=": ("小于等于", "at most "),
}  # fmt: skip


def letters(text: str, *, chinese: bool) -> str:
    """The signs of a line that stand by letters: "f(x)=2x", "√x", ".5" as 0.5."""
    if "(" in text:
        text = _FUNCTION.sub(r"\1 \2" if chinese else r"\1 of \2", text)
    if "√" in text:
        text = _ROOT.sub("根号" if chinese else " the square root of ", text)
    if "=" in text or "!等于" in text:
        text = _FACTORIAL.sub("的阶乘" if chinese else " factorial ", text)
        text = _SUM_OF_VARIABLES.sub(lambda term: f"{term[1]} {term[2].upper()}", text)
    return _POINT.sub("0.", text) if "." in text else text


def cost(text: str, *, chinese: bool) -> str:
    """ "O(n log n)" -> "O of N log N", before anybody takes the brackets for a face."""
    return _COST.sub(
        lambda of: f"O {'' if chinese else 'of '}{re.sub(r'(?<![a-z])[a-z](?![a-z])', _capital, of[1])}", text
    )


def greek(text: str, *, chinese: bool) -> str:
    """The letters of physics by their names: "λ=500nm", "σ", "100Ω"."""
    text = _OHM.sub("欧姆" if chinese else " ohms", text)
    return _GREEK.sub(
        lambda letter: _GREEK_NAMES[letter[0]][0] if chinese else f" {_GREEK_NAMES[letter[0]][1]} ", text
    )


def _capital(letter: re.Match[str]) -> str:
    return letter[0].upper()


def expression(text: str, place: Place) -> str:
    """ "6÷2(1+2)=?": brackets are not said, what stands before one is a factor."""
    said: list[str] = []
    last = ""
    for piece in _PIECES.findall(text):
        if piece == "(" and (last[:1].isdigit() or last == ")"):
            said.append(place.pick("乘", "times"))
        if piece[0].isdigit():
            said.append(place.number(piece))
        elif piece in _SIGNS:
            said.append(place.pick(*_SIGNS[piece]))
        last = piece
    return place.pick("", " ").join(said)


def compared(text: str, place: Place) -> str:
    """ ">50", "≥ 50 wins": a bound, where nothing stands before it that it could be compared with."""
    if place.before.rstrip()[-1:].isalnum():
        return text
    sign = text.strip()
    return place.pick(*_COMPARED[sign if sign in _COMPARED else sign[0]])


def mixed(text: str, place: Place) -> str | None:
    """ "1 1/2": a whole number and a part, if it is a part that has a name."""
    whole, top, bottom = map(int, re.findall(r"\d+", text))
    part = next((sign for sign, named in _PARTS.items() if named == (top, bottom)), "")
    return vulgar(f"{whole}{part}", place) if part else None


def vulgar(text: str, place: Place) -> str:
    """ "3⅓" -> "three and a third", "½" -> "half"."""
    top, bottom = _PARTS[text[-1]]
    whole = text[:-1].strip()
    if place.zh:
        part = f"{place.number(str(bottom))}分之{place.number(str(top))}"
        return f"{place.number(whole)}又{part}" if whole else part
    if bottom == 2:
        return f"{place.number(whole)} and a half" if whole else "half"
    name = _DENOMINATORS[bottom] + ("s" if top > 1 else "")
    part = f"{'a' if whole and top == 1 else place.number(str(top))} {name}"
    return f"{place.number(whole)} and {part}" if whole else part
