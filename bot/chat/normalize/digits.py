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
    r"(?:群|群号|房间|房间号|房号|房|qq|(?<![A-Za-z])uid|(?<![A-Za-z])id|号码|验证码|编号|密码|账号|帐号|工号|代码|邀请码"
    r"|色号|型号|货号|番号|学号|尾号|单元|国道|省道|端口|电话|手机|手机号"
    r"|\b(?:room|error|code|number|phone|pin|password|bv|av))\s?(?:is|为|是|:|：|#)?\s*$",
    re.IGNORECASE,
)
_YOU_TOO = re.compile(r"\b(?:u|you|me|him|her|them) 2(?:$|[.!?,])")
_FOR = re.compile(r"\s(?:\w+ing|me|u|you|us|real|life|sure|everyone|the)\b")
_TOO = re.compile(r"\s(?:hard|good|much|easy|late|fast|slow|bad|many|long|far|cute|funny|strong|big|ez|op)\b")
_NAMED_BY_DIGITS = re.compile(
    r"\s*(?:室|房间|教室|宿舍|寝室|路公交|路车|国道|高铁|航班|邮箱|同城|卫士|自驾|川藏|端口|消毒液)"
)
_METERS = re.compile(r"\d\s?[米秒]$")  # "1米83"
_FORMATION = re.compile(r"\s?(?:[阵陣]|分推|分带)")  # 442阵型, 131分推
_HOTLINE = re.compile(r"1[12]\d|100\d\d|12\d{3}|95\d{3}")
_PHONE = re.compile(r"(?:电话|手机号?)(?:是|为|:|：)?\s*$")
_CALLED = re.compile(r"(?:打|拨|叫|拨打|打电话给|呼叫|报警)(?:了|个)?\s*$")
_ALARM = re.compile(r"\s?(?:火警|急救|报警|警察|警告)")
_JOINED_IN = re.compile(r"\s?(?:入|买|买的|开始|出的|加|毕业|认识|那会|的时候|就|左右|前后|春晚|款)")
_PORSCHE = re.compile(r"\s(?:GT\d|turbo|carrera|porsche|turbo)", re.IGNORECASE)
_PATTERN = re.compile(r"式(?!各|样)")  # 99式坦克: the year of its design
_LASTING = re.compile(r"(?:久久|祝|长长)$")
_PROCESSOR = re.compile(r"\b(?:ryzen\s[3579]|i[3579]|ultra\s[579]|xeon|epyc)\s$", re.IGNORECASE)
_PORT = re.compile(r"\b(?:port|rfc)\s$", re.IGNORECASE)
_OFF = re.compile(r"\s?折")  # 85折
_CALLED_SO = frozenset(("369", "408", "808"))  # a player, a car, a drum: names, where they are no sum
_PETROL = re.compile(r"(?<!第)(?:92|95|98)号?(?:汽油|加满|的?油(?![画炸条漆锅]))")
_IN_ORDER = "0123456789876543210"  # a straight at cards, keys, a countdown
_SHARE = re.compile(r"(?:60[0135]|30[01]|688|51\d|159|588)(?!000)\d{3}")  # by their numbers shares are called
_FEAST = re.compile(
    r"(?:51|54|61|71|81|38|41)(?:快乐|快樂|假期|放假|长假|出游|档|劳动|儿童|妇女|女[神王]|建军|建党|青年|愚人"
    r"|节(?![课约目奏]))"
)
_AMOUNT = re.compile(
    r"(?:[卖花充值赚亏输赢扣剩攒]了?|[分涨跌掉降冲打上升爬卡炒]到|[券补]后|只[要有]|仅|大概|差不多|低于|高于|超过|不到"
    r"|起码|至少|最多|价格?|一共|工资|战力|积分|段位|伤害|血量|人气)\s?$"
)
_SCANT = re.compile(r"[才就要给]\s?$")  # before a sum, and before a year of ours: "才2024"
_OF_OUR_DAYS = re.compile(r"19[5-9]\d|20[0-3]\d")
_AGES = re.compile(
    r"(?:[3-9]\d|1[0-4])00年"
    r"|\d\d00年(?:前(?!后)|来|多|的?(?:历史|文明|修|道行)|以前|之前|的(?:文化|传统|传承|积淀|功力|时间|[古老大]?树))"
)
_BORN = re.compile(r"\s?(?:年|后|後|级|級|届|出生|生[的人]|奥运|世界杯|版|款|春晚|赛季|跨年)")
_GENERATION = re.compile(r"\d[05]\Z")


