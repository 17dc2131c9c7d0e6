"""What is left of signs when numbers and words are read: a few are words, some are pauses, most vanish."""

from __future__ import annotations

import re

_SIGNS = re.compile(
    r"[^\w\s，。！？,.!?]|[_²³]|[.。…]{2,}|[，。！？,.!?]\s*[，。！？,.!?~～]|^\s*[,.，。、;；!！?？]"
)
_LETTER = r"[^\W_]"
_ARROW = re.compile(rf"(?<={_LETTER})\s*(?:→|⇒|➡|->|=>|-->)\s*(?={_LETTER})")
_PLUS = re.compile(rf"(?<={_LETTER})\s*\+\s*(?={_LETTER})")
_TRAILING_PLUS = re.compile(rf"(?<={_LETTER})\+(?!\w)")
_PLUSES = re.compile(rf"(?<={_LETTER})\+{{2,3}}(?![A-Za-z0-9+])")  # i++, PA+++
_LEADING_PLUSES = re.compile(rf"(?<!\S)\+\+(?={_LETTER})")
_GRADE = re.compile(
    r"(?<![^\s(][A-DF])(?<=[A-DF])-(?=\s*(?:$|[.,!?)])|\s(?:in|on|for|tier|grade|student)\b)"
    r"|(?<=^([A-DF]))-(?=\s[a-z])(?!\s(?i:\1))"  # "B- but why" is a stutter
    r"|(?:(?<=\ba [A-DF])|(?<=\ban [A-DF]))-(?=\s[a-z])"
)
_LEADING_PLUS = re.compile(rf"(?<!\S)\+(?={_LETTER})")
_LEADING_MINUS = re.compile(r"(?<!\S)-(?=(?:rep|ratio|aura)\b)")
_AND = re.compile(rf"(?<={_LETTER})\s*[&＆]{{1,2}}\s*(?={_LETTER})")
_EQUALS = re.compile(rf"(?:(?<={_LETTER})|(?<=°))(?:\s*\))?\s*={{1,3}}\s*(?={_LETTER})")
_NOT_EQUAL = re.compile(rf"(?<={_LETTER})\s*!={{1,2}}\s*(?={_LETTER})")
_AT_LEAST = re.compile(rf"(?<={_LETTER})\s*>=\s*(?={_LETTER})")
_AT_MOST = re.compile(rf"(?<={_LETTER})\s*<=\s*(?={_LETTER})")
_GROWS = re.compile(rf"(?<={_LETTER})\s*\+=\s*(?={_LETTER})")
_POWER = re.compile(
    rf"(?<={_LETTER})\)?\^\s?(-?(?:[零一二三四五六七八九十百千两点]{{1,12}}|[^\W_一-鿿]{{1,12}}))"
)
_POWERS = {"二": "平方", "三": "立方", "two": "squared", "three": "cubed"}
_GREATER = re.compile(rf"(?<=[^\W_>])\s*[>＞]{{1,3}}\s*(?={_LETTER})")
_LESS = re.compile(rf"(?<=[^\W_<])\s*[<＜]\s*(?={_LETTER})")
# In the order in which they are looked for; without one of its signs a pattern is not tried.
_SAID = (
    (_NOT_EQUAL, ("!=",), "不等于", "is not"),
    (_AT_LEAST, (">=",), "大于等于", "is at least"),
    (_AT_MOST, ("<=",), "小于等于", "is at most"),
    (_GROWS, ("+=",), "加等于", "plus equals"),
    (_ARROW, ("→", "⇒", "➡", "->", "=>"), "到", "to"),
    (_LEADING_PLUSES, ("++",), "加加", "plus plus"),
    (_PLUS, ("+",), "加", "plus"),
    (_TRAILING_PLUS, ("+",), "加", "plus"),
    (_LEADING_PLUS, ("+",), "加", "plus"),
    (_LEADING_MINUS, ("-",), "减", "minus"),
    (_GRADE, ("-",), "减", "minus"),
    (_AND, ("&", "＆"), "和", "and"),
    (_EQUALS, ("=",), "等于", "equals"),
    (_GREATER, (">", "＞"), "大于", "is greater than"),
    (_LESS, ("<", "＜"), "小于", "is less than"),
)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,10}>")
_WORDS = (("≈", "约等于", "about"), ("≥", "大于等于", "at least"), ("≤", "小于等于", "at most"),
          ("≠", "不等于", "is not equal to"), ("±", "正负", "plus or minus"), ("×", "乘", "times"),
          ("÷", "除以", "divided by"),
          ("∞", "无穷", "infinity"), ("%", "百分号", "percent"),
          ("²", "平方", "squared"), ("³", "立方", "cubed"),
          ("°", "度", "degrees"))  # fmt: skip
