"""Reads amounts: money, units, percentages, magnitudes (5k, 10w), and ranges of them."""

from __future__ import annotations

import re

from bot.chat.normalize import lasting, numerals
from bot.chat.normalize.place import Place
from bot.chat.normalize.watts import is_watts
from bot.chat.normalize.worth import is_worth

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)"
CURRENCY = r"(?:(?:(?<![A-Za-z])(?:HK|NT|US|AU|CA|[ACRS]))?\$|[¥￥€£₩₹₽₱฿₫])"
_PARTS = re.compile(rf"([+-]?)\s?({CURRENCY}?)\s?({NUMBER})\s?(.*)", re.DOTALL)
_SPAN = re.compile(rf"(.*\d[^\d~～–—-]*?)\s?[-~～–—至到]+\s?({CURRENCY}?\d.*)", re.DOTALL)
_CURRENCIES = {
    "$": ("美元", "dollar", "dollars"),
    "US$": ("美元", "U S dollar", "U S dollars"),
    "HK$": ("港币", "Hong Kong dollar", "Hong Kong dollars"),
    "NT$": ("新台币", "Taiwan dollar", "Taiwan dollars"),
    "A$": ("澳元", "Australian dollar", "Australian dollars"),
    "AU$": ("澳元", "Australian dollar", "Australian dollars"),
    "C$": ("加元", "Canadian dollar", "Canadian dollars"),
    "CA$": ("加元", "Canadian dollar", "Canadian dollars"),
    "S$": ("新加坡元", "Singapore dollar", "Singapore dollars"),
    "R$": ("雷亚尔", "real", "reais"),
    "¥": ("元", "yen", "yen"),
    "￥": ("元", "yuan", "yuan"),
    "€": ("欧元", "euro", "euros"),
    "£": ("英镑", "pound", "pounds"),
    "₩": ("韩元", "won", "won"),
    "₹": ("卢比", "rupee", "rupees"),
    "₽": ("卢布", "ruble", "rubles"),
    "₱": ("比索", "peso", "pesos"),
    "฿": ("泰铢", "baht", "baht"),
    "₫": ("越南盾", "dong", "dong"),
}
_EN_MAGNITUDES = {
    "k": "thousand",
    "K": "thousand",
    "M": "million",
    "m": "million",
    "B": "billion",
    "b": "billion",
}
_PAID = re.compile(r"薪|工资|价|钱|花了|卖|充|赚|奖金|粉|经济|差|扣|伤害|战力|大概|就|才")
_COUNTED = re.compile(
    r"\s*(?:块|元|粉|多|左右|伤|血|人|分(?!辨)|钱|金|经济|月|一个月|以上|以下|工资|底薪|年终|[+＋])"
)
_PROCESSOR = re.compile(r"1[0-4]\d00|[6-9][67]00|2[2-8]5")  # "13900K" is no thousands of thousands
_EARNED = re.compile(r"(?:薪|工资|收入|奖金|存款|赚)[了是有到才约]?\s?$")
_FOLLOW = re.compile(r"\s?(?:粉|播放|观看|点?赞|订阅|人)")
_BITS = re.compile(r"\s?(?:音质|码率|比特|上下文|无损|mp3|tokens?)", re.IGNORECASE)
_SUMMED = re.compile(r"(?:[了过卖赚花亏破值]|票房|播放|市值|身[价家]|资产|欠)\s?$")
_RATE = re.compile(r"(?:码率|音质|比特率|推流|上下文)[是有才到]?\s?$")
_AUDIENCE = re.compile(
    r"\s(?:views?|subs|subscribers|followers|people|viewers|dollars|gold|likes|players|copies|plays|coins|streams|downloads|damage|dmg|points|users)\b"
)
# A measure that tells what kind of thing follows has no plural: "a 24 hour stream".
KIND = re.compile(
    r"\s(?:streams?|runs?|ads?|timers?|breaks?|cooldowns?|queues?|videos?|delay|games?|marathon|subathon|timeout|ban|monitor"
    r"|screen|drive|tall|flight|trip|nap|charger|bulb|psu|speaker|amp|layover|smp|SMP|shifts?|commute|waits?|sessions?|class"
    r"|lecture|meeting|movie|film|show|podcast|clips?|songs?|intro|walk|ride|hike|plank|workout|rule|warning|window|vods?"
    r"|deadlift|bench|squat|dog|cat|fish|kettlebell|plates?|engine|bottle|jug|tank|nozzle|jack|lens|screw|socket|bullets?"
    r"|rounds|penalty|stun|cast|replay|battery|adapter|supply|gap|rope|pole|cable|tv|TV|pizza|phone|laptop|display|ssd|SSD|vinyl|single|pan|skillet|wheels?|blade)\b"
)
_NETWORK = re.compile(r"\s*(?:$|网|信号|手机|流量|基站|时代|network|signal|phone|internet)")
_MEMORY = re.compile(
    r"(?:显存|内存|运存|闪存|硬盘|固态|流量|存储|空间|[Uu]盘|容量)(?:有|是|只有|才|还有|剩|就|不到|要|占了?)?\s?$"
)
_IN_MEMORY = re.compile(
    r"\s?(?:的?(?:显存|内存|运存|闪存|硬盘|固态|流量|存储|空间|[Uu]盘|卡|独显)|版(?!纸)|\+\d)"
)
_OF_MEMORY = frozenset(("128", "256", "512"))  # gigabytes as memory is sold; of food, grams
_FOOD = re.compile(
    r"\s?的?(?:[一-鿿]{0,2}肉|[茶盐糖]|[青蔬白生]菜|(?:黄|菜|猪|花生|橄榄)油|(?:面|奶|淀|蛋白)?粉(?![色红金])|蛋白"
    r"|[大糯]?米(?![色家粉白])|面[条粉包]|[牛酸]奶|奶[油酪])"
)
_LEAST_VOLTS = 12  # of what is written with a small v
_CARATS = frozenset(("9", "14", "18", "22", "24"))
_GOLD = re.compile(r"\s?[纯足黄铂白]?(?:玫瑰)?金(?![币额])")
_IN = re.compile(r"\bin\s$")
_AGO = re.compile(r"\s(?:ago|left|later|break|timer|timeout|ban|delay|queue)\b")
_BIG = {"k": 3, "K": 3, "w": 4, "W": 4}


