"""Replies into a Bilibili room: rate, length, and every way in which they are refused."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.bilibili_reply import BilibiliReplies, Reply, split
from tests.fakes.bilibili import ROOM, FakeBilibili
from tests.sources.bilibili_session import CSRF, account
from tests.sources.conftest import SESSDATA, VirtualTime


def replies(bilibili: FakeBilibili, time: VirtualTime, csrf: str = CSRF, **more: Any) -> BilibiliReplies:
    return BilibiliReplies(
        account(csrf),
        "7",
        session=bilibili.session,
        clock=time.clock,
        sleep=time.sleep,
        wall=lambda: 1e9,
        **more,
    )


def said(bilibili: FakeBilibili) -> list[str]:
    return [form["msg"] for form in bilibili.said]


async def test_a_reply_and_its_form(bilibili: FakeBilibili, time: VirtualTime) -> None:
    assert await replies(bilibili, time).send("好的！") == Reply(1)
    (form,) = bilibili.said
    assert form.items() >= {
        ("csrf", CSRF),
        ("roomid", str(ROOM)),
        ("msg", "好的！"),
        ("rnd", "1000000000"),
        ("fontsize", "25"),
        ("color", "16777215"),
    }


async def test_one_message_in_three_seconds(bilibili: FakeBilibili, time: VirtualTime) -> None:
    writer = replies(bilibili, time)
    assert await writer.send("one " * 8) == Reply(2)
    assert await writer.send("two") == Reply(1)
    assert time.slept == [3.0, 3.0]
    time.now += 100
    await writer.send("three")
    assert time.slept == [3.0, 3.0]
    time.now -= 1e6
    await writer.send("four")  # a clock that goes back delays by one gap at most
    assert time.slept == [3.0, 3.0, 3.0]


async def test_own_messages_are_known_once(bilibili: FakeBilibili, time: VirtualTime) -> None:
    writer = replies(bilibili, time)
    await writer.send("你好 呀")
    assert not writer.own("99", "你好 呀")
    assert not writer.own("4242", "something else")
    assert writer.own("4242", "你好呀")
    assert not writer.own("4242", "你好 呀")
    await writer.send("late")
    time.now += 100
    assert not writer.own("4242", "late")


@pytest.mark.parametrize(
    ("answer", "problem", "tries"),
    [
        ({"code": 0, "message": "f", "msg": "f"}, "swallowed", 1),
        ({"code": 0, "message": "k"}, "swallowed", 1),
        ({"code": 1003212, "message": "超出限制长度"}, "too long: lower bilibili.reply_length", 1),
        ({"code": 10031, "message": "您发送弹幕的频率过快"}, "too fast", 2),
        ({"code": -403}, r"code -403", 1),
        ({}, r"code -1", 1),
    ],
)
async def test_refusals(
    bilibili: FakeBilibili, time: VirtualTime, answer: dict[str, Any], problem: str, tries: int
) -> None:
    bilibili.send_answers = [answer, answer]
    writer = replies(bilibili, time)
    reply = await writer.send("x")
    assert reply.sent == 0
    assert problem in reply.problem
    assert len(bilibili.said) == tries
    assert not writer.own("4242", "x")


async def test_too_fast_is_tried_once_more(bilibili: FakeBilibili, time: VirtualTime) -> None:
    bilibili.send_answers = [{"code": 10031}]
    assert await replies(bilibili, time).send("x") == Reply(1)
    assert time.slept == [3.0]


async def test_logins_that_do_not_serve(
    bilibili: FakeBilibili, time: VirtualTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    problems = [
        (await replies(bilibili, time, csrf="").send("x")).problem,
        (await replies(bilibili, time, csrf="wr0ng-csrf").send("x")).problem,
    ]
    bilibili.accounts.clear()
    problems.append((await replies(bilibili, time).send("x")).problem)
    assert all("`python -m bot login bilibili`" in problem for problem in problems)
    told = "".join([*problems, *(record.getMessage() for record in caplog.records)])
    assert not any(secret in told for secret in (SESSDATA, CSRF, "wr0ng-csrf"))


async def test_a_web_that_fails_is_told(bilibili: FakeBilibili, time: VirtualTime) -> None:
    bilibili.refuse_with = 500
    assert await replies(bilibili, time).send("x") == Reply(0, "Bilibili refused the request (HTTP 500)")


async def test_only_so_many_may_wait(bilibili: FakeBilibili, time: VirtualTime) -> None:
    writer = replies(bilibili, time, waiting=2)
    found = await asyncio.gather(*(writer.send(f"reply {number}") for number in range(4)))
    assert sorted(reply.sent for reply in found) == [0, 0, 1, 1]
    assert len(said(bilibili)) == 2


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("   ", []),
        ("short", ["short"]),
        ("one two three four", ["one two", "three four"]),
        ("弹" * 25, ["弹" * 10, "弹" * 10, "弹" * 5]),
        ("弹" * 35, ["弹" * 10, "弹" * 10, "弹" * 9 + "…"]),
        ("a\n\nb\tc", ["a b c"]),
    ],
)
def test_split(text: str, pieces: list[str]) -> None:
    assert split(text, 10, 3) == pieces


@given(st.text(max_size=200), st.integers(2, 40), st.integers(1, 4))
def test_no_piece_is_too_long(text: str, length: int, most: int) -> None:
    pieces = split(text, length, most)
    assert len(pieces) <= most
    assert all(0 < len(piece) <= length for piece in pieces)
