"""The Bilibili source over TLS and a WebSocket, against a Bilibili on loopback: who gets in, and as whom."""

from __future__ import annotations

import logging
import socket
import traceback

import aiohttp
import pytest

from bot.messages import Role, SourceState, State
from bot.sources.bilibili import ANONYMOUS, EXPIRED, Bilibili
from bot.sources.bilibili_account import BilibiliLogin
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from tests.fakes.bilibili import OWNER, ROOM, WSS_PORT, FakeBilibili
from tests.fakes.bilibili_commands import danmu_command
from tests.sources.bilibili_session import CSRF, source
from tests.sources.conftest import SESSDATA, Listen, VirtualTime

READY = SourceState("bilibili", "7", State.READY)


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
