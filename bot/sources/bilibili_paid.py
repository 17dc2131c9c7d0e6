"""Reads what viewers of a Bilibili room pay for: gifts in both forms, and guards; pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from bot.messages import Author, Gift, Subscription, Worth
from bot.sources import bilibili_protobuf as protobuf
from bot.sources.bilibili_authors import GUARDS, Place, author, data_author, guard_rank
from bot.sources.bilibili_fields import JsonObject, MalformedCommand, integer, obj, text
from bot.sources.event_fields import EventFields

COINS = 1000  # gold seeds to one CNY; silver ones cost nothing
_MOST = 10**9  # coins or pieces; beyond it nobody pays
_GUARD_MONTHS = "月"
_GIVEN = 2  # `source` of a guard's second, only decorative message


@dataclass(frozen=True, slots=True)
class GiftPart:
    """One click's gift; `key` is what the clicks of one combo share, `tid` what its two forms share."""

    key: Hashable
    tid: str
    author: Author
    name: str
    count: int
    worth: Worth | None
    sent_at: int

    def gift(self, common: EventFields) -> Gift:
        return Gift(**common, author=self.author, gift=self.name, count=self.count, worth=self.worth)


@dataclass(frozen=True, slots=True)
class GuardBought:
    author: Author
    months: int
    worth: Worth | None
    started: int  # seconds since the epoch; 0: not told

    def subscription(self, common: EventFields) -> Subscription:
        tier = GUARDS[self.author.guard]
        return Subscription(**common, author=self.author, months=self.months, tier=tier, worth=self.worth)


def gift_of(place: Place, data: JsonObject) -> GiftPart:
    """SEND_GIFT."""
    return _part(
        data_author(place, data),
        id_=integer(data.get("giftId")),
        name=text(data.get("giftName")),
        count=integer(data.get("num")),
        price=integer(data.get("price")),
        total=integer(data.get("total_coin")),
        coin=text(data.get("coin_type")),
        tid=text(data.get("tid")),
        combo=text(data.get("batch_combo_id")),
        sent_at=integer(data.get("timestamp")),
    )


def gifts_of_v2(place: Place, data: JsonObject) -> list[GiftPart]:
    """SEND_GIFT_V2: the same in protobuf, and several gifts may share a message."""
    packed = protobuf.unpack(data.get("pb"))
    given = protobuf.message(packed)
    guard = protobuf.number(given, 5)
    box = protobuf.number(protobuf.message(given.get(9)), 6)
    who = author(place, protobuf.number(given, 1), protobuf.string(given, 2), guard=guard)
    parts = []
    for raw in protobuf.repeated(packed, 10)[:100]:
        gift = protobuf.message(raw)
        parts.append(
            _part(
                who,
                id_=protobuf.number(gift, 1),
                name=protobuf.string(gift, 2),
                count=protobuf.number(gift, 3),
                price=protobuf.number(gift, 5),
                total=box * protobuf.number(gift, 3) or protobuf.number(gift, 7),
                coin=protobuf.string(gift, 8),
                tid=protobuf.string(gift, 9),
                combo="",
                sent_at=protobuf.number(gift, 10),
            )
        )
    if not parts:
        raise MalformedCommand("no gift")
    return parts


def guard_of(place: Place, data: JsonObject) -> GuardBought | None:
    """GUARD_BUY, USER_TOAST_MSG and its V2, which nests the same; None for V2's second message."""
    guard, paid, option = obj(data.get("guard_info")), obj(data.get("pay_info")), obj(data.get("option"))
    if integer(option.get("source")) == _GIVEN:
        return None
    level = integer(data.get("guard_level")) or integer(guard.get("guard_level"))
    if not guard_rank(level):
        raise MalformedCommand("no guard")
    # The new guard is one from now on, whatever the message says of the sender so far.
    who = data_author(place, {**data, "guard_level": level})
    count = integer(data.get("num")) or integer(paid.get("num")) or 1
    price = integer(data.get("price")) or integer(paid.get("price"))
    unit = text(data.get("unit")) or text(paid.get("unit")) or _GUARD_MONTHS
    count = _bounded(count)
    return GuardBought(
        author=who,
        months=count if unit == _GUARD_MONTHS else 1,
        worth=_worth(price * count),
        started=max(0, integer(data.get("start_time")) or integer(guard.get("start_time"))),
    )


def _part(
    who: Author,
    *,
    id_: int,
    name: str,
    count: int,
    price: int,
    total: int,
    coin: str,
    tid: str,
    combo: str,
    sent_at: int,
) -> GiftPart:
    if not name.strip():
        raise MalformedCommand("no gift")
    count = _bounded(count)
    # The total is what was paid: for a blind box its price, not that of what was in it.
    worth = _worth(total or price * count) if coin == "gold" else None
    return GiftPart((who.id, id_ or name, combo), tid, who, name, count, worth, sent_at)


def _bounded(count: int) -> int:
    if not 0 < count < _MOST:
        raise MalformedCommand("count")
    return count


def _worth(coins: int) -> Worth | None:
    return Worth(coins / COINS, "CNY") if 0 < coins < _MOST * COINS else None
