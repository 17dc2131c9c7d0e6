"""Reads digits that stand alone: as a number, one by one, or as the words that chat means by them."""

from __future__ import annotations

import re

from bot.chat.normalize import numerals
from bot.chat.normalize.place import Place, all_alike, is_card, is_year

_FAREWELL = re.compile(r"(?:[了啦吧溜走睡播安家位拜们见息我]|[\W_]|^)\s*$")
_TO_SOMEBODY = re.compile(r"(?:[播你我他她姐哥宝们了啦呀啊哈迷大王爷,，。!！?？\s]|up|UP)$")
_ADDRESSED = re.compile(r"\s*(?:$|[\W_]|[晚啊呀哦哟啦了咯喽主播老大各你我他姐哥小宝亲爱]|up)", re.IGNORECASE)
_CLAUSE_START = re.compile(r"(?:^|[\W_])\s*$")
_LINE_START = re.compile(r"(?:^|[^\w\s])\s*$")
_CLAUSE_END = re.compile(r"\s*(?:$|[^\w\s])")
_IDENTITY = re.compile(
    r"(?:群|群号|房间|房间号|房号|房|qq|(?<![A-Za-z])uid|(?<![A-Za-z])id|号码|验证码|编号|密码|账号|帐号|工号|代码|电话|手机|手机号|邀请码|尾号"
    r"|\b(?:room|error|code|number|phone|pin|password|bv|av))\s?(?:is|为|是|:|：|#)?\s*$",
    re.IGNORECASE,
)
_YOU_TOO = re.compile(r"\b(?:u|you|me|him|her|them) 2(?:$|[.!?,])")
_FOR = re.compile(r"\s(?:\w+ing|me|u|you|us|real|life|sure|everyone|the)\b")
_TOO = re.compile(r"\s(?:hard|good|much|easy|late|fast|slow|bad|many|long|far|cute|funny|strong|big|ez|op)\b")
_DIALLED = re.compile(r"\s*(?:室|房间|教室|宿舍|寝室|路公交|路车|国道|高铁|航班|邮箱|同城|卫士)")
_METERS = re.compile(r"\d\s?[米秒]$")  # "1米83"
_FORMATION = re.compile(r"\s?[阵陣]")  # 442阵型
_HOTLINE = re.compile(r"1[12]\d|100\d\d|12\d{3}|95\d{3}")
_CALLED = re.compile(r"(?:打|拨|叫|拨打|打电话给|呼叫)(?:了|个)?\s*$")
_JOINED_IN = re.compile(r"\s?(?:入|买|买的|开始|出的|加|毕业|认识|那会|的时候|就|左右|前后|春晚|款)")
_PORSCHE = re.compile(r"\s(?:GT\d|turbo|carrera|porsche|turbo)", re.IGNORECASE)
_PATTERN = re.compile(r"式(?!各|样)")  # 99式坦克: the year of its design
_LASTING = re.compile(r"(?:久久|祝|长长)$")
_PROCESSOR = re.compile(r"\b(?:ryzen\s[3579]|i[3579]|ultra\s[579]|xeon|epyc)\s$", re.IGNORECASE)
_PORT = re.compile(r"\b(?:port|rfc)\s$", re.IGNORECASE)
_OFF = re.compile(r"\s?折")  # 85折
_GENERATION = re.compile(r"\d[05]\Z")


def plain(digits: str, place: Place) -> str:
    """Digits and nothing else."""
    if (said := _word(digits, place)) is not None:
        return said
    if _IDENTITY.search(place.before) and len(digits) >= 3:
        return place.digits(digits)
    if place.zh:
        return _plain_zh(digits, place)
    if len(digits) in (4, 5) and (_PROCESSOR.search(place.before) or _PORT.search(place.before)):
        return numerals.en_pairs(digits)
    if digits.startswith("0") and len(digits) > 1:
        if len(digits) == 2 and place.before[-1:] in ("'", "’"):
            return f"oh {numerals.en_digits(digits[1])}"
        return numerals.en_digits(digits)
    if len(digits) > 4 and all_alike(digits):
        return numerals.en_digits(digits[:3])
    if is_year(digits) or is_card(digits):
        return numerals.en_year(digits)
    if len(digits) >= 7 and not digits.endswith("00"):
        return numerals.en_digits(digits)
    return numerals.en_cardinal(digits)


