"""Chat text -> speakable text: no markup, no control characters, links as a word, emotes unsaid."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.messages import Fragment, FragmentKind

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Only ASCII is in a link, so that "看https://x.tv/a很好" keeps its other words. A repeat inside another is
# bounded, and nothing but "https://" begins within a word ("awww.so cute"): the cost is linear.
_LINK = re.compile(
    r"https?://[!-~]+"
    r"|(?<![A-Za-z0-9.-])www\.[A-Za-z0-9-]+\.[!-~]+"
    r"|(?<![A-Za-z0-9.-])(?:[A-Za-z0-9._%+-]{1,64}@)?(?:[A-Za-z0-9-]{1,63}\.){1,5}"
    r"(?:com|net|org|tv|gg|io|cn|me|ru|info|link|live|shop|top|xyz|app|dev|ly|be|co)(?![A-Za-z0-9])"
    r"(?:[/:?#][!-~]+)?",
    re.IGNORECASE | re.ASCII,
)
_TERMINAL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colour codes pasted from a terminal
# What a voice would spell out or choke on, and what only looks.
_UNSAID = re.compile(r"[<>{}\[\]()（）【】「」『』《》\\|`^*_~#=@/]+")
# Marks that pile up are decoration (zalgo); two are the most a language stacks on a letter.
_PILED_MARKS = 2
# Letters and marks by their category, and yet invisible: variation selectors, Hangul fillers.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def speakable(fragments: Iterable[Fragment], *, link: str, link_zh: str, limit: int) -> str:
    """What of a message can be said, at most `limit` characters; "" if there is nothing.

    Any Unicode is fine, lone surrogates too. The result has no control, format, private-use or unassigned
    characters, no line breaks, no emoji, and single spaces only.
    """
    said: list[str] = []
    # The cost of what follows is bounded before it begins: nobody listens to 100 kB.
    budget = limit * 4 + 200
    for fragment in fragments:
        if fragment.kind in (FragmentKind.TEXT, FragmentKind.MENTION):
            said.append(fragment.text[:budget])
            budget -= len(said[-1])
        else:
            said.append(" ")
        if budget <= 0:
            break
    text = _strip(_TERMINAL.sub(" ", _whole("".join(said))))
    word = link_zh if _HAN.search(_LINK.sub("", text)) else link
    text = _LINK.sub(lambda _: f" {word} ", text)
    # Once more, for the marks on what has gone.
    text = " ".join(_strip(_UNSAID.sub(" ", text)).split())
    return _cut(text, limit) if any(character.isalnum() for character in text) else ""


def _whole(text: str) -> str:
    """Pairs of surrogates made whole, lone ones dropped (they cannot be encoded)."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _strip(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in _INVISIBLE.sub("", unicodedata.normalize("NFC", text)):
        if character.isascii() and character.isprintable():
            kept.append(character)
            marks = 0
            continue
        category = unicodedata.category(character)
        if category == "Me":
            continue  # the box of a keycap
        if category == "Mn":
            marks += 1
            if marks <= _PILED_MARKS and kept and kept[-1] != " ":
                kept.append(character)
            continue
        marks = 0
        if category in ("Cf", "Cs", "Co", "Cn", "Sk"):
            continue  # zero-width and direction marks join what they stand between
        if category[0] in "CZ" or category == "So":
            kept.append(" ")
        elif category[0] in "LN" and ("！" <= character <= "～" or "\U0001d400" <= character <= "\U0001d7ff"):
            # Full-width and "mathematical" letters and digits are ordinary ones in fancy dress.
            kept.append(unicodedata.normalize("NFKC", character))
        else:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, ending where a word ends if there is such a place near by."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    end = max(head.rfind(mark) for mark in " ，。！？,.!?；;、")
    return head[: end if end >= limit * 0.8 else limit].rstrip(" ，,、；;")