def amount(text: str, place: Place) -> str | None:
    """ "-5°C", "$5.99", "60fps", "10w", "3-5km", "10%~20%"; None if it is nothing of the kind."""
    span = _SPAN.fullmatch(text)
    if span is None:
        return _one(text, place)
    first, second = span.groups()
    unit = _PARTS.fullmatch(second)
    bare = re.fullmatch(rf"({CURRENCY}?)({NUMBER})", first)
    if bare and unit and unit[4] == "%" and place.zh:
        return f"百分之{place.number(bare[2])}到{place.number(unit[3])}"
    if bare and bare[1] and unit and not unit[2]:
        return f"{place.number(bare[2])}{place.pick('到', ' to ')}{_one(bare[1] + second, place)}"
    if bare and unit and place.zh and unit[4] in ("w", "W") and (end := _one(second, place)):
        return f"{place.two(bare[2])}到{end}"
    if bare and unit and place.zh and unit[4] in ("k", "K"):
        return f"{_zh_big(bare[2], 3)}到{_zh_big(unit[3], 3)}"
    if bare and unit and unit[4] in ("k", "K", "w", "W"):
        first += unit[4]
    start = place.number(bare[2]) if bare and not first[-1:].isalpha() else _one(first, place)
    end = _one(second, place)
    return f"{start}{place.pick('到', ' to ')}{end}" if start and end else None


def _one(text: str, place: Place) -> str | None:
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        return None
    sign, currency, number, unit = parts.groups()
    if currency or unit[-1:] in ("$", "€", "£", "¥"):
        said = _money(currency or unit[-1], number, unit if currency else unit[:-1], place)
        return _signed(sign, said, place) if said else None
    if unit in ("%", "％"):
        said = f"百分之{_hundred(number)}" if place.zh else f"{place.number(number)} percent"
        return _signed(sign, said, place)
    if unit == "‰":
        return _signed(
            sign, place.pick(f"千分之{place.number(number)}", f"{place.number(number)} per mille"), place
        )
    if (
        unit in ("k", "K")
        and _PROCESSOR.fullmatch(number)
        and not (place.zh and _EARNED.search(place.before))
    ):
        return f"{place.model(number)} K"
    if unit in _BIG and (said := _magnitude(number, unit, place)):
        return _signed(sign, said, place)
    if not place.zh and unit in ("M", "B") and (unit == "M" or "." in number or _AUDIENCE.match(place.after)):
        return _signed(sign, f"{place.number(number)} {_EN_MAGNITUDES[unit]}", place)
    if not place.zh and unit == "m" and _AUDIENCE.match(place.after):
        return _signed(sign, f"{place.number(number)} million", place)
    if place.zh and unit in ("kw", "kW", "KW") and _COUNTED.match(place.after):
        return _signed(sign, _zh_big(str(int(float(number.replace(",", "")) * 1000)), 4), place)
    if unit == "w" and place.zh:
        unit = "W"
    if unit == "e" and not (place.zh and number == "5" and not _is_sum(place)):
        return _signed(sign, f"{place.two(number)}亿" if place.zh else f"{place.number(number)} E", place)
    if (
        unit == "g"
        and place.zh
        and (
            (number in _OF_MEMORY and not _FOOD.match(place.after))
            or _IN_MEMORY.match(place.after)
            or _MEMORY.search(place.before)
        )
    ):
        return f"{place.number(number)} G"
    if unit in ("g", "G") and number in ("3", "4", "5") and (unit == "G" or _NETWORK.match(place.after)):
        return f"{place.number(number)} G"
    if not place.zh and unit == "m" and (_AGO.match(place.after) or _IN.search(place.before)):
        unit = "min"
    if unit in lasting.UNITS and (unit != "yo" or text.endswith(number + unit)):
        return lasting.lasting(number, unit, place)
    if unit in ("s", "S") and place.after_maker:
        return f"{place.model(number)} S"
    if unit == "v" and (not place.zh or float(number.replace(",", "")) < _LEAST_VOLTS):
        return f"{place.number(number)} V"  # one against some
    known = place.lexicon.units.get(unit)
    if known is None or (unit in ("V", "v") and not text.endswith(number + unit)):
        return None
    if place.zh:
        if unit.startswith("°") and sign == "-":
            return f"零下{place.number(number)}{known.zh}"
        count = place.two(number) if not known.zh[0].isascii() else place.number(number) + " "
        return _signed(sign, count + known.zh, place)
    return _signed(
        sign,
        f"{place.number(number)} {known.one if number == '1' or KIND.match(place.after) else known.many}",
        place,
    )


