"""Takes out of a text the characters that nobody can say: control, invisible, piled up, in fancy dress."""

from __future__ import annotations

import re
import unicodedata

# Nearly every line is made of these alone, and needs nothing done.
_PLAIN = re.compile(r"[ -~一-鿿，。！？、：；…—（）《》【】“”‘’～]*")
_TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colour codes pasted from a terminal
# Marks that pile up are decoration (zalgo); two are the most a language stacks on a letter.
_PILED_MARKS = 2
# Putting marks in order costs the square of their number: a pile is cut before.
_PILE = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{8})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Letters and marks by their category, and yet invisible: variation selectors, Hangul fillers.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_UNSAID = frozenset(("Me", "Cf", "Cs", "Co", "Cn", "Sk"))
# Letters and digits in fancy dress: full-width, "mathematical", superior, circled, parenthesised, Roman.
_DRESS = re.compile(
    "[０-９Ａ-Ｚａ-ｚ＂＃＄％＆＇＊＋－．／＜＝＞＠＾＿｀｜～\U0001d400-\U0001d7ff⁰ⁱ⁴-⁹ⁿ₀-₉ªº℃℉№㎏㎜㎝㎞㎡㏄ｦ-ﾟⅠ-ⅿﬀ-ﬆ㈠-㈩㊀-㊉⒈-⒛ℂℊ-ℕℙ-ℝℤℨℬℭℯ-ℴℹ]"
)
_CIRCLED = re.compile("[①-⓿❶-➓🄰-🆉]")
_BLACK_LETTERS = (0x1F150, 0x1F170)  # white letters on black have no plain letter by Unicode's own tables
_SUPERIOR = re.compile("(?<=[0-9A-Za-z)])(?:[⁰¹²³⁴-⁹]{2,12}|[⁰⁴-⁹])(?![⁰¹²³⁴-⁹])")
_ROMAN = re.compile("[Ⅰ-Ⅻⅰ-ⅻ]")
# Small capitals are letters of phonetics to Unicode, and a dress to those who type them.
_SMALL_CAPITALS = dict(
    zip(
        map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"),
        "abcdefghijklmnopqrstuvwyzabcdefghijklmnoprstuvwxyz",
        strict=True,
    )
)
_MARKED = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# What Unicode has no single letter for, on a Latin letter, is decoration: struck through, underlined, piled.
_LOOSE = re.compile(f"(?<=[A-Za-z0-9À-ɏ])[{_MARKED}]+")
_STRUCK = re.compile("[A-Za-zÀ-ɏ][\u0334-\u0338\u20d2\u20d3\u20e5-\u20eb]|[a-zA-ZÀ-ɏ][\u0300-\u036f]{2}")


def clean(text: str) -> str:
    """Any string -> one line in NFC: no control, format, private or unassigned characters, no surrogates.

    Symbols (emoji among them) stay, for those who look for faces; `finish` takes them out.
    """
    if _PLAIN.fullmatch(text):
        return text
    kept: list[str] = []
    marks = 0
    text = _SUPERIOR.sub(lambda power: "^" + unicodedata.normalize("NFKC", power[0]), text)
    whole = _INVISIBLE.sub(
        "", unicodedata.normalize("NFC", _PILE.sub(r"\1", _TERMINAL.sub(" ", _whole(text))))
    ).translate(_SMALL_CAPITALS)
    for character in whole:
        if " " <= character <= "~":
            kept.append(character)
            marks = 0
            continue
        category = unicodedata.category(character)
        if category == "Mn":
            marks += 1
            if marks <= _PILED_MARKS and kept and kept[-1] != " ":
                kept.append(character)
            continue
        if category in _UNSAID and character not in "＾｀":
            marks = marks if category == "Me" else 0
            continue  # zero-width and direction marks join what they stand between
        marks = 0
        if category[0] in "CZ":
            kept.append(" ")
        elif _DRESS.match(character):
            kept.append(_undressed(character))
        elif _CIRCLED.match(character):
            circled = _circled(character)
            kept.append(circled if circled.isalpha() else f" {circled}, ")
        else:
            kept.append(character)
    return _unmarked(unicodedata.normalize("NFC", "".join(kept)))


def finish(text: str) -> str:
    """`text` without symbols, in single spaces, its marks piled no higher than a language stacks them."""
    if not _PLAIN.fullmatch(text):
        kept: list[str] = []
        marks = 0
        for character in _INVISIBLE.sub("", unicodedata.normalize("NFC", text)):
            category = unicodedata.category(character)
            marks = marks + 1 if category == "Mn" else 0
            if category in _UNSAID or category in ("So", "Sm", "Sc") or category[0] in "CZ":
                kept.append(" ")
            elif marks <= _PILED_MARKS and not (marks and (not kept or kept[-1] == " ")):
                kept.append(character)
        text = _unmarked(unicodedata.normalize("NFC", "".join(kept)))
    return " ".join(text.split())


def is_sayable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ending where a word ends if there is such a place near by."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    end = max(head.rfind(mark) for mark in " ，。！？,.!?；;、")
    return head[: end if end >= limit * 0.8 else limit].rstrip(" ，,、；;")


def _whole(text: str) -> str:
    """Pairs of surrogates made whole, lone ones dropped (they cannot be encoded)."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _unmarked(text: str) -> str:
    """`text` without the marks that decorate Latin letters, those among them that make a letter too."""
    if not _LOOSE.search(text):
        return text
    if _STRUCK.search(text):
        text = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _LOOSE.sub("", text))


def _undressed(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    if _ROMAN.match(character):
        return str(int(unicodedata.numeric(character)))
    if "Ⅰ" <= character <= "ⅿ":
        return f" {plain.upper()}"
    return plain.strip("().") if len(plain) > 1 and not plain.isalpha() else plain


def _circled(character: str) -> str:
    value = unicodedata.numeric(character, None)
    if value is not None and value == int(value):
        return str(int(value))
    for first in _BLACK_LETTERS:
        if first <= ord(character) < first + 26:
            return chr(ord("A") + ord(character) - first)
    return "".join(sign for sign in unicodedata.normalize("NFKC", character) if sign.isalnum())
