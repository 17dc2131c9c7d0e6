"""Text -> the form in which it is matched: one width, one case, one script of Chinese, no hidden characters.

What is folded is only compared, never shown or spoken. `fold` keeps spaces, digits and punctuation, and says
nothing of spaced-out letters or of digits that stand for letters: that is `disguise`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

_DATA = Path(__file__).parent.parent / "data"

# Scripts written without spaces, or whose words carry endings: a word of theirs is looked for anywhere.
HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3041-\u3096\u3099-\u30ff\u31f0-\u31ff"
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
UNSPACED = HAN + KANA + HANGUL + "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"

# What is there and not seen, or only decorates: format characters, fillers, variation selectors, halves of
# surrogate pairs, stacked marks (not those of Indic scripts or kana, which are vowels and voicing).
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u0300-\u036f\u0483-\u0489\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
_UNSEEN_ASCII = re.compile("[\x00-\x08\x0e-\x1b\x7f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What folding has made and would not change again: most of what is typed in English and Chinese.
_SETTLED = re.compile("[ -@\\[-~\u4e00-\u9fff]*")
# A short line is asked for by several rules in turn, and spam is the same line again and again.
_REMEMBERED_LENGTH = 500


def fold(text: str) -> str:
    """`text` as it is matched; folding what is folded changes nothing. Linear in any text."""
    return _fold_short(text) if len(text) <= _REMEMBERED_LENGTH else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(_UNSEEN_ASCII.sub("", text).split()).lower()
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    once = _once(text)
    # Twice: a letter's other case may come apart once more, and look like another once it has.
    return once if _SETTLED.fullmatch(once) else _once(once)


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKD", text).casefold()
    text = simplify(_UNSEEN.sub("", unicodedata.normalize("NFKD", text)))
    return " ".join(unicodedata.normalize("NFC", text).split())


_fold_short = lru_cache(maxsize=512)(_fold)


@cache
def _table() -> dict[int, str]:
    """Look-alikes -> Latin letters, traditional -> simplified characters."""
    table: dict[int, str] = {}
    for line in _lines("lookalikes.txt"):
        letter, _, alike = line.partition(" ")
        table.update((ord(other), letter) for one in alike for other in one.casefold())
    chinese = _lines("simplified.txt")
    for traditional, simple in zip(chinese[::2], chinese[1::2], strict=True):
        table.update(zip(map(ord, traditional), simple, strict=True))
    for first in (0x1F150, 0x1F170, 0x1F1E6):  # white letters in black circles and squares, flags' letters
        table.update((first + number, chr(ord("a") + number)) for number in range(26))
    return table


@cache
def _may_be_in_table() -> re.Pattern[str]:
    """Finds a character that may be in the table: to look costs a tenth of `translate`."""
    # Beyond the first plane a set of characters is slow, and one range is not.
    basic = "".join(re.escape(chr(code)) for code in sorted(_table()) if code < 0x10000)
    return re.compile(f"[{basic}\U00010000-\U0010ffff]")


def _lines(name: str) -> list[str]:
    text = (_DATA / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def simplify(text: str) -> str:
    """`text` with look-alikes and traditional characters folded one for one, all else as it is (patterns)."""
    return text.translate(_table()) if _may_be_in_table().search(text) else text
