"""Reads dates, times of day, durations and spans of them."""

from __future__ import annotations

import re

from bot.chat.normalize import numerals
from bot.chat.normalize.place import Place

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
# As they are written before a day; "may" and "mar" in small letters are something else.
MONTHS = (
    "(?i:jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec|january|february|april|june|july|august|september|october"
    "|november|december)|Mar|March|May"
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s?([aApP]\.?[mM]\.?)?")
_DURATION = re.compile(r"(\d+)\s?([hms])", re.IGNORECASE)
# Words that tell a date ("12.31晚上") from a decimal ("12.31").
_DATE_AFTER = re.compile(
    r"\s*(?:见|发售|开播|跨年|前|后|晚|早|上午|下午|凌晨|开始|截止|回归|直播|抢票|开票|预售|放假|活动"
    r"|圣诞|聖誕|平安夜|除夕|端午|中秋|七夕|万圣|考试|考研|高考|发布会|元旦|国庆|情人节|生日"
    r"|的(?:活动|直播|比赛))"
)
# A version tells of these too ("原神5.1更新"): a day there has two digits, and no Latin name before it.
_RELEASED = re.compile(r"\s*(?:更新|上线|开服|开启)")
_NAMED = re.compile(r"[A-Za-z]\s?$")
_DATE_BEFORE = re.compile(
    r"(?:今天|明天|昨天|农历|阴历|阳历|公历|生日|日期|时间|截止|截至|预计|定档|等到|直到|放假)(?:是|到|在)?\s*$"
)
_FEASTS = {"5.20": "五二零", "5.21": "五二一", "6.18": "六一八", "11.11": "双十一", "12.12": "双十二",
           "3.8": "三八", "5.1": "五一", "10.1": "十一", "5.4": "五四", "6.1": "六一", "7.1": "七一",
           "8.1": "八一", "4.1": "四一", "3.15": "三一五", "9.3": "九三", "7.7": "七七", "9.18": "九一八",
           "5.12": "五一二"}  # fmt: skip
_FEAST_AFTER = re.compile(
    r"\s*(?:快乐|快樂|剁手|大促|促销|活动|打折|买|优惠|表白|礼物|红包|节|節|儿童|劳动|妇女|女神|男神|青年|建军|建党|愚人|国庆"
    r"|晚会|好价|囤|假|长假|黄金周|放几天|放多久|调休|高速|人多|去哪|去玩|出去|回家|出游|阅兵|纪念日|汶川|事变)"
)
_ELAPSED = re.compile(
    r"(?:时长|用时|耗时|录像|视频|纪录|记录|进度条?|空降|[跳拉倒]到|(?<![A-Za-z])[Pp]\d{1,3}\s?[在的]?"
    r"|\b(?:time|timer|wr|pb|record|pace|split|in|under|sub))\s?(?:is|was|of|=|是|:)?\s*$",
    re.IGNORECASE,
)
# "signed in 9:15" was at that time of day.
_SIGNED_IN = re.compile(r"\b(?:sign|clock|check|log|punch)(?:ed|ged)?\sin\s?$", re.IGNORECASE)
# What happens in a video, after its place in it ("04:32高能").
_SCENE = re.compile(
    r"\s?(?:高能|名场面|空降|泪目|封神|[那这]里|[那这]段|[那这]句|[那这]一?下|左右的|处(?!理))"
)


def date(text: str, place: Place) -> str | None:
    """ "2024-05-01", "5/1/2024"; None if there is no such day."""
    parts = re.findall(r"\d+", text)
    if len(parts[0]) == 4:
        year, month, day = parts
    elif len(parts[2]) == 4:
        month, day, year = parts
        if int(month) > 12:
            month, day = day, month
    else:
        return None
    said = month_day(month, day, place)
    if said is None:
        return None
    return f"{place.year(year)}年{said}" if place.zh else f"{said}, {place.year(year)}"


def month_day(month: str, day: str, place: Place) -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    if place.zh:
        said = f"{numerals.zh_cardinal(month)}月{numerals.zh_cardinal(day)}"
        return said if place.after[:1] in ("日", "号", "號") else said + "日"
    return f"{_MONTHS[int(month) - 1]} {numerals.en_ordinal(day)}"


def named_day(text: str, place: Place) -> str | None:
    """ "Dec 25", "Jan. 3rd, 2025"."""
    if place.zh:
        return None
    month = next(name for name in _MONTHS if name.lower().startswith(text[:3].lower()))
    day, *year = re.findall(r"\d+", text)
    if not 1 <= int(day) <= 31:
        return None
    return f"{month} {numerals.en_ordinal(day)}" + (f", {place.year(year[0])}" if year else "")


def dotted(text: str, place: Place) -> str | None:
    """ "12.31" where what stands around it says that it is a day."""
    month, day = text.split(".")
    if place.zh and (feast := _FEASTS.get(text)) and _FEAST_AFTER.match(place.after):
        return feast
    near = (
        _DATE_AFTER.match(place.after)
        or _DATE_BEFORE.search(place.before)
        or (len(day) == 2 and _RELEASED.match(place.after) and not _NAMED.search(place.before))
    )
    return month_day(month, day, place) if place.zh and near and len(day) <= 2 else None


def clock(text: str, place: Place) -> str | None:
    """ "10:30", "8pm", "20:00-22:00", "1:23:45"."""
    times = list(_CLOCK.finditer(text))
    shared = times[-1][4]
    if len(times) > 1 and times[0][4] and not shared:
        return None
    if len(times) > 1 and not times[0][4] and shared and not place.zh:
        # "8-10pm" is "eight to ten P M".
        first = _time(times[0], shared, place)
        said = [first and first.removesuffix(f" {shared[0].upper()} M"), _time(times[1], shared, place)]
    else:
        said = [_time(time, time[4] or (shared if len(times) > 1 else None), place) for time in times]
    if None in said:
        return None
    return place.pick("到", " to ").join(part for part in said if part)


def _time(time: re.Match[str], half: str | None, place: Place) -> str | None:
    hour, minute, second = int(time[1]), int(time[2] or 0), time[3]
    if minute > 59 or int(second or 0) > 59:
        return None
    if place.zh and half and hour > 12 and time[2] is None:
        return None  # 16pm: a telephone, Pro Max
    if second is not None:
        return _elapsed(hour, minute, int(second), place)
    timed = (
        (_ELAPSED.search(place.before) and not _SIGNED_IN.search(place.before))
        or (time[1] == "0" and not place.zh)
        or (place.zh and _SCENE.match(place.after))
    )
    if hour > 24 or (timed and not half):
        return _elapsed(0, hour, minute, place)
    if place.zh:
        part = ""
        if half:
            hour %= 12
            part = _part_of_day(hour, half[0] in "pP")
            hour = hour or 12
        spoken = "两" if hour == 2 else numerals.zh_cardinal(str(hour))
        minutes = "" if not minute else "半" if minute == 30 else numerals.zh_cardinal(str(minute)) + "分"
        if 0 < minute < 10:
            minutes = "零" + minutes
        return f"{part}{spoken}点{minutes}"
    if not half and hour > 12:
        half, hour = "pm", hour - 12
    if hour == 0:
        half, hour = half or "am", 12
    spoken = numerals.en_cardinal(str(hour))
    if minute:
        spoken += (" oh " if minute < 10 else " ") + numerals.en_cardinal(str(minute))
    elif not half:
        spoken += " o'clock"
    return spoken + (f" {half[0].upper()} M" if half else "")


def _part_of_day(hour: int, after_noon: bool) -> str:
    if not after_noon:
        return "凌晨" if hour < 6 else "上午"
    return "中午" if hour == 0 else "下午" if hour < 6 else "晚上"


def _elapsed(hours: int, minutes: int, seconds: int, place: Place) -> str:
    parts = ((hours, "小时", "hour"), (minutes, "分", "minute"), (seconds, "秒", "second"))
    said: list[str] = []
    for count, zh, en in parts:
        if count and place.zh:
            said.append(("两" if count == 2 else numerals.zh_cardinal(str(count))) + zh)
        elif count:
            said.append(f"{numerals.en_cardinal(str(count))} {en}{'' if count == 1 else 's'}")
    if not said:
        return place.pick("零秒", "zero seconds")
    return "".join(said) if place.zh else " ".join(said)


def timed(text: str, place: Place) -> str:
    """A run's time to the fraction of a second: "1:23.45"."""
    whole, fraction = text.split(".")
    *hours, minutes, seconds = whole.split(":")
    if place.zh:
        said = (
            _elapsed(int(hours[0]) if hours else 0, int(minutes), 0, place) if int(minutes) or hours else ""
        )
        return f"{said}{numerals.zh_cardinal(seconds)}秒{numerals.zh_digits(fraction)}"
    parts = [numerals.en_cardinal(part) for part in (*hours, minutes) if int(part)]
    parts.append(("oh " if parts and int(seconds) < 10 else "") + numerals.en_cardinal(seconds))
    return f"{' '.join(parts)} point {numerals.en_digits(fraction)}"


def duration(text: str, place: Place) -> str:
    """ "2h30m", "1m20s"."""
    counts = {unit.lower(): int(count) for count, unit in _DURATION.findall(text)}
    said = _elapsed(counts.get("h", 0), counts.get("m", 0), counts.get("s", 0), place)
    return said.replace("分", "分钟") if place.zh and said.endswith("分") else said
