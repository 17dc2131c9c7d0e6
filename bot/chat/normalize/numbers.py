"""Finds what holds digits in a line and has each piece read by those who know its kind."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.chat.normalize import arithmetic, calendar, chess, digits, figures, lasting, slashes
from bot.chat.normalize.language import OTHER, Context
from bot.chat.normalize.lexicon import Lexicon
from bot.chat.normalize.models import Models
from bot.chat.normalize.place import Place
from bot.chat.normalize.quantities import CURRENCY, NUMBER, amount

_NEAR = 12  # characters on either side that a reading may depend on
_REACH = 32  # characters that what holds a digit may begin before it: "geforce 4090"
_MAKER = re.compile(r"\b(?:vivo|oppo|find|honor|poco|bmw|xperia|lumix|fuji)\s$", re.IGNORECASE)
_ENDS = re.compile(r"\d[点點日号號月年时時分秒元块天岁楼层级名]$")  # a number's end, where a hyphen is "to"
_UP_TO = re.compile(r"\d[点點日号號月年时時分秒元块度岁楼层级名]$|(?<!\w)-\d{1,2}(?:\.\d)?$")
_SPAN_OF_DEGREES = re.compile(r"\s?(?:[-~～到至]\s?-?\d{1,2}(?:\.\d)?\s?)?[度°]")
_SCREEN = re.compile(r"屏|比例|ratio|screen|monitor|display|instead|\b(?:16:9|4:3|res)\b")
_CRAFT = re.compile(r"(?:^|[^一-鿿]|[的和架台艘开看是])[运轰直苏图](?!.)")  # 运-20, 苏-57
_DIGIT = re.compile(f"[0-9{arithmetic.VULGAR}]")
# Each repeat inside another is bounded: the cost is linear in the line's length.
_NOT_IN_NUMBER = r"(?<![0-9.,])"
_END = r"(?![0-9])"
_HALF = r"(?:\s?[aApP]\.?[mM]\b\.?)"


def _units(lexicon: Lexicon) -> str:
    units = {*lexicon.units, *lasting.UNITS, "k", "K", "w", "W", "e", "M", "B"} - {"%"}
    return "|".join(map(re.escape, sorted(units, key=len, reverse=True)))


class Numbers:
    """Reads every number of a line; what it does not know stays as it is."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._models = Models(lexicon)
        units = rf"(?:[%％‰](?!\d)|°[CF](?![A-Za-z])|(?:{_units(lexicon)})(?![A-Za-z0-9²³]|/\s))"
        unit = rf"\s?{units}"
        unspaced = units
        sign = r"(?:(?<![\w)\]])[+-]\s?(?=[\d$¥￥€£₩₹₽₱฿₫]))?"
        money = rf"{CURRENCY}\s?{NUMBER}(?:\s?(?:[kKwWmMbB](?![A-Za-z])|million|billion|thousand|[万亿]))?"
        side = r"\d{1,4}(?:\.\d{1,2})?"
        to = r"\s?[-~～–—]{1,2}\s?"
        models = "|".join(
            sorted((re.escape(m) for m in lexicon.models if m.isascii()), key=len, reverse=True)
        )
        shapes = {
            "about": r"(?<![\w~])[~～≈]\s?(?=\d)",
            "maths": arithmetic.EXPRESSION,
            "compared": r"(?<![<>=\w-])[<>≥≤±]=?\s?(?=[$€£¥]?\d)",
            "vulgar": rf"(?<![\d.,])(?:\d{{1,4}}\s?)?[{arithmetic.VULGAR}]",
            "mixed": r"(?<![\w.,/:])\d{1,3}\s[1-7]/[2-8](?![\w/])(?!\.\d)",
            "height": r"(?<![\w.])[3-8](?:'\d{1,2}(?:\"|''|(?![\w']))"
            r"|\s?(?:ft|FT)\s?\d{1,2}(?:\s?in(?:ch)?\b|\"|(?!\w)))",
            "minute": r"(?<![\w.'’\"“])\d{1,2}(?:['’](?=\s?[一-鿿])(?![^'’]{1,8}['’])|[\"″]\d\d(?![\w\"]))",
            "phone": r"(?<![\d.])(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
            r"|0\d{2,3}-\d{7,8}|[48]00-\d{3,4}-\d{3,4}"
            rf"|(?:\+?1[- ])?\(?\d{{3}}\)?[- ]\d{{3}}-\d{{4}}){_END}(?![.\w])",
            "dialled": r"(?<![\w./-])\d{3}-\d{4}(?![\w/-])(?!\.\d)",
            "timed": rf"(?<![\d.])(?<!\d:)(?:\d{{1,2}}:)?\d{{1,2}}:\d\d\.\d{{1,3}}{_END}(?![.:])",
            "clock": rf"(?<![\d.])(?<!\d:)(?:\d{{1,2}}:\d\d(?::\d\d)?{_HALF}?"
            rf"(?:{to}\d{{1,2}}:\d\d(?::\d\d)?{_HALF}?)?"
            rf"|\d{{1,2}}(?:{_HALF}?{to}\d{{1,2}})?{_HALF})(?![:\d])",
            "date": rf"{_NOT_IN_NUMBER}(?:(?:19|20)\d\d(?P<sep>[-/.])\d{{1,2}}(?P=sep)\d{{1,2}}"
            rf"|\d{{1,2}}/\d{{1,2}}/(?:19|20)\d\d){_END}(?!\.\d)",
            "dotted": rf"(?<![\d.])(?:[vV]\s?\d{{1,4}}(?:\.\d{{1,5}}){{1,4}}"
            rf"|\d{{1,5}}(?:\.\d{{1,5}}){{2,4}}){_END}",
            "colon": rf"(?<![\d.])(?<!\d:){side}(?:\s?[:：]\s?{side}){{1,3}}(?![:\d]|\.\d)",
            "resolution": r"(?<![\w.])\d{3,5}\s?[xX×*]\s?\d{3,5}(?![\w.])",
            "sum": rf"(?<![\w.]){NUMBER}(?:\s?[-−+*×÷/xX^]\s?{NUMBER}){{1,8}}"
            rf"\s?[=≈]\s?(?:-?{NUMBER}|[?？几])?"
            rf"|(?<![\w.]){NUMBER}(?:\s?[+×÷*]\s?{NUMBER}){{1,8}}(?![\w])"
            rf"|(?<![\w.]){NUMBER}\s?[=><≈≥≤≠]\s?{NUMBER}(?![\w/])",
            "of": rf"(?<![\w./]){NUMBER}[kKmMwW]/{NUMBER}[kKmMwW](?![\w/])",
            "slashes": r"(?<![\w./])\d{1,4}(?:\.\d(?=/(?:5|10|100)(?!\d)))?(?:/\d{1,4}){1,4}"
            r"(?![\w/])(?!\.\d)",
            "ordinal": r"(?<![\w.])\d{1,5}(?:st|nd|rd|th|ST|ND|RD|TH)(?![A-Za-z])",
            "day": rf"(?<![A-Za-z])(?:{calendar.MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?![\w:%])(?!\.\d)"
            r"(?:,?\s(?:19|20)\d\d(?!\w))?",
            "super": r"(?<![\w.])(?:[1-5]0[5-9]0|16[56]0)[sS](?![A-Za-z0-9])",
            "decade": r"(?<![\w.])(?:[1-9]0|00|(?:1[5-9]|20)\d0)['’]?s(?![A-Za-z])",
            "duration": r"(?<![\w.])(?:\d{1,3}[hH]\s?\d{1,2}[mM](?:\s?\d{1,2}[sS])?"
            r"|\d{1,3}[mM]\s?\d{1,2}[sS])(?![A-Za-z0-9])",
            "span": rf"(?<![\w.])(?:{money}{to}{NUMBER}(?![\w.,%])"
            rf"|(?:{money}|{NUMBER}(?:{unspaced})?){to}(?:{money}|{NUMBER}(?:{unit})))",
            "money": rf"{sign}{money}|{_NOT_IN_NUMBER}{NUMBER}[kKmM]?[$€£](?!\d)",
            "amount": rf"{sign}(?<![A-Za-z0-9_.]){NUMBER}(?:{unit})",
            "colour": figures.COLOUR,
            "times": r"(?:(?<![A-Za-z0-9])[xX]|(?<![0-9])[×*])\s?\d{1,4}(?![A-Za-z0-9.])",
            "hyphen": r"(?<![\w.-])\d{1,4}(?:\.\d)?(?:\s?[-~～–—]{1,2}\s?\d{1,4}(?:\.\d)?){1,3}(?![\w.-])",
            "rank": r"(?<![\w])(?:(?:[Nn][Oo]\.\s?|#|№)\d{1,5}|\d{1,4}#(?=[楼樓栋棟机機])"
            r"|[Tt][Oo][Pp]\s?\d{1,4}"
            r"|[Ll][Vv]l?\.?\s?\d{1,4})(?![\w])(?!\.\d)",
            "move": chess.MOVE,
            "model": rf"(?<![A-Za-z0-9])(?:(?i:{models})\s\d{{1,5}}(?![.,:/%\d])[A-Za-z0-9]{{0,8}}"
            r"|(?=[A-Za-z0-9-]{0,16}[0-9])(?=[A-Za-z0-9-]{0,16}[A-Za-z])[A-Za-z0-9]{1,24}"
            r"(?:-[A-Za-z0-9]{1,24}){0,3})(?![A-Za-z0-9])(?:\.\d{1,3}(?!\d))?",
            # "+ 7900XT" adds a model, and "+ 1/3" a part.
            "number": rf"(?:(?<![\w)\]])[+-](?:\s(?!\d+[A-Za-z/]))?)?{NUMBER}",
        }
        self._shapes = re.compile(
            "|".join(f"(?P<{name}>{shape})" for name, shape in shapes.items()), re.ASCII
        )
        self._readers: dict[str, Callable[[str, Place], str | None]] = {
            "about": self._about,
            "maths": arithmetic.expression,
            "compared": arithmetic.compared,
            "vulgar": arithmetic.vulgar,
            "mixed": arithmetic.mixed,
            "height": figures.height,
            "minute": figures.to_the_minute,
            "phone": figures.phone,
            "dialled": figures.local_phone,
            "clock": self._clock,
            "date": calendar.date,
            "dotted": figures.dotted,
            "timed": calendar.timed,
            "colon": figures.colon,
            "resolution": figures.resolution,
            "sum": figures.sum_of,
            "of": self._of,
            "slashes": slashes.read,
            "ordinal": figures.ordinal,
            "day": calendar.named_day,
            "super": lambda text, place: f"{place.model(text[:-1])} S",
            "decade": figures.decade,
            "duration": calendar.duration,
            "span": amount,
            "money": amount,
            "amount": self._amount,
            "colour": figures.colour,
            "times": self._times,
            "hyphen": figures.hyphen,
            "rank": self._rank,
            "move": self._move,
            "model": self._models.read,
            "number": self._number,
        }

    def read(self, text: str, context: Context) -> str:
        if not _DIGIT.search(text):
            return text

        def replaced(match: re.Match[str]) -> str:
            start, end = match.span()
            language = context.of(start, end)
            if language == OTHER:
                return match[0]
            place = Place(
                language, text[max(0, start - _NEAR) : start], text[end : end + _NEAR], self._lexicon
            )
            assert match.lastgroup
            said = self._readers[match.lastgroup](match[0], place)
            if said is None:
                said = self._pieces(match[0], place)
            if place.zh and match.lastgroup in ("about", "compared"):
                return said  # the number that follows is Chinese too
            before, after = text[start - 1 : start], text[end : end + 1]
            # A reading in letters stands apart from the letters beside it.
            left = " " if _meets(before, said[:1]) else ""
            right = " " if _meets(said[-1:], after) else ""
            return f"{left}{said}{right}"

        # Only around digits are the shapes looked for: there are many, and most of a line has none of them.
        said: list[str] = []
        end = 0
        while digit := _DIGIT.search(text, end):
            found = self._shapes.search(text, max(end, digit.start() - _REACH))
            if found is None:
                break
            said += (text[end : found.start()], replaced(found))
            end = found.end()
        return "".join(said) + text[end:]

    def _pieces(self, text: str, place: Place) -> str:
        """What has the shape of something and is not: its numbers, one after the other."""
        pieces = re.split(r"(\d+(?:\.\d+)?)", text)
        said = [place.number(piece) if piece[:1].isdigit() else piece for piece in pieces]
        return " ".join(piece.strip() for piece in said if piece.strip())

    def _clock(self, text: str, place: Place) -> str | None:
        if re.fullmatch(r"\d{1,2}:\d\d", text):
            screen = text in ("16:10", "21:10") and _SCREEN.search(place.before + place.after)
            if screen or figures.is_score(text, place, colon=True):
                return figures.colon(text, place)
        said = calendar.clock(text, place)
        return said or figures.colon(text, place) if ":" in text else said

    def _amount(self, text: str, place: Place) -> str | None:
        word = place.lexicon.words.get(text.lower())  # "401k"
        return (word and word.reading(place.language)) or amount(text, place)

    def _move(self, text: str, place: Place) -> str | None:
        return chess.move(text, place) or self._models.read(text, place)

    def _about(self, text: str, place: Place) -> str:
        if "≈" in text and place.before.rstrip()[-1:].isalnum():
            return place.pick("约等于", " is about ")
        if place.zh and _UP_TO.search(place.before):
            return "到"
        return place.pick("大约", "about ")

    def _of(self, text: str, place: Place) -> str | None:
        """ "30k/60k": so much of so much."""
        first, second = (amount(part, place) for part in text.split("/"))
        return f"{first}{place.pick('，', ' out of ')}{second}" if first and second else None

    def _times(self, text: str, place: Place) -> str | None:
        if text[0] in "xX" and (place.after_maker or _MAKER.search(place.before)):
            return None
        times = text.lstrip("xX×* ")
        if text[0] == "X" and not place.before.strip():
            return f"X {place.model(times)}"  # of nothing there is no five times: a car's name
        if times in ("264", "265"):  # a codec's name
            return f"X {place.model(times)}"
        if times in ("86", "64", "32") and not place.before.rstrip()[-1:].isalnum():  # a processor's kind
            return f"X {place.pick(place.digits(times), place.model(times))}"
        if place.after[:1] == "倍":
            return place.two(times)
        return place.pick(f"乘{place.number(times)}", f"times {place.number(times)}")

    def _rank(self, text: str, place: Place) -> str:
        rank = re.findall(r"\d+", text)[0]
        kind = text[0].lower()
        if text.endswith("#"):
            return f"{place.number(rank)}号"
        if kind == "l":
            return place.pick(f"{place.number(rank)}级", f"level {place.number(rank)}")
        if kind == "t":
            return place.pick(f"top {place.number(rank)}", f"top {place.number(rank)}")
        return place.pick(f"第{place.number(rank)}", f"number {place.number(rank)}")

    def _number(self, text: str, place: Place) -> str | None:
        sign = text[0] if text[0] in "+-" else ""
        number = text.lstrip("+- ")
        if number.isdigit() and not sign and not place.before.endswith("."):
            return digits.plain(number, place)
        if sign == "+" and place.zh and len(number) > 4 and (word := place.lexicon.digits.get(number)):
            return "加" + word.within
        if not sign and (said := figures.version(number, place)):
            return said
        said = calendar.dotted(number, place) if re.fullmatch(r"\d+\.\d+", number) else None
        said = said or place.number(number)
        if sign == "-" and (place.after_maker or _CRAFT.search(place.before)):
            return place.model(number) if number.isdigit() else said
        if sign == "-" and place.zh and _ENDS.search(place.before):
            return f"到{said}"
        if sign == "-":
            return place.pick("零下" if _SPAN_OF_DEGREES.match(place.after) else "负", "minus ") + said
        return place.pick("加", "plus ") + said if sign else said


def _meets(left: str, right: str) -> bool:
    """Letters of words, or Latin and Chinese, that would run into each other."""
    if not (left.isalnum() and right.isalnum()):
        return False
    return left.isascii() or right.isascii()