_BETWEEN_WORDS = re.compile(r"\s+[-–—]+\s+|[—–]{1,}|-{2,}")
_WEEKDAYS = re.compile(r"(?<=[周期拜][一二三四五六日天])\s?-\s?(?=周|星期|礼拜)")
# Between two numbers in words: 零下五~五度, 三~五天. After a name (小七~一起玩呀) and after a cheer
# (六六六~一个) it is a pause.
_UP_TO = re.compile(
    r"(零下[零一二三四五六七八九十点]{1,6}|(?:(?<![㐀-鿿])|(?<=[要等约概有才差]))(?!(.)\2)[一二三四五六七八九十百]{1,6})"
    r"\s?(?:[~～]|-(?=零下))\s?"
    r"(?=零下|[零一二两三四五六七八九十百千万点]{1,6}(?:[度天个块岁号月年周次人分秒米元楼级]|[^\w]|$))"
)
# A pause: a run of marks is one of them, by what it says most strongly.
_MARKS = re.compile(
    r"\s*[,.!?;:，。！？；：、…~～](?:[\s,.!?;:，。！？；：、…~～]*[,.!?;:，。！？；：、…~～])?"
)
_SEPARATORS = re.compile(
    r"[\[\](){}<>（）【】「」『』《》〈〉〔〕\\|`^*_#=@/\"“”„«»‹›・·+¿¡&$€£¥₩§¶†‡~～%‰]+"
)
_QUOTES = re.compile(r"(?<![^\W_])['‘’]+|['‘’]+(?![^\W_])|(?<=[㐀-鿿])['‘’]+|['‘’]+(?=[㐀-鿿])")
_HYPHENS = re.compile(r"(?<![^\W_])-+|-+(?![^\W_])")
_FULL = str.maketrans(",!?;:", "，！？；：")
_HAN = re.compile(r"[㐀-鿿]")


def read(text: str, language: str) -> str:
    """`text` with its signs said, or gone; a pause at most for dots."""
    if not _SIGNS.search(text):
        return text.strip()
    chinese = language == "zh"
    if "<" in text:
        text = _TAG.sub(_markup, text)
    if "^" in text:
        text = _POWER.sub(lambda power: _power(power[1], chinese=chinese), text)
    if "++" in text:
        plus = " 加" if chinese else " plus"
        text = _PLUSES.sub(lambda run: plus * len(run[0]), text)
    for pattern, signs, zh, en in _SAID:
        if any(sign in text for sign in signs):
            said = f" {zh} " if chinese else f" {en} "
            text = pattern.sub(lambda sign, said=said: _between(sign, said), text)  # type: ignore[misc]
    if not text.isascii() or "%" in text:
        for sign, zh, en in _WORDS:
            if sign in text:
                text = re.sub(rf"(?<=[^\W_])\s?{sign}", zh if chinese else f" {en} ", text)
    if chinese:
        text = _UP_TO.sub(r"\1到", text)
    if "-" in text:
        text = _WEEKDAYS.sub("到", text)
    text = _BETWEEN_WORDS.sub("，" if chinese else ", ", text)
    text = _SEPARATORS.sub(" ", text)
    if "'" in text or "’" in text or "‘" in text:
        text = _QUOTES.sub(" ", text).replace("’", "'")
    if "-" in text:
        text = _HYPHENS.sub(" ", text)
    return _MARKS.sub(_pause, text).strip()


def _power(exponent: str, *, chinese: bool) -> str:
    said = _POWERS.get(exponent)
    if chinese:
        return f"的{said or exponent + '次方'}"
    return f" {said or 'to the ' + exponent} "


def _between(sign: re.Match[str], said: str) -> str:
    """Spaces stand only beside Latin letters."""
    before, after = sign.string[sign.start() - 1 : sign.start()], sign.string[sign.end() : sign.end() + 1]
    return said if before.isascii() or after.isascii() or said.isascii() else said.strip()


def _markup(tag: re.Match[str]) -> str:
    return " " + tag[0].strip("</>") + " "


def _pause(marks: re.Match[str]) -> str:
    run = marks[0]
    signs = "".join(run.split())
    text, end = marks.string, marks.end()
    first = not text[: marks.start()].strip()
    last = not text[end:].strip()
    if first:
        return " "
    if len(signs) == 1 and signs not in "~～…" and run[:1] == signs:
        return "" if last and signs in ",，、:：;；" else signs
    chinese = bool(_HAN.match(text[marks.start() - 1 : marks.start()])) or signs[0] in "，。！？；：、"
    if set(signs) & set("?？"):
        sign = "?"
    elif set(signs) & set("!！"):
        sign = "!"
    elif last:
        return "." if set(signs) == {"."} and len(signs) == 1 else ""
    else:
        sign = "," if signs[0] in ".…。,，、~～" else signs[0]
    if set(signs) <= set("~～"):
        sign = ","
    sign = sign.translate(_FULL) if chinese else sign
    return sign if chinese or last else f"{sign} "
