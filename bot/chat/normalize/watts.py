"""Tells a W that is a watt ("65W充电头") from one that is ten thousand ("65W粉丝") in Chinese."""

from __future__ import annotations

import re

from bot.chat.normalize.place import Place

# What has watts, anywhere near; what is charged or drawn, right beside the number.
_POWERED = re.compile(
    r"电源|功率|[快闪慢]充|充电|[无有]线充|充[得满]|显卡|功耗|[瓦满]数|[金铜白]牌|氮化镓|满血|释放|烤机|跑满|满载|待机|整机"
    r"|灯|音[箱响]|功放|空调|吹风|微波炉|电磁炉|烤箱|电饭|热水|热得快|限电|插座|插排|适配器"
    r"|cpu|tdp|tgp|(?<![a-z])pd(?![a-z])",
    re.IGNORECASE,
)
_DRAWS = re.compile(r"(?:功耗|功率|耗电|tdp|tgp)[是有才约到达]?\s?$", re.IGNORECASE)
_CHARGES = re.compile(
    r"\s?的?(?:[快闪慢]充|快速充电|充(?:电|得|满)|电源|功率|适配器|氮化镓|[充插]?头(?![像彩部奖发条号]))"
)
_HEAD = re.compile(r"(?:头|支持|最高|最大)[是有才到]?\s?$")
# What is counted or paid for, right before the number; what is counted, right after it.
_SUM = re.compile(
    r"(?:[卖赚花亏破价薪奖涨掉欠借]|奖金|存款|首付|落地|预算|粉丝?|播放|点赞|在线|票房|伤害|战力|彩礼|身价|工资|收入)"
    r"[了是有到才约]?(?:最[高低多少大])?\s?$"
)
_COUNTED = re.compile(
    r"\s?(?:粉|播|人|块|元|美[元金]|欧|赞|观|订|阅|战|伤|金币|经济|个|买[的了入下]|入手|收的|拿下|[1-9])"
)
# Numbers of chargers, processors and supplies, and of sums of money hardly one: what "65W" means by itself.
_CHARGERS = frozenset(("18", "22.5", "27", "33", "35", "44", "45", "55", "65", "66", "67", "68", "96", "125"))
_SUPPLIES = frozenset(("450", "500", "550", "600", "650", "700", "750", "800", "850", "1000", "1200", "1600"))
_HARDLY_MONEY = frozenset(("550", "650", "750", "850"))
_ENOUGH = re.compile(r"\s?(?:就?够|能带|带得动|带不动)")
_NEEDED = re.compile(r"(?:要|得|起码|至少|配|上)\s?$")


def is_watts(number: str, unit: str, place: Place) -> bool:
    """`unit` is "w" or "W": in small letters it is a watt only where the words beside it leave no choice."""
    if _CHARGES.match(place.after) or _DRAWS.search(place.before):
        return True
    if _SUM.search(place.before) or _COUNTED.match(place.after):
        return False
    if (unit == "W" or number in _SUPPLIES) and (
        _POWERED.search(place.before) or _POWERED.search(place.after)
    ):
        return True
    if unit == "w":
        return False
    if number in _CHARGERS:
        return place.alone or bool(_ENOUGH.match(place.after) or _HEAD.search(place.before))
    return number in _HARDLY_MONEY and _NEEDED.search(place.before) is not None
