"""Reads numbers in company: phones, versions, scores, ranges, levels, sums, ordinals."""

from __future__ import annotations

import re

from bot.chat.normalize import calendar, numerals, slashes
from bot.chat.normalize.place import Place, is_year
from bot.chat.normalize.quantities import KIND, amount

# How somebody fares: before a score ("went 3-1"), an age or a speed ("he's 18-20"), a time of day.
_FARES = r"went|going|ur|you're|i'm|im|he's|hes|she's|shes|we're|they're"
_FARING = re.compile(rf"\b(?:{_FARES})\s*$", re.IGNORECASE)
_WON = re.compile(
    r"(?:赢|输|胜|负|比分|领先|落后|打[成到完]?|战|战平|战胜|拿下|击败|横扫|被|平|虐|剃|打了个|变成?|[扳追翻][成到平]|人头"
    r"|[男女国][排羽乒足]|排球|羽毛球|乒乓球?|[首末]局|决胜局|[赛局盘]点|加时赛?|第[一二三四1-4]节|[半全终]场|赔率|比例|汇率"
    rf"|\b(?:won|win|lost|lose|score|up|down|beat|lead|leading|is|it's|its|gg|series|swept|{_FARES}))\s*$",
    re.IGNORECASE,
)
COLOUR = r"#(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{6}(?![\w-])"  # "#1e90ff"
_PLAYED = re.compile(r"(?:[局图盘把波]|分钟|\b(?:map|set|overtime))\s*$", re.IGNORECASE)
# A map's rounds are played to 13, or to 16; as a time of day nobody types these with nothing beside them.
_MAP_END = re.compile(r"13:11|11:13|16:1[1-4]|1[1-4]:16|19:1[67]|1[67]:19")
# What begins or ends at a time of day: "国足19:35开球", "活动22:00结束".
_HELD = re.compile(r"\s?(?:开[球始播赛场打踢]|[上下]课|结束|踢|直播|下播)")
_TALLY = re.compile(r"(?:比分|人头|人頭|领先|落后|赔率|比例|汇率)[是为]?\s?$")
_NOW = re.compile(r"(?:现在|今[天晚早]|明[天晚早]|[上下中]午|早上|晚上|凌晨|时间|已经|[都快])[是到]?\s?$")
_AIRLINER = re.compile(r"(7[0-8]7)-([1-9]00|8|9|10)")
_IS = re.compile(rf"\b(?:is|it's|its|down|up|{_FARES})\s*$", re.IGNORECASE)
_LOSER, _WINNER = 9, 15  # the most games of a score that only a word of _FARES stands before
_LEVEL = re.compile(
    r"(?:关|图|第|关卡|主线|支线|剧情|章|节|副本|推图|打到|过了|world|stage|level|episode|map)\s*$",
    re.IGNORECASE,
)
# Parts of a work are numbered with two digits as months are: "EP 01-12".
_PART = re.compile(r"(?:第|\b(?:eps?|episodes?|vols?|volumes?|ch|chapters?)\.?)\s?$", re.IGNORECASE)
_PARTS = re.compile(r"\s?[集话話章卷]")
_VERSIONED = re.compile(r"\b(?:python|patch|version|ver|update|build|release)\s?$", re.IGNORECASE)
_LEFT = re.compile(
    r"\s?(?:left|cooldown|cd|ago|more|remaining|timer|delay|ads?|later|before)\b|\s?(?:冷却|后|之后|内|就)"
)
_PACE = re.compile(r"(?:配速|用时|成绩|圈速|每公里)\s?$")
# The sets of a match: "6-4 3-6 7-5".
_SET_BEFORE = re.compile(r"\d-\d{1,2}[\s,，、]\s?$")
_SET_AFTER = re.compile(r"[\s,，、]\s?\d{1,2}-\d{1,2}(?![\d-])")
_TEAM_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]{1,3}\s?$")
_TEAM_AFTER = re.compile(r"\s?[A-Z][A-Za-z0-9]{1,3}(?![A-Za-z0-9])")
# What is done in a round of a game that counts them so: "2-1选海克斯", "4-2拉人口".
_ROUND = re.compile(
    r"\s?(?:选[海秀]|拉人口|拉[6-9六七八九]|搜[卡牌]|大?D(?![A-Za-z])|海克斯|升[6-9六七八九])"
)
_WAITS = re.compile(r"([1-9])=(?!\1)([1-9])")  # "4=1": four wait for one
_RESULT = re.compile(r"\s?(?:等于|等於|是多少|得多少|得几)")
_FORMATION = re.compile(r"\s?(?:阵|陣|分推|分带)")
_ODDS = re.compile(r"\s(?:shot|odds|underdog|favou?rite)\b")
_HOURS = re.compile(
    r"\b(?:open|works?|working|shifts?|hours|(?:mon|tues|wednes|thurs|fri|satur|sun|week)days?)\s$",
    re.IGNORECASE,
)
_AGES = re.compile(r"(?:\b(?:the|his|her|my|their|our|your|in|early|late|mid)\s?|['’])$", re.IGNORECASE)
_STAGE = re.compile(r"\s?(?:关(?!于)|關)")
_DIALLED = re.compile(
    r"\b(?:call|text|dial|phone|number|ring|at|tel)\b\W*(?:me|us|him|her|is)?\W*$", re.IGNORECASE
)
_SIGNS = {
    "+": ("加", "plus"), "-": ("减", "minus"), "−": ("减", "minus"), "*": ("乘", "times"),
    "×": ("乘", "times"), "x": ("乘", "times"), "X": ("乘", "times"), "/": ("除以", "divided by"),
    "÷": ("除以", "divided by"), "=": ("等于", "equals"), "^": ("的次方", "to the power of"),
    ">": ("大于", "is greater than"), "<": ("小于", "is less than"), "≈": ("约等于", "is about"),
    "≠": ("不等于", "is not equal to"), "≥": ("大于等于", "is at least"), "≤": ("小于等于", "is at most"),
}  # fmt: skip