def plain(digits: str, place: Place) -> str:
    """Digits and nothing else."""
    identity = len(digits) >= 3 and not place.counted and _IDENTITY.search(place.before) is not None
    if identity and place.zh:
        said = numerals.zh_digits(digits)
        return said.replace("一", "幺") if _PHONE.search(place.before) else said
    if (word := _word(digits, place)) is not None:
        return word
    if identity:
        return numerals.en_digits(digits)
    if place.zh:
        return _plain_zh(digits, place)
    if len(digits) in (4, 5) and _PROCESSOR.search(place.before):
        return numerals.en_pairs(digits)
    if len(digits) in (4, 5) and _PORT.search(place.before):
        return numerals.en_pairs(digits) if len(digits) == 4 else numerals.en_digits(digits)
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
    if _AGES.match(digits + after):
        return numerals.zh_cardinal(digits)
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
    if (after[:1] in ("后", "後") and _GENERATION.fullmatch(digits)) or _NAMED_BY_DIGITS.match(after):
        return numerals.zh_digits(digits)
    if digits.startswith("0") and len(digits) > 1:
        return numerals.zh_digits(digits)
    if _PETROL.match(digits + after) or _FEAST.match(digits + after):
        return numerals.zh_digits(digits)
    if len(digits) == 2 and _METERS.search(place.before):
        return numerals.zh_digits(digits)
    if _HOTLINE.fullmatch(digits) and (_CALLED.search(place.before) or _ALARM.match(after)):
        return numerals.zh_digits(digits).replace("一", "幺")
    if place.counted:
        if digits == "2" and not re.match(
            r"\s*(?:周目|群(?![人狗猫鸡鸭羊])|月|日|号|號|楼|樓|层|層|年级|班|级|級|百|十)", after
        ):
            return "两" if place.before[-1:] not in ("第", "周", "零") else "二"
        return numerals.zh_cardinal(digits)
    if digits == "2" and after[:1] in tuple("家本对副把发包厅居粒节") and place.before[-1:] != "第":
        return "两"
    if (_SHARE.fullmatch(digits) or (len(digits) > 3 and digits in _IN_ORDER)) and not _AMOUNT.search(
        place.before
    ):
        return numerals.zh_digits(digits)
    if is_year(digits) and _is_sum(digits, place):
        return numerals.zh_cardinal(digits)
    if is_year(digits) or is_card(digits) or place.before[-1:] in ("战", "波", "客"):
        return numerals.zh_digits(digits) if len(digits) > 2 else numerals.zh_cardinal(digits)
    if len(digits) >= 7 and not digits.endswith("000"):
        return numerals.zh_digits(digits)
    if len(digits) in (5, 6) and not digits.endswith("0") and place.alone:
        return numerals.zh_digits(digits)  # a room's, a code's
    return numerals.zh_cardinal(digits)


def _is_sum(digits: str, place: Place) -> bool:
    """Of four digits that may be a year: "卖2000", "上分到1850"."""
    if _BORN.match(place.after):
        return False
    if digits.endswith("00") or _AMOUNT.search(place.before):
        return True
    return _SCANT.search(place.before) is not None and not _OF_OUR_DAYS.fullmatch(digits)


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
    if (digits in _CALLED_SO or (len(digits) > 3 and digits in _IN_ORDER)) and _AMOUNT.search(place.before):
        return None
    if digits == "99" and (_LASTING.search(place.before) or place.after.startswith("久")):
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
