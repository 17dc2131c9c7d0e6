"""Rules on what a message is made of: length, seconds, emotes, symbols, emoticons, repeats, languages."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.chat.folding import fold
from bot.chat.language import foreign
from bot.chat.normalize.characters import clean
from bot.chat.rules.reasons import Reason, Rejected, Rule
from bot.messages import ChatMessage, FragmentKind

_SAYABLE = re.compile(r"[^\W_]")
# Emoji as they stand in text; a run of joined ones counts once.
_ONE_EMOJI = "[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff][\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(f"{_ONE_EMOJI}(?:\u200d{_ONE_EMOJI})*")
# Beyond this much of a text, its beginning tells enough.
_ENOUGH = 2000
_UNIT = 4  # characters of the pieces that are compared
_SHORT_UNIT = 8  # a shorter phrase over and over is laughter or a cheer, and is shortened when it is read


def _words_of(message: ChatMessage) -> str:
    return "".join(one.text for one in message.fragments if one.kind is not FragmentKind.EMOTE)


def _is_sayable(text: str) -> bool:
    """There is a letter or digit in a text; those in fancy dress ("ⓗⓘ") are read as plain ones."""
    if _SAYABLE.search(text):
        return True
    return not text.isascii() and _SAYABLE.search(clean(text[:_ENOUGH])) is not None


def not_empty(message: ChatMessage) -> Rejected | None:
    text = message.text
    return None if text and not text.isspace() else Rejected(Reason.EMPTY)


def longest(characters: int) -> Rule:
    return lambda message: Rejected(Reason.LONG) if len(message.text) > characters else None


def shortest(characters: int) -> Rule:
    def long_enough(message: ChatMessage) -> Rejected | None:
        text = message.text[: _ENOUGH + characters]
        if len(_SAYABLE.findall(text)) >= characters:
            return None
        dressed = not text.isascii() and len(_SAYABLE.findall(clean(text))) >= characters
        return None if dressed else Rejected(Reason.SHORT)

    return long_enough


def spoken(estimate: Callable[[str], float], least: float, most: float) -> Rule:
    """By seconds of speech; 0 is no bound. Of a very long text only the beginning is estimated."""

    def in_time(message: ChatMessage) -> Rejected | None:
        seconds = estimate(message.text[:_ENOUGH])
        if seconds < least:
            return Rejected(Reason.SHORT)
        return Rejected(Reason.LONG) if most and seconds > most else None

    return in_time


def wordless(message: ChatMessage) -> Rejected | None:
    """Emotes, emoji or symbols, and not one letter or digit beside them: nothing in it can be said."""
    words = _words_of(message)
    if _is_sayable(words):
        return None
    emotes = any(one.kind is FragmentKind.EMOTE for one in message.fragments)
    return Rejected(Reason.EMOTES if emotes or _EMOJI.search(words) else Reason.SYMBOLS)


def only_symbols(message: ChatMessage) -> Rejected | None:
    """As `wordless`, where emotes and emoji are named and so can be said."""
    rejected = wordless(message)
    return rejected if rejected and rejected.reason == Reason.SYMBOLS else None


def most_emotes(count: int) -> Rule:
    def few_emotes(message: ChatMessage) -> Rejected | None:
        found = sum(one.kind is FragmentKind.EMOTE for one in message.fragments)
        if not message.text.isascii():
            found += len(_EMOJI.findall(_words_of(message)[:_ENOUGH]))
        return Rejected(Reason.MANY_EMOTES) if found > count else None

    return few_emotes


# ------------------------------------------------------------------ emoticons

_LONGEST_KAOMOJI = 60
_HAS_WORDS = re.compile("[A-Za-z]{4}|[\u3400-\u9fff]{2}|[1-9]{2}|[\u3041-\u3096]{3}|[\uac00-\ud7a3]{2}")
_FACE = re.compile(r"[(（\[]([^()（）\[\]]{1,24})[)）\]]")
_NOT_A_FACE = re.compile("[A-Za-z]{3}|[\u3400-\u9fff]{2}|[1-9]")
_FACIAL = re.compile(r"[^\w\s,.!?，。！？]|_|[ツシ]")
_ARM = re.compile("[ヽヾノﾉ〃っつづシツΣσφψοoOdbmゞ۶ｏcCεзДдωｗlﾟへ人乂彡ミミ艹皿口益]")
_EMOTICONS = re.compile(
    r"(?:[TtQq;][_.]+[TtQq;]|Q[AaWwOo]Q|TAT|[oO0][_.]+[oO0]|>[_.]*<|\^[_.oω]*\^|-_+-|=_+=|\._\.|¬_¬"
    r"|[:;=8][-'^]?[)(DPpOo3/|\\*\]\[cSs$]{1,4}|<3|</3|\s|[~!！?？。.，,、…])+"
)


def kaomoji_only(message: ChatMessage) -> Rejected | None:
    """Emoticons alone, with or without letters in them: "(╯°□°)╯︵ ┻━┻", "T_T", "¯\\_(ツ)_/¯"."""
    text = _words_of(message)
    if len(text) > _LONGEST_KAOMOJI or not _SAYABLE.search(text) or _HAS_WORDS.search(text):
        return None
    if _EMOTICONS.fullmatch(text):
        return Rejected(Reason.KAOMOJI)
    faces = 0

    def without_face(match: re.Match[str]) -> str:
        nonlocal faces
        if _NOT_A_FACE.search(match[1]) or not _FACIAL.search(match[1]):
            return match[0]
        faces += 1
        return " "

    rest = _FACE.sub(without_face, text)
    return Rejected(Reason.KAOMOJI) if faces and not _SAYABLE.search(_ARM.sub("", rest)) else None


# ------------------------------------------------------------------ repeats and languages


def repeats(times: int) -> Rule:
    """A phrase said more than `times` times in one message, by how few of its pieces are different."""

    def varied(message: ChatMessage) -> Rejected | None:
        if len(message.text) <= times * _SHORT_UNIT:
            return None
        text = fold(message.text[:_ENOUGH]).replace(" ", "")
        pieces = len(text) - _UNIT + 1
        if pieces <= times * _SHORT_UNIT:
            return None
        different = len({text[start : start + _UNIT] for start in range(pieces)})
        if different < _SHORT_UNIT or pieces <= times * different:
            return None
        return Rejected(Reason.REPEATS)

    return varied


def language(allowed: frozenset[str]) -> Rule:
    def spoken_here(message: ChatMessage) -> Rejected | None:
        found = foreign(_words_of(message)[:_ENOUGH], allowed)
        return Rejected(Reason.LANGUAGE, found) if found else None

    return spoken_here