def phone(text: str, place: Place) -> str:
    groups = re.findall(r"\d+", text)
    if place.zh:
        return "".join(numerals.zh_digits(group) for group in groups).replace("一", "幺")
    return ", ".join(numerals.en_digits(group) for group in groups)


def local_phone(text: str, place: Place) -> str | None:
    """ "555-0123": seven digits, where it is said or seen that they are dialled."""
    dialled = text.startswith("555-") or text[4] == "0" or _DIALLED.search(place.before)
    return phone(text, place) if dialled else hyphen(text, place)


def dotted(text: str, place: Place) -> str:
    """Versions and addresses: "1.20.1", "v1.2.3", "192.168.1.1"."""
    parts = re.findall(r"\d+", text)
    if place.zh:
        first = numerals.zh_digits(parts[0]) if len(parts[0]) > 2 else numerals.zh_cardinal(parts[0])
        said = "点".join((first, *map(numerals.zh_digits, parts[1:])))
    else:
        dot = " dot " if len(parts) > 3 else " point "
        said = dot.join(
            numerals.en_digits(part) if len(part) > 2 or part[0] == "0" else numerals.en_cardinal(part)
            for part in parts
        )
    return f"V {said}" if text[0] in "vV" else said


def version(number: str, place: Place) -> str | None:
    """ "Python 3.12", "patch 14.10": the second part is a count of its own."""
    whole, _, part = number.partition(".")
    if place.zh or len(part) != 2 or part[0] == "0" or not _VERSIONED.search(place.before):
        return None
    return f"{numerals.en_cardinal(whole)} point {numerals.en_cardinal(part)}"


def colon(text: str, place: Place) -> str:
    """Scores and ratios: "3:2", "16:9"."""
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if place.zh:
        return "比".join(map(place.number, numbers))
    joint = " by " if text in ("16:9", "4:3", "21:9", "16:10") else " to "
    return joint.join(map(place.number, numbers))


