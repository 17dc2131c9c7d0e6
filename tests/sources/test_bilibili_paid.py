"""What is paid in Bilibili's chat: super chats, gifts and guards, each told once."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messages import Gift, Medal, Retraction, Role, Subscription, SuperChat, Worth, retracts
from tests.fakes.bilibili import OWNER, ROOM
from tests.fakes.bilibili_commands import gift_command, gift_v2_command, packed, pb, super_chat_command
from tests.people import Clock
from tests.sources.bilibili_reading import ALICE, all_of, one, reader
from tests.sources.bilibili_samples import DECORATION, GUARD_BUY, TOAST, TOAST_V2


def test_super_chat_is_told_once_and_can_be_deleted() -> None:
    both = super_chat_command("加油", 30, id_=77), super_chat_command("加油", 30, id_=77, jpn=True)
    for pair in (both, both[::-1]):
        (event,) = all_of(*pair)
        assert isinstance(event, SuperChat)
        assert (event.text, event.worth, event.author.id) == ("加油", Worth(30.0, "CNY"), ALICE)
        deletion = one({"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": [77]}})
        assert isinstance(deletion, Retraction)
        assert retracts(deletion, event)
    assert len(all_of({"cmd": "SUPER_CHAT_MESSAGE_DELETE", "data": {"ids": [1, 2]}})) == 2


def test_super_chats_author() -> None:
    info = {"uname": "舰长", "guard_level": 3, "user_level": 20, "manager": 1}
    medal = {"medal_name": "粉", "medal_level": 5, "anchor_roomid": ROOM, "target_id": OWNER}
    event = one(super_chat_command("x", user_info=info, medal_info=medal))
    assert isinstance(event, SuperChat)
    assert event.author.roles == {Role.MODERATOR, Role.SUBSCRIBER}
    assert (event.author.guard, event.author.level, event.author.medal) == (1, 20, Medal("粉", 5, True))


@pytest.mark.parametrize(
    ("command", "count", "yuan"),
    [
        (gift_command("小花花", 3, price=100), 3, 0.3),
        (gift_command("辣条", 5, price=100, coin="silver"), 5, None),
        (gift_command("爱心抱枕", 1, price=160000, total_coin=150000), 1, 150.0),
        (gift_command("白给", 1, price=0), 1, None),
        (gift_v2_command("小花花", 2, price=100), 2, 0.2),
        (gift_v2_command("爱心抱枕", 2, price=160000, box=("心动盲盒", 15000)), 2, 30.0),
    ],
)
def test_gifts(command: dict[str, Any], count: int, yuan: float | None) -> None:
    event = one(command)
    assert isinstance(event, Gift)
    assert (event.count, event.author.id) == (count, ALICE)
    assert event.worth == (None if yuan is None else Worth(yuan, "CNY"))


def test_both_forms_of_a_gift_are_one() -> None:
    both = gift_command(tid="t1"), gift_v2_command(tid="t1")
    assert len(all_of(*both)) == len(all_of(*both[::-1])) == 1


def test_several_gifts_share_a_message() -> None:
    given = [(10, pb((2, name), (3, 1), (8, "gold"), (9, name))) for name in ("花", "辣条")]
    command = packed("SEND_GIFT_V2", pb((1, 5), (2, "小明"), *given))
    assert [event.gift for event in all_of(command) if isinstance(event, Gift)] == ["花", "辣条"]


def test_a_combo_is_merged_and_anothers_is_not() -> None:
    clock = Clock()
    events = reader(clock, window=3.0)
    for name, combo in (("A", "1"), ("A", "1"), ("B", "2"), ("A", "3")):
        assert all_of(gift_command(name=name, combo=combo), {"cmd": "COMBO_SEND"}, events=events) == []
    clock.now += 3.0
    merged = events.gifts.due(clock.now)
    assert [(gift.author.name, gift.count) for gift in merged] == [("A", 2), ("B", 1), ("A", 1)]


@pytest.mark.parametrize(
    ("commands", "yuan"),
    [
        ([GUARD_BUY, TOAST, TOAST_V2, DECORATION], 198),
        ([TOAST_V2, DECORATION, GUARD_BUY], 138),
        ([TOAST, GUARD_BUY], 138),
        ([DECORATION, TOAST_V2], 138),
    ],
)
def test_a_guard_is_told_once(commands: list[object], yuan: float) -> None:
    (event,) = all_of(*commands)
    assert isinstance(event, Subscription)
    assert (event.tier, event.months, event.worth) == ("captain", 1, Worth(yuan, "CNY"))
    assert (event.author.id, event.author.name, event.author.guard) == ("5", "新舰长", 1)
    assert event.author.roles == {Role.SUBSCRIBER}


def test_the_next_purchase_is_another_one() -> None:
    clock = Clock()
    events = reader(clock)
    for level, later in ((3, 0.0), (3, 60.0), (2, 0.0), (2, -1e6)):
        clock.now += later
        data = {**GUARD_BUY["data"], "guard_level": level, "start_time": 0, "num": 3}  # type: ignore[dict-item]  # a JSON object
        (event,) = all_of({"cmd": "GUARD_BUY", "data": data}, events=events)
        assert isinstance(event, Subscription)
        assert (event.months, event.worth) == (3, Worth(594, "CNY"))
