"""A connection to Bilibili's chat while it lasts: every frame and event, silence, drops, and bad input."""

from __future__ import annotations

import asyncio
import time as wall
import zlib

import pytest

from bot.messages import Gift, Interaction, Notice, Retraction, State, SuperChat, retracts
from bot.sources.bilibili_frames import MAX_FRAME
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped
from tests.fakes.bilibili import FakeBilibili
from tests.fakes.bilibili_commands import (
    AUTH_REPLY,
    BROTLI,
    CONTROL,
    ZLIB,
    danmu_command,
    encode,
    packet,
    plain_frame,
    zlib_frame,
)
from tests.sources.bilibili_session import live, source
from tests.sources.conftest import Listen, VirtualTime

# ------------------------------------------------------------------ staying


async def test_a_chat_that_accepts_and_stays_silent(bilibili: FakeBilibili, listen: Listen) -> None:
    bilibili.silent = True
    with pytest.raises(SourceDropped, match="chat does not answer"):
        await listen(source(bilibili, timeout=0.3).events()).next()


async def test_a_chat_that_goes_silent(bilibili: FakeBilibili, listen: Listen) -> None:
    reader = source(bilibili, silence=0.1)
    listener = await live(reader, bilibili, listen)
    bilibili.silent = True
    with pytest.raises(SourceDropped, match="gone silent"):
        await listener.next()


async def test_heartbeats_are_the_sign_of_life(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili, heartbeat=0.02, silence=1.0), bilibili, listen)
    reading = asyncio.ensure_future(listener.message())
    for _ in range(5):
        assert await bilibili.beat() == b"{}"
    await bilibili.danmu("still here")
    assert (await reading).text == "still here"


async def test_every_kind_of_frame(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili), bilibili, listen)
    for frame in (bilibili.frame, zlib_frame, plain_frame):
        bilibili.frame = frame
        await bilibili.raw(*(danmu_command(f"line {number}") for number in range(3)))
        assert [(await listener.message()).text for _ in range(3)] == ["line 0", "line 1", "line 2"]


async def test_events_of_every_kind(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili, gift_window=0.0), bilibili, listen)
    id_ = await bilibili.danmu("oops", "Troll")
    await bilibili.recall(id_)
    await bilibili.block("Troll")
    await bilibili.super_chat("加油", 50)
    await bilibili.gift("小花花", 3)
    await bilibili.interact("Bob", 2)
    await bilibili.raw({"cmd": "WARNING", "msg": "图片内容不适宜"}, {"cmd": "CUT_OFF", "msg": "违规"})
    await bilibili.raw({"cmd": "SOMETHING_NEW"}, {"cmd": "PREPARING"})
    message = await listener.message()
    found = [await listener.next() for _ in range(9)]
    kinds = [Retraction, Retraction, Retraction, SuperChat, Gift, Interaction, Notice, Notice, Notice]
    assert [type(event) for event in found] == kinds
    retractions = [event for event in found if isinstance(event, Retraction)]
    assert [retracts(retraction, message) for retraction in retractions] == [True, True, False]


async def test_clicks_are_merged_and_told_without_more_traffic(
    bilibili: FakeBilibili, listen: Listen
) -> None:
    listener = await live(source(bilibili, gift_window=0.1), bilibili, listen)
    for _ in range(5):
        await bilibili.gift("小花花", 2)
    gift = await listener.next()
    assert isinstance(gift, Gift)
    assert gift.count == 10


async def test_gifts_that_are_held_back_survive_a_drop(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili, gift_window=60.0), bilibili, listen)
    await bilibili.gift("小花花", 2)
    await bilibili.danmu("after it")
    await listener.message()
    await bilibili.drop()
    assert isinstance(await listener.next(), Gift)
    with pytest.raises(SourceDropped, match="connection was lost"):
        await listener.next()


async def test_a_clock_that_jumps(bilibili: FakeBilibili, listen: Listen, time: VirtualTime) -> None:
    listener = await live(source(bilibili, gift_window=3.0, clock=time.clock), bilibili, listen)
    for jump in (1e9, -2e9):
        await bilibili.gift("小花花")
        await bilibili.danmu("before")
        assert (await listener.message()).text == "before"
        time.now += jump
        await bilibili.danmu("after")
        assert isinstance(await listener.next(), Gift)
        assert (await listener.message()).text == "after"


async def test_a_thousand_disconnects_in_a_row(
    bilibili: FakeBilibili, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(bilibili), clock=time.clock, sleep=time.sleep))
    for number in range(1000):
        await listener.state(State.READY)
        await bilibili.joined()
        await bilibili.danmu(f"message {number}", id_=f"id-{number}")
        assert (await listener.message()).text == f"message {number}"
        await bilibili.drop()
    await listener.state(State.READY)
    assert bilibili.attempts == 1001
    assert len(bilibili.requests) == 4
    assert all(1 <= seconds <= 60 for seconds in time.slept)


async def test_what_is_sent_again_is_not_told_again(
    bilibili: FakeBilibili, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(bilibili), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await bilibili.joined()
    id_ = await bilibili.danmu("before")
    assert (await listener.message()).text == "before"
    await bilibili.drop()
    await listener.state(State.READY)
    await bilibili.joined()
    await bilibili.danmu("before", id_=id_)
    await bilibili.danmu("after")
    assert (await listener.message()).text == "after"


# ------------------------------------------------------------------ bad input


async def test_a_bad_frame_costs_only_itself(bilibili: FakeBilibili, listen: Listen) -> None:
    reader = source(bilibili)
    listener = await live(reader, bilibili, listen)
    good = packet(encode(danmu_command("good")))
    bomb = zlib.compress(b"\0" * (64 * 1024 * 1024), 9)
    for bad in (
        b"",
        b"\0" * 7,
        good[:-5],
        packet(b"{}", length=2**31),
        packet(b"{}", length=0),
        packet(b"\xff\xff", version=BROTLI),
        packet(bomb, version=ZLIB),
        packet(b"{}", version=77),
        packet(b"{", version=CONTROL),
        packet(b'{"code":-101}', AUTH_REPLY, CONTROL),  # too late to matter
        packet(b"?", 99),
    ):
        await bilibili.send(bad)
        await bilibili.send(good)
        assert (await listener.message()).text == "good"
    for viewer in bilibili.viewers:
        await viewer.socket.send_str("text")
    await bilibili.send(good)
    assert (await listener.message()).text == "good"
    assert reader.malformed == {
        "half a header": 1,
        "length": 3,
        "not compressed": 1,
        "bomb": 1,
        "version": 1,
        "not JSON": 1,
        "not binary": 1,
    }


async def test_a_frame_beyond_any_measure_drops_the_connection(
    bilibili: FakeBilibili, listen: Listen
) -> None:
    listener = await live(source(bilibili), bilibili, listen)
    await bilibili.send(b"x" * (MAX_FRAME + 1))
    with pytest.raises(SourceDropped, match="connection was lost"):
        await listener.next()


async def test_a_flood_keeps_nobody_else_waiting(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili), bilibili, listen)
    turns = 0

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    for _ in range(100):
        await bilibili.danmu("flood")
    other = asyncio.ensure_future(somebody_else())
    for _ in range(100):
        await listener.message()
    other.cancel()
    assert turns >= 50


async def test_stopping_early_closes_the_connection(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili), bilibili, listen)
    started = wall.monotonic()
    await listener.close()
    assert wall.monotonic() - started < 2
    await bilibili.left()
    assert not bilibili.viewers
