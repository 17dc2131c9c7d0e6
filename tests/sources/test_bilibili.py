"""The Bilibili source over TLS and a real WebSocket, against a Bilibili on loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
import time as wall
import traceback
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bot.messages import (
    ChatEvent,
    Gift,
    Interaction,
    Notice,
    Retraction,
    Role,
    SourceState,
    State,
    SuperChat,
    retracts,
)
from bot.sources.bilibili import ANONYMOUS, EXPIRED, Bilibili
from bot.sources.bilibili_account import BilibiliLogin
from bot.sources.bilibili_frames import MAX_FRAME
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from tests.fakes.bilibili import (
    OWNER,
    ROOM,
    WSS_PORT,
    FakeBilibili,
)
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
from tests.sources.conftest import Listener, VirtualTime

Listen = Callable[[AsyncGenerator[ChatEvent | SourceState, None]], Listener]
SESSDATA, CSRF = "s3ss%2Cd4ta%2A31", "csrf-of-the-account"
READY = SourceState("bilibili", "7", State.READY)


@pytest.fixture
async def bilibili() -> AsyncIterator[FakeBilibili]:
    async with FakeBilibili({SESSDATA: 4242}) as fake:
        yield fake


def account() -> BilibiliLogin:
    login = BilibiliLogin.from_values({"SESSDATA": SESSDATA, "bili_jct": CSRF, "DedeUserID": "4242"})
    assert login is not None
    return login


def source(bilibili: FakeBilibili, room: str = "7", **more: Any) -> Bilibili:
    return Bilibili(room, session=bilibili.session, **{"login": account(), **more})


async def live(source: Bilibili, bilibili: FakeBilibili, listen: Listen) -> Listener:
    """One session, authenticated."""
    listener = listen(source.events())
    await listener.state(State.READY)
    await bilibili.joined()
    return listener


# ------------------------------------------------------------------ connecting


async def test_the_whole_way_with_an_account(bilibili: FakeBilibili, listen: Listen) -> None:
    reader = source(bilibili, "https://live.bilibili.com/7?live_from=84001&x=y", clock=lambda: 7.5)
    listener = listen(reader.events())
    assert await listener.next() == READY
    viewer = await bilibili.joined()
    assert viewer.proof["uid"] == 4242
    assert viewer.proof["roomid"] == ROOM
    assert viewer.proof["buvid"].startswith("buvid3-")
    assert await bilibili.beat() == b"{}"  # at once
    assert bilibili.asked[-1] == ("zj-cn-live-comet.chat.bilibili.com", WSS_PORT)
    id_ = await bilibili.danmu("你好 world", "小明")
    message = await listener.message()
    assert (message.id, message.text, message.author.name) == (id_, "你好 world", "小明")
    assert (message.source, message.channel, message.received_at) == ("bilibili", "7", 7.5)
    await bilibili.danmu("by the streamer", uid=OWNER)
    assert (await listener.message()).author.roles == {Role.BROADCASTER}
    assert not reader.malformed


async def test_anonymous_says_that_names_are_masked(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = listen(source(bilibili, login=None).events())
    assert (await listener.next()) == SourceState("bilibili", "7", State.READY, ANONYMOUS)
    assert (await bilibili.joined()).proof["uid"] == 0
    await bilibili.danmu("hi", "张***", uid=0)
    message = await listener.message()
    assert message.author.name == "张***"
    assert message.author.id.startswith("crc-")


async def test_an_expired_login_reads_on_without_it(bilibili: FakeBilibili, listen: Listen) -> None:
    bilibili.accounts.clear()
    listener = listen(source(bilibili).events())
    assert (await listener.next()) == SourceState("bilibili", "7", State.READY, EXPIRED)
    assert (await bilibili.joined()).proof["uid"] == 0


async def test_a_buvid_that_is_given_is_used(bilibili: FakeBilibili, listen: Listen) -> None:
    login = BilibiliLogin.from_header(f"SESSDATA={SESSDATA}; buvid3=ABC-123infoc; other=1")
    listener = listen(source(bilibili, login=login).events())
    assert await listener.next() == READY
    assert (await bilibili.joined()).proof["buvid"] == "ABC-123infoc"
    assert "www.bilibili.com/" not in bilibili.requests


async def test_no_such_room_ends_it(bilibili: FakeBilibili, listen: Listen, time: VirtualTime) -> None:
    listener = listen(keep(source(bilibili, "404"), clock=time.clock, sleep=time.sleep))
    failed = await listener.state(State.FAILED)
    assert failed.detail.startswith("Bilibili has no room 404: give bilibili.room as it stands")


@pytest.mark.parametrize(
    "room", ["", "abc", "0", "-5", "https://live.bilibili.com/", "https://example.com/7", "7" * 16]
)
async def test_what_names_no_room(room: str, listen: Listen) -> None:
    with pytest.raises(SourceFailed, match="cannot be a room"):
        await listen(Bilibili(room).events()).next()


@pytest.mark.parametrize(
    "room",
    [
        "5050",
        " #7",
        "live.bilibili.com/7",
        "http://live.bilibili.com/h5/7/?a",
        "https://LIVE.bilibili.com/7#x",
    ],
)
async def test_what_names_a_room(room: str, bilibili: FakeBilibili, listen: Listen) -> None:
    listener = listen(source(bilibili, room).events())
    await listener.state(State.READY)
    assert (await bilibili.joined()).proof["roomid"] == ROOM


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [("curl/8", "a crawler"), ("Mozilla/5.0 (X11) Chrome/102.0.0.0 Safari", "a crawler")],
)
async def test_an_old_user_agent(bilibili: FakeBilibili, listen: Listen, user_agent: str, told: str) -> None:
    with pytest.raises(SourceDropped, match=rf"{told} \(code -352\): log in .* or set bilibili.user_agent"):
        await listen(source(bilibili, user_agent=user_agent).events()).next()


async def test_a_signature_of_another_day(bilibili: FakeBilibili, listen: Listen) -> None:
    with pytest.raises(SourceDropped, match="code -352"):
        await listen(source(bilibili, wall=lambda: 1e9).events()).next()


@pytest.mark.parametrize("status", [403, 412, 500, 502])
async def test_the_web_refuses(bilibili: FakeBilibili, listen: Listen, status: int) -> None:
    bilibili.refuse_with = status
    with pytest.raises(SourceDropped, match=rf"HTTP {status}"):
        await listen(source(bilibili).events()).next()


async def test_the_chat_refuses_and_lets_in_again(
    bilibili: FakeBilibili, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(bilibili), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await bilibili.joined()
    bilibili.refuse_chat_with = 403
    await bilibili.drop()
    for _ in range(3):
        waiting = await listener.state(State.WAITING)
    assert waiting.detail.endswith("Bilibili's chat refused the connection (HTTP 403)")
    bilibili.refuse_chat_with = None
    await listener.state(State.READY)


async def test_an_expired_token_is_asked_for_anew_at_once(
    bilibili: FakeBilibili, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(bilibili), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await bilibili.joined()
    asked = len(bilibili.requests)
    await bilibili.drop()
    await listener.state(State.READY)
    await bilibili.joined()
    assert len(bilibili.requests) == asked  # the ticket was still good
    bilibili.expire_tokens()
    await bilibili.drop()
    await listener.state(State.WAITING)
    waiting = await listener.state(State.WAITING)
    assert waiting.detail.endswith("Bilibili's chat wants a new token")
    await listener.state(State.READY)
    await bilibili.danmu("again")
    assert (await listener.message()).text == "again"
    hosts = [name for name, port in bilibili.asked if port == WSS_PORT]
    assert len(set(hosts)) == 2  # another server is tried after each end


async def test_a_web_that_is_down_and_comes_back(listen: Listen, time: VirtualTime) -> None:
    bilibili = await FakeBilibili({SESSDATA: 4242}).start()
    await bilibili.stop()
    listener = listen(keep(source(bilibili), clock=time.clock, sleep=time.sleep))
    for _ in range(3):
        waiting = await listener.state(State.WAITING)
        assert waiting.detail.endswith("Bilibili cannot be reached: is this computer online?")
    await bilibili.start()
    await listener.state(State.READY)
    await bilibili.stop()
    assert (await listener.state(State.WAITING)).detail.endswith("the connection was lost")


async def test_a_web_that_never_answers(listen: Listen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        bilibili = FakeBilibili()
        bilibili.port = server.getsockname()[1]
        with pytest.raises(SourceDropped, match="does not answer"):
            await listen(source(bilibili, timeout=0.1).events()).next()


async def test_a_certificate_of_somebody_else(bilibili: FakeBilibili, listen: Listen) -> None:
    def distrustful() -> aiohttp.ClientSession:
        honest = bilibili.session()
        resolver = honest.connector._resolver  # type: ignore[union-attr]  # the fake's
        honest._connector = aiohttp.TCPConnector(resolver=resolver)
        return honest

    with pytest.raises(SourceDropped, match="date and time right"):
        await listen(Bilibili("7", session=distrustful).events()).next()


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


async def test_credentials_are_told_to_nobody(
    bilibili: FakeBilibili, listen: Listen, time: VirtualTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    login = BilibiliLogin.from_header(f"SESSDATA={SESSDATA}; bili_jct={CSRF}; buvid3=BUVID-THREE")
    assert login is not None
    reader = source(bilibili, login=login)
    told = [repr(login), str(login), repr(reader), repr(login.sessdata)]
    listener = listen(keep(reader, clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    viewer = await bilibili.joined()
    secrets = [SESSDATA, CSRF, "BUVID-THREE", viewer.proof["key"]]
    told += [repr(reader._ticket), repr(vars(reader)["_events"])]
    await bilibili.raw({"cmd": "DANMU_MSG"}, danmu_command("x", name=""), {"cmd": SESSDATA[:2]})
    for status in (403, 500):
        bilibili.refuse_with = bilibili.refuse_chat_with = status
        await bilibili.drop()
        told.append(str(await listener.state(State.WAITING)))
        told.append(str(await listener.state(State.WAITING)))
    bilibili.refuse_with = bilibili.refuse_chat_with = None
    bilibili.risk = -352
    told.append(str(await listener.state(State.WAITING)))
    await bilibili.stop()
    for _ in range(2):
        try:
            await anext(reader.events())
        except SourceDropped as dropped:
            told += traceback.format_exception(dropped)
            told += [repr(dropped), repr(dropped.__cause__)]
    told += [record.getMessage() + str(record.exc_info) for record in caplog.records]
    told += [repr(record.args) for record in caplog.records]
    for secret in secrets:
        assert not [line for line in told if secret in line]


async def test_stopping_early_closes_the_connection(bilibili: FakeBilibili, listen: Listen) -> None:
    listener = await live(source(bilibili), bilibili, listen)
    started = wall.monotonic()
    await listener.close()
    assert wall.monotonic() - started < 2
    await bilibili.left()
    assert not bilibili.viewers