def is_score(text: str, place: Place, *, colon: bool = False) -> bool:
    """`colon`: it may be a time of day ("it's 10:30") as well."""
    won = _WON.search(place.before)
    clock = colon and re.fullmatch(r"\d{1,2}:[0-5]\d", text)
    if clock and _NOW.search(place.before):
        return False
    low, high = sorted(float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)[:2])
    if clock and _PLAYED.search(place.before):
        return high <= 30 and not text.endswith((":00", ":30"))
    ends = clock and place.zh and _MAP_END.fullmatch(text)
    if clock and place.zh and not ends and _is_hour(text, place):
        return False
    if not clock and _FARING.search(place.before) and (low > _LOSER or high > _WINNER):
        won = None
    if ends:
        named = re.search(r"[A-Za-z]\s$", place.before) and place.after[:1] in ("", "，", "。", "！", "!")
        if place.alone or named:
            return True
    return (won is not None and not (clock and _IS.search(won[0]))) or re.search(
        r"\s*(?:的?比分|人头|人頭|打完|结束|领先|落后|险胜|获胜|大胜|胜|赢|输|败|平|逆转|绝杀|拿下|ratio|score|lead)|^\s*了$",
        place.after[:6],
    ) is not None


def _is_hour(text: str, place: Place) -> bool:
    """ "国足19:35开球", "女排20:00决赛": what is held has a time of day; "比分20:00" is counted."""
    if int(text.split(":")[0]) > 24 or _TALLY.search(place.before):
        return False
    round_hour = text.endswith((":00", ":30"))
    return round_hour or place.before.endswith("打到") or _HELD.match(place.after) is not None


def hyphen(text: str, place: Place) -> str:
    """ "2-0", "3-5", "3-5个", "1-1": a score, a range or a level."""
    numbers = re.findall(r"\d+(?:\.\d+)?", text)
    if place.zh and (_FORMATION.match(place.after) and "." not in text):
        return "".join(map(numerals.zh_digits, numbers))
    if len(numbers) > 2:
        if all(int(float(number)) < 100 for number in numbers) and len(numbers) == 3 and place.zh:
            return "杠".join(map(place.number, numbers))
        return " ".join(place.digits(number) for number in numbers)
    first, second = numbers
    if airliner := _AIRLINER.fullmatch(text):
        return f"{place.model(airliner[1])}{place.pick('', ' ')}{place.number(airliner[2])}"
    if place.before.endswith("满") or (place.zh and _RESULT.match(place.after)):
        return f"{place.number(first)}减{place.number(second)}"
    if is_year(first) and len(second) == 2 and int(second) == (int(first) + 1) % 100:
        ends = f"到{numerals.zh_digits(second)}" if place.zh else f" {place.number(second)}"
        return place.year(first) + ends
    if "." not in text and len(first) == len(second) == 2 and first[0] == "0":
        if _PART.search(place.before) or _PARTS.match(place.after):
            return f"{place.number(first)}{place.pick('到', ' to ')}{place.number(second)}"
        if said := calendar.month_day(first, second, place):
            return said
    spans = place.counted or (
        not place.zh
        and (
            re.match(r"\s*[a-z]{3,}s\b", place.after) is not None
            or _HOURS.search(place.before) is not None
            or (second == "1" and _ODDS.match(place.after) is not None)
        )
    )
    if text == "9-5" and not place.zh:
        return "nine to five"
    if text == "7-11" and not place.counted:
        return "seven eleven"
    if (
        place.zh
        and (first == second or _STAGE.match(place.after))
        and place.counted
        and "第" not in place.before[-1:]
    ):
        return "杠".join(map(place.number, numbers))
    if place.zh and " -" in text and re.search(r"\d\s$", place.before):
        return f"{place.number(first)} 负{place.number(second)}"  # coordinates: "100 64 -200"
    if place.zh and _ROUND.match(place.after) and 0 < int(float(first)) < 9 > int(float(second)) > 0:
        return "杠".join(map(place.number, numbers))
    if not spans and _LEVEL.search(place.before):
        return place.pick("杠", " ").join(map(place.number, numbers))
    low, high = float(first), float(second)
    sets = _SET_BEFORE.search(place.before) or _SET_AFTER.match(place.after) or _between_teams(place)
    scored = sets or is_score(text, place) or low >= high or 0 in (low, high)
    if spans or not scored or (high > 30 > low + 10 and not sets):
        if is_year(first) and is_year(second):
            return f"{place.year(first)}{place.pick('到', ' to ')}{place.year(second)}"
        counted = spans and place.zh and place.after.lstrip()[:1] not in tuple("月日号號楼层级班")
        start = place.two(first) if counted else place.number(first)
        return f"{start}{place.pick('到', ' to ')}{place.number(second)}"
    return place.pick("比", " ").join(map(place.number, numbers))