def _is_sum(place: Place) -> bool:
    """Of "5e", which is a platform's name as well."""
    paid = place.after[:1] in ("块", "元", "钱", "多")
    return paid or bool(_SUMMED.search(place.before) or _FOLLOW.match(place.after))


def _hundred(number: str) -> str:
    return "百" if number == "100" else numerals.zh_number(number)


def _signed(sign: str, said: str, place: Place) -> str:
    if sign == "-":
        return place.pick("负", "minus ") + said
    return (place.pick("加", "plus ") if sign else "") + said


def _money(currency: str, number: str, magnitude: str, place: Place) -> str | None:
    zh, one, many = _CURRENCIES[currency]
    magnitude = magnitude.strip()
    if place.zh:
        zh = "" if place.after[:1] in ("元", "块", "圆") else zh  # ¥99元
        if magnitude in _BIG:
            return f"{_zh_big(number, _BIG[magnitude])}{zh}"
        if magnitude in ("M", "m"):
            return f"{_zh_big(number, 6)}{zh}"
        if magnitude and magnitude[0] not in "万萬亿億":
            return None
        return f"{place.two(number.removesuffix('.00'))}{magnitude}{zh}"
    if is_worth(place):
        many = one
    if magnitude:
        word = _EN_MAGNITUDES.get(magnitude, magnitude.lower())
        return f"{place.number(number)} {word} {many}" if word.isascii() else None
    whole, _, cents = number.replace(",", "").partition(".")
    if len(cents) == 2 and currency in "$€£":
        penny = "pence" if currency == "£" else "cents"
        coins = f"{numerals.en_cardinal(cents)} {penny if cents != '01' else penny.removesuffix('s')}"
        if int(whole) == 0:
            return coins
        pounds = f"{numerals.en_cardinal(whole)} {one if whole == '1' else many}"
        if currency == "$" and int(cents):
            return f"{pounds} and {coins}"
        return f"{pounds} {numerals.en_cardinal(cents)}" if int(cents) else pounds
    return f"{place.number(number)} {one if number == '1' else many}"


def _magnitude(number: str, unit: str, place: Place) -> str | None:
    if place.zh:
        if unit in "wW":
            return None if is_watts(number, unit, place) else _zh_big(number, 4)
        if number in _CARATS and _GOLD.match(place.after):
            return f"{place.number(number)} K"
        if number == "98":
            return "九八 K"
        long = len(number) > 3 and number.isdigit() and not _FOLLOW.match(place.after)
        if (
            (long and not _EARNED.search(place.before))
            or _BITS.match(place.after)
            or _RATE.search(place.before)
        ):
            return f"{place.number(number)} K"  # 6000k: a stream's bits, a light's colour
        if number in ("2", "4", "8") and not (_PAID.search(place.before) or _COUNTED.match(place.after)):
            return f"{numerals.zh_number(number)} K"
        return _zh_big(number, 3)
    if unit in "kK":
        return f"{place.number(number)} K"
    return None


def _zh_big(number: str, zeros: int) -> str:
    """ "1.5" with four zeros -> 一点五万; with three -> 一千五百."""
    whole, _, fraction = number.replace(",", "").partition(".")
    if zeros == 4:
        return ("两" if number == "2" else numerals.zh_number(number)) + "万"
    return numerals.zh_cardinal((whole + fraction[:zeros].ljust(zeros, "0")).lstrip("0") or "0")