def _plain_zh(digits: str, place: Place) -> str:
    after = place.after
    if (
        after[:1] == "年"
        and len(digits) in (2, 4)
        and (len(digits) == 4 or int(digits) > 50 or digits[0] == "0")
    ):
        return numerals.zh_digits(digits)
    if after[:1] == "年" and re.fullmatch("1\\d|2[0-9]", digits) and _JOINED_IN.match(after[1:]):
        return numerals.zh_digits(digits)
    if (
        len(digits) in (3, 4)
        and not place.counted
        and place.after_maker
        and after[:1] not in tuple("多几來来左")
    ):
        return numerals.zh_digits(digits)
    if len(digits) in (3, 4) and _FORMATION.match(after):
        return numerals.zh_digits(digits)
    if len(digits) == 2 and (_PATTERN.match(after) or _OFF.match(after)):
        return numerals.zh_digits(digits)
    if (after[:1] in ("后", "後") and _GENERATION.fullmatch(digits)) or _DIALLED.match(after):
        return numerals.zh_digits(digits)
    if digits.startswith("0") and len(digits) > 1:
        return numerals.zh_digits(digits)
    if len(digits) == 2 and _METERS.search(place.before):
        return numerals.zh_digits(digits)
    if _HOTLINE.fullmatch(digits) and _CALLED.search(place.before):
        return numerals.zh_digits(digits).replace("一", "幺")
    if place.counted:
        if digits == "2" and not re.match(r"\s*(?:月|日|号|號|楼|樓|层|層|年级|班|级|級|百|十)", after):
            return "两" if place.before[-1:] not in ("第", "周", "零") else "二"
        return numerals.zh_cardinal(digits)
    if digits == "2" and after[:1] in tuple("家本对副把发包") and place.before[-1:] != "第":
        return "两"
    if place.counted:
        return numerals.zh_cardinal(digits)
    if is_year(digits) or is_card(digits) or place.before[-1:] in ("战", "波", "客"):
        return numerals.zh_digits(digits) if len(digits) > 2 else numerals.zh_cardinal(digits)
    if len(digits) >= 7 and not digits.endswith("000"):
        return numerals.zh_digits(digits)
    return numerals.zh_cardinal(digits)


def _word(digits: str, place: Place) -> str | None:
    """666, 2333, 88, 520 as those who type them mean them; None if it is a number here."""
    if not place.zh:
        if digits == "4" and _FOR.match(place.after):
            return "for"
        if digits == "2" and (_TOO.match(place.after) or _YOU_TOO.search(place.before + "2" + place.after)):
            return "too"
        if re.fullmatch("6{3,}", digits):
            return "six six six"
        if re.fullmatch("23{3,}", digits):
            return "hahaha"
        if (
            re.fullmatch(r"(\d)\1{2,}", digits)
            and _CLAUSE_END.match(place.after)
            and _LINE_START.search(place.before)
        ):
            return numerals.en_digits(digits[:3])
        if digits == "911" and _PORSCHE.match(place.after):
            return "nine eleven"
        known = place.lexicon.digits.get(digits)
        return known.en or None if known else None
    found = place.lexicon.digit_word(digits)
    if found is None or not found.alone or place.counted or (place.after[:1] == "+" and len(digits) < 6):
        return None
    if digits == "99" and _LASTING.search(place.before):
        return "九九"
    start = _CLAUSE_START.search(place.before) is not None
    end = _CLAUSE_END.match(place.after) is not None
    if place.before[-1:] in ("第", "双", "周"):
        return None
    if digits in ("88", "886", "881"):
        if (end and _FAREWELL.search(place.before)) or (start and _ADDRESSED.match(place.after)):
            return found.alone
        return None if digits == "88" else found.within or None
    if start and end:
        return found.alone
    if end and _TO_SOMEBODY.search(place.before) and found.within and found.alone != found.within:
        return found.alone
    if start and found.within and found.alone != found.within and _ADDRESSED.match(place.after):
        return found.alone
    return found.within or None