def _between_teams(place: Place) -> bool:
    """ "TES 2-3 JDG"."""
    return place.zh and bool(_TEAM_BEFORE.search(place.before) and _TEAM_AFTER.match(place.after))


def sum_of(text: str, place: Place) -> str:
    """ "1+1=2"."""
    if place.zh and (waits := _WAITS.fullmatch(text)):
        return f"{place.number(waits[1])}等{place.number(waits[2])}"
    said: list[str] = []
    for piece in re.findall(r"\d+/\d+(?=\s?≈)|\d+(?:,\d{3})*(?:\.\d+)?|[?？]|[^\d\s.]", text):
        if "/" in piece[1:]:
            said.append(slashes.read(piece, place))
        elif piece in ("?", "？"):
            said.append(place.pick("几", "what"))
        elif piece[0].isdigit():
            said.append(place.number(piece))
        elif piece in _SIGNS:
            said.append(_SIGNS[piece][0 if place.zh else 1])
    return ("" if place.zh else " ").join(said)


def colour(text: str, place: Place) -> str:
    """ "#FF8000": sign by sign."""
    runs = re.findall("[0-9]+|[A-Za-z]", text)
    return " ".join(place.digits(run) if run.isdigit() else run.upper() for run in runs)


def resolution(text: str, place: Place) -> str:
    wide, high = re.findall(r"\d+", text)
    return f"{place.model(wide)}{place.pick('乘', ' by ')}{place.model(high)}"


def ordinal(text: str, place: Place) -> str:
    number = re.match(r"\d+", text)[0]  # type: ignore[index]
    return f"第{numerals.zh_cardinal(number)}" if place.zh else numerals.en_ordinal(number)


def decade(text: str, place: Place) -> str | None:
    """ "90s", "1980s"."""
    digits = text.rstrip("s'’")
    if digits == "00":
        return None if place.zh else "two thousands"
    if place.zh and len(digits) == 4 and digits < "1900":
        return amount(text, place)
    if (len(digits) == 2 and "'" not in text and "’" not in text) and (
        _LEFT.match(place.after) or (int(digits) < 50 and not _AGES.search(place.before))
    ):
        unit = " second" if KIND.match(place.after) else " seconds"
        return f"{place.number(digits)}{place.pick('秒', unit)}"
    if place.zh:
        return f"{numerals.zh_digits(digits[-2:])}年代"
    said = numerals.en_pairs(digits)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


def to_the_minute(text: str, place: Place) -> str:
    """Sports: "75'" is a minute of a match, 9"83 seconds and hundredths."""
    first, *rest = re.findall(r"\d+", text)
    if rest:
        return place.pick(
            f"{place.number(first)}秒{numerals.zh_digits(rest[0])}",
            f"{place.number(first)} point {place.number(rest[0])}",
        )
    return f"{place.number(first)}分钟" if place.zh else text


def height(text: str, place: Place) -> str:
    """Feet and inches: 6'2", 5ft11."""
    feet, inches = re.findall(r"\d+", text)
    if place.zh and (int(inches) > 11 or _PACE.search(place.before)):
        return f"{place.number(feet)}分{place.number(inches)}秒"
    return place.pick(
        f"{place.number(feet)}英尺{place.number(inches)}英寸",
        f"{place.number(feet)} foot {place.number(inches)}",
    )
