"""The languages of a text, as far as its scripts tell them."""

from __future__ import annotations

import re

LANGUAGES = ("zh", "en", "ja", "ko", "ru", "other")

# Latin letters count as "en" whatever language they write, Cyrillic ones as "ru": scripts tell no more.
_SCRIPTS = {
    "kana": "[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff9d]",
    "han": "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]",
    "ko": "[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]",
    "ru": "[\u0400-\u052f]",
    "en": "[A-Za-z\u00aa\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]",
}
_FOUND = {name: re.compile(letters) for name, letters in _SCRIPTS.items()}
_OTHER = re.compile(f"[^\\W\\d_{''.join(letters[1:-1] for letters in _SCRIPTS.values())}\u3005\u3007\u30fc]")
# A kana or two is how Chinese writes too: "你の名字", "ツ" of a shrug.
_STRAY_KANA = 2


def languages(text: str) -> dict[str, int]:
    """How many letters of each of LANGUAGES are in `text`; Han characters beside kana are Japanese."""
    found = {name: len(letters.findall(text)) for name, letters in _FOUND.items()}
    kana, han = found.pop("kana"), found.pop("han")
    found["other"] = len(_OTHER.findall(text))
    japanese = kana > (_STRAY_KANA if han else 0)
    found["ja" if japanese else "zh"] = kana + han
    return {name: count for name, count in found.items() if count}


def foreign(text: str, allowed: frozenset[str]) -> str:
    """The language of most letters of `text`, if it is not among `allowed`; else "".

    A word or two in another language are no matter: what most of it is written in decides.
    """
    if text.isascii() and "en" in allowed:
        return ""
    found = languages(text)
    if not found:
        return ""
    # A Latin word is many letters, a Chinese one is two.
    most = max(found, key=lambda name: found[name] * (1 if name in ("en", "ru", "other") else 3))
    return "" if most in allowed else most
