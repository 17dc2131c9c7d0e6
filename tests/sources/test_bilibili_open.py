"""The Open Live source against a strict platform on loopback: sessions, heartbeats, refusals, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
import signal
import socket
import subprocess
import sys
import textwrap
import time as real_time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.messages import ChatEvent, Gift, Retraction, SourceState, State, SuperChat
from bot.sources.bilibili_open import BilibiliOpen
from bot.sources.bilibili_open_api import BEAT
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from tests.fakes import bilibili_open as fake
from tests.fakes.bilibili_open import FakeOpenLive, brotlied, message, packet, zlibbed
from tests.sources.conftest import Listener, VirtualTime

Listen = Callable[[AsyncGenerator[ChatEvent | SourceState, None]], Listener]
SECRETS = (fake.CODE, fake.KEY_SECRET)


class ManualTime:
    """A clock that stands still, and sleeps that end when `pass_by` has moved it far enough."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Moves on, and gives whoever wakes up the time to do what they do over real sockets."""
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
                await asyncio.sleep(0.02)
        self.now = until


@pytest.fixture
def manual() -> ManualTime:
    return ManualTime()


@pytest.fixture
async def platform(manual: ManualTime) -> AsyncIterator[FakeOpenLive]:
    async with FakeOpenLive(clock=manual.clock) as running:
        yield running


def source(platform: FakeOpenLive, manual: ManualTime | None = None, **changes: Any) -> BilibiliOpen:
    settings: dict[str, Any] = {
        "code": SecretStr(fake.CODE),
        "app_id": fake.APP_ID,
        "key_id": fake.KEY_ID,
        "key_secret": SecretStr(fake.KEY_SECRET),
        "url": platform.url,
    }
    if manual is not None:
        settings |= {"clock": manual.clock, "sleep": manual.sleep}
    return BilibiliOpen(**{**settings, **changes})


async def live(made: BilibiliOpen, platform: FakeOpenLive, listen: Listen) -> Listener:
    """One session, signed in."""
    listener = listen(made.events())
    await listener.state(State.READY)
    await platform.joined()
    return listener


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Holds in every test here, whatever goes wrong in it."""
    caplog.set_level(logging.DEBUG)
    yield
    for secret in SECRETS:
        assert secret not in caplog.text


# ---------------------------------------------------------------------- a session


async def test_a_session(platform: FakeOpenLive, manual: ManualTime, listen: Listen) -> None:
    made = source(platform, manual)
    assert (made.name, made.channel) == ("bilibili", "open live")
    listener = listen(made.events())
    assert await listener.next() == SourceState("bilibili", str(fake.ROOM), State.READY)
    assert made.channel == str(fake.ROOM)
    reader = await platform.joined()
    assert reader.path == "/sub0"

    id_ = await platform.danmaku("你好 world", "小明")
    said = await listener.message()
    assert (said.id, said.text, said.author.name, said.channel) == (id_, "你好 world", "小明", str(fake.ROOM))
    assert said.received_at == manual.now
    assert not made.malformed

    await listener.close()
    assert [(path, code) for path, _, code in platform.calls] == [("/v2/app/start", 0), ("/v2/app/end", 0)]
    assert [game.ended for game in platform.games.values()] == ["asked"]
    await platform.left()


async def test_the_code_is_taken_without_the_blanks_of_a_copy(platform: FakeOpenLive, listen: Listen) -> None:
    await live(source(platform, code=SecretStr(f" {fake.CODE}\n")), platform, listen)


async def test_the_streamer_is_the_broadcaster(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    await platform.danmaku("hi", open_id=fake.OWNER)
    assert "broadcaster" in (await listener.message()).author.roles


@pytest.mark.parametrize("wrap", [None, zlibbed, brotlied])
async def test_compressed_frames(platform: FakeOpenLive, listen: Listen, wrap: Any) -> None:
    listener = await live(source(platform), platform, listen)
    for number in range(3):
        await platform.danmaku(f"line {number}", wrap=wrap)
    assert [(await listener.message()).text for _ in range(3)] == ["line 0", "line 1", "line 2"]


async def test_glued_packets(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    frames = [message("LIVE_OPEN_PLATFORM_DM", platform.dm(f"line {n}")) for n in range(4)]
    await platform.send_bytes(frames[0] + zlibbed(*frames[1:3]) + frames[3])
    assert [(await listener.message()).text for _ in range(4)] == [f"line {n}" for n in range(4)]


async def test_a_super_chat_is_taken_back(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform), platform, listen)
    await platform.super_chat("读我", 30, 77)
    await platform.take_back(77)
    paid, back = await listener.next(), await listener.next()
    assert isinstance(paid, SuperChat)
    assert isinstance(back, Retraction)
    assert back.target == paid.id


async def test_no_event_twice(platform: FakeOpenLive, listen: Listen) -> None:
    listener = listen(keep(source(platform)))
    await listener.state(State.READY)
    await platform.joined()
    for id_ in ("1", "1", "2"):
        await platform.danmaku(f"text {id_}", msg_id=id_)
    assert [(await listener.message()).id for _ in range(2)] == ["1", "2"]


async def test_bad_messages_cost_only_themselves(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)
    bad = [
        b"",
        b"\0\1\2",
        packet(b"not json"),
        packet(b"[]"),
        packet(b"[" * 100_000),
        packet(b'{"cmd": 5.5}'),
        packet(b"\xff\xfe"),
        packet(b"x", length=1000),
        packet(b"bomb?", version=2),
        packet(b"?", operation=77),
        zlibbed(b"\0" * (64 << 20)),
        message("LIVE_OPEN_PLATFORM_DM", {"msg": " "}),
        message("SOMETHING_NEW", {}),
        message("LIVE_OPEN_PLATFORM_DM", platform.dm("x", uname=None)),
    ]
    for number, frame in enumerate(bad):
        await platform.send_bytes(frame)
        await platform.danmaku(f"good {number}")
        assert (await listener.message()).text == f"good {number}"
    assert made.malformed == {
        "half a header": 1,
        "not JSON": 3,
        "no cmd": 2,
        "length": 1,
        "not compressed": 1,
        "bomb": 1,
        "no text": 1,
        "no author": 1,
    }


async def test_an_app_that_is_no_game(manual: ManualTime, listen: Listen) -> None:
    async with FakeOpenLive(game=False, clock=manual.clock) as platform:
        listener = await live(source(platform, manual), platform, listen)
        await manual.pass_by(100)
        await platform.danmaku("still here")
        assert (await listener.message()).text == "still here"
        await listener.close()
        assert [path for path, _, _ in platform.calls] == ["/v2/app/start"]


# ---------------------------------------------------------------------- heartbeats


async def test_heartbeats(platform: FakeOpenLive, manual: ManualTime, listen: Listen) -> None:
    listener = listen(source(platform, manual).events())
    await listener.state(State.READY)
    reader = await platform.joined()
    began = manual.now
    reading = asyncio.ensure_future(listener.message())
    for _ in range(15):
        await manual.pass_by(10)
    assert platform.count("heartbeat") == 7
    assert [beat - began for beat in reader.beats] == [0, 30, 60, 90, 120, 150]
    assert len(platform.running()) == 1
    await platform.danmaku("after minutes")
    assert (await reading).text == "after minutes"


@pytest.mark.parametrize("code", [7000, 7003])
async def test_a_game_that_is_closed_is_started_again_at_once(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen, time: VirtualTime, code: int
) -> None:
    listener = listen(keep(source(platform, manual), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await platform.joined()
    platform.close_games()
    platform.refuse["heartbeat"] = code
    reading = asyncio.ensure_future(listener.state(State.WAITING))
    await manual.pass_by(BEAT)
    assert (await reading).detail.startswith("trying again now: Bilibili's Open Live platform has closed")
    await listener.state(State.READY)
    await platform.joined()
    assert time.slept == [0]
    assert platform.count("start") == 2


async def test_interaction_end(platform: FakeOpenLive, listen: Listen, time: VirtualTime) -> None:
    listener = listen(keep(source(platform), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await platform.joined()
    await platform.interaction_end("the game before this one")
    await platform.danmaku("that was not ours")
    assert (await listener.message()).text == "that was not ours"
    await platform.interaction_end()
    assert "trying again now" in (await listener.state(State.WAITING)).detail
    await listener.state(State.READY)
    await platform.joined()
    await platform.danmaku("again")
    assert (await listener.message()).text == "again"


async def test_heartbeats_that_fail_for_a_while(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen
) -> None:
    listener = await live(source(platform, manual), platform, listen)
    reading = asyncio.ensure_future(listener.message())
    platform.http_status = 502
    await manual.pass_by(54)
    platform.http_status = 0
    await manual.pass_by(BEAT)
    assert platform.count("heartbeat") == 1
    await platform.danmaku("the chat went on")
    assert (await reading).text == "the chat went on"

    reading = asyncio.ensure_future(listener.message())
    platform.http_status = 502
    await manual.pass_by(80)
    with pytest.raises(SourceDropped, match="HTTP 502"):
        await reading


async def test_a_server_that_goes_deaf(platform: FakeOpenLive, manual: ManualTime, listen: Listen) -> None:
    listener = await live(source(platform, manual), platform, listen)
    reading = asyncio.ensure_future(listener.next())
    await manual.pass_by(30)
    platform.deaf = True
    await manual.pass_by(60)
    waiting = await reading
    assert isinstance(waiting, SourceState)
    assert waiting.detail == "trying again now: Bilibili has gone silent"


# ---------------------------------------------------------------------- lost connections


async def test_a_lost_connection_is_replaced_within_the_game(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen
) -> None:
    platform.links = 3
    listener = listen(source(platform, manual).events())
    await listener.state(State.READY)
    assert (await platform.joined()).path == "/sub0"
    platform.refuse_sockets.add("/sub1")
    await platform.drop()
    assert (await listener.state(State.WAITING)).detail == "trying again now: the connection was lost"
    await listener.state(State.READY)
    assert (await platform.joined()).path == "/sub2"
    await platform.danmaku("on")
    assert (await listener.message()).text == "on"
    assert platform.count("start") == 1
    # A connection that lived is a good one: the count begins anew.
    for path in ("/sub0", "/sub2", "/sub0"):
        await manual.pass_by(31)
        await platform.drop()
        await listener.state(State.READY)
        assert (await platform.joined()).path == path
    assert platform.count("start") == 1


async def test_connections_that_come_to_nothing_end_the_session(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen
) -> None:
    platform.links = 2
    platform.refuse_sockets |= {"/sub0", "/sub1"}
    listener = listen(source(platform, manual).events())
    with pytest.raises(SourceDropped, match=r"refused the connection \(HTTP 403\)"):
        await listener.state(State.READY)
    assert platform.attempts == 3
    assert platform.count("end") == 1


async def test_a_thousand_disconnects_in_a_row(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(platform, manual), clock=time.clock, sleep=time.sleep))
    for number in range(1000):
        await listener.state(State.READY)
        await platform.joined()
        await platform.drop()
        assert len(platform.running()) == 1, number
    assert platform.count("start") - platform.count("end") == 1
    assert all(1 <= seconds <= 60 for seconds in time.slept)
    await listener.state(State.READY)


async def test_an_outage_leaves_no_game_behind(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen, time: VirtualTime
) -> None:
    """The platform cannot be told in an outage; afterwards the old game must not stand in the way."""
    listener = listen(keep(source(platform, manual), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await platform.joined()
    await platform.stop()
    while not (waiting := await listener.state(State.WAITING)).detail.endswith("is this computer online?"):
        pass
    assert "cannot be reached" in waiting.detail
    assert len(platform.running()) == 1
    await platform.start()
    await listener.state(State.READY)
    await platform.joined()
    assert [path.rpartition("/")[2] for path, _, _ in platform.calls] == ["start", "end", "start"]


async def test_an_old_sign_in(platform: FakeOpenLive, listen: Listen) -> None:
    platform.auth_code = -101
    with pytest.raises(SourceDropped, match=r"refused to let the bot in \(code -101\)"):
        await listen(source(platform).events()).next()
    assert platform.count("end") == 1


async def test_a_server_that_accepts_and_stays_silent(platform: FakeOpenLive, listen: Listen) -> None:
    platform.deaf = True
    listener = listen(source(platform, connect_timeout=0.05).events())
    with pytest.raises(SourceDropped, match="Bilibili does not answer"):
        await listener.state(State.READY)
    platform.silent = True
    with pytest.raises(SourceDropped, match="platform does not answer"):
        await listen(source(platform, call_timeout=0.05, end_timeout=0.05).events()).next()


async def test_a_platform_that_never_finishes_an_answer(listen: Listen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = source(FakeOpenLive(), url=f"http://127.0.0.1:{server.getsockname()[1]}", call_timeout=0.05)
        with pytest.raises(SourceDropped, match="does not answer"):
            await listen(made.events()).next()


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": SecretStr("BSXWRONGWRONG")}, "not the streamer's identity code"),
        ({"app_id": 5}, "until Bilibili has approved the app"),
        ({"key_id": "nobody"}, "no such bilibili_open.key_id"),
        ({"key_secret": SecretStr("wrong")}, "not the secret of bilibili_open.key_id"),
        ({"code": SecretStr(" ")}, "needs bilibili_open.code"),
        ({"app_id": 0}, "needs bilibili_open.app_id"),
        ({"key_id": ""}, "needs bilibili_open.key_id"),
        ({"key_secret": SecretStr("")}, "needs bilibili_open.key_secret"),
        ({"key_id": "two\nlines"}, "as the platform gives them"),
        ({"url": "nonsense"}, "is no address"),
    ],
)
async def test_wrong_settings_stop_it(
    platform: FakeOpenLive, listen: Listen, changes: dict[str, Any], sentence: str
) -> None:
    listener = listen(keep(source(platform, **changes)))
    failed = await listener.state(State.FAILED)
    assert sentence in failed.detail
    with pytest.raises(StopAsyncIteration):
        await listener.next()
    assert not platform.running()


@pytest.mark.parametrize("code", [4000, 4007, 4008, 5004, 5005, 8002])
async def test_what_only_people_can_mend(platform: FakeOpenLive, listen: Listen, code: int) -> None:
    platform.refuse["start"] = code
    with pytest.raises(SourceFailed, match=str(code)):
        await listen(source(platform).events()).next()


@pytest.mark.parametrize("code", [4003, 4004, 4009, 5000, 7001, 7002, 7010, -412, 123456])
async def test_what_can_heal(platform: FakeOpenLive, listen: Listen, time: VirtualTime, code: int) -> None:
    platform.refuse["start"] = code
    listener = listen(keep(source(platform), clock=time.clock, sleep=time.sleep))
    assert str(code) in (await listener.state(State.WAITING)).detail
    platform.refuse.clear()
    await listener.state(State.READY)


async def test_a_clock_that_is_wrong(platform: FakeOpenLive, listen: Listen) -> None:
    with pytest.raises(SourceDropped, match="set its date and time"):
        await listen(source(platform, wall_clock=lambda: real_time.time() - 3600).events()).next()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"code": "0"}', "cannot be read"),
        (b'{"code": false}', "cannot be read"),
        (b'{"code": 0}', "cannot be read"),
        (b'{"code": 0, "data": {"websocket_info": {"wss_link": ["http://x", 5], "auth_body": "a"}}}', "read"),
        (b"[" * 100_000, "cannot be read"),
        (b" " * 10_000_000, "cannot be read"),
    ],
)
async def test_answers_that_are_none(listen: Listen, body: bytes, sentence: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SourceDropped, match=sentence):
            await listen(source(FakeOpenLive(), url=url).events()).next()


# ---------------------------------------------------------------------- every way out ends the game


async def test_cancelled_while_it_reads(platform: FakeOpenLive) -> None:
    async def run() -> None:
        async for _ in keep(source(platform)):
            pass

    task = asyncio.create_task(run())
    await platform.joined()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]
    await platform.left()


async def test_cancelled_again_while_it_ends(platform: FakeOpenLive) -> None:
    async def run() -> None:
        async for _ in keep(source(platform)):
            pass

    task = asyncio.create_task(run())
    await platform.joined()
    for _ in range(5):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_cancelled_while_it_starts(platform: FakeOpenLive) -> None:
    """The answer is under way: the game exists, and nobody here has heard of it yet."""
    task = asyncio.create_task(Listener(source(platform).events()).next())
    while not platform.games:  # noqa: ASYNC110 - the moment between two turns of the loop is what is meant
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_a_consumer_that_breaks(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)

    def explode(*_: object) -> None:
        raise ZeroDivisionError

    made._events.events = explode  # type: ignore[assignment, method-assign]
    await platform.danmaku("boom")
    with pytest.raises(ZeroDivisionError):
        await listener.next()
    assert [game.ended for game in platform.games.values()] == ["asked"]


async def test_the_end_takes_no_longer_than_it_may(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform, end_timeout=0.1), platform, listen)
    platform.silent = True
    started = asyncio.get_running_loop().time()
    await listener.close()
    assert asyncio.get_running_loop().time() - started < 1.5


PROGRAM = """
    import asyncio, sys
    from pydantic import SecretStr
    from bot.messages import SourceState
    from bot.sources.bilibili_open import BilibiliOpen
    from bot.sources.connection import keep

    async def main():
        url, code, app_id, key_id, key_secret = sys.argv[1:]
        source = BilibiliOpen(
            code=SecretStr(code), app_id=int(app_id), key_id=key_id, key_secret=SecretStr(key_secret), url=url
        )
        print(source, vars(source), flush=True)
        async for event in keep(source):
            print(event.state if isinstance(event, SourceState) else event, flush=True)
            if not isinstance(event, SourceState):
                await asyncio.sleep(60)  # busy with an event when the signal comes

    asyncio.run(main())
"""


@pytest.mark.parametrize("busy", [False, True])
async def test_ctrl_c_ends_the_game_and_a_kill_leaves_it_to_expire(
    platform: FakeOpenLive, manual: ManualTime, listen: Listen, time: VirtualTime, busy: bool
) -> None:
    async def run() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", textwrap.dedent(PROGRAM), platform.url, fake.CODE, str(fake.APP_ID)),
            *(fake.KEY_ID, fake.KEY_SECRET),
            cwd=Path(__file__).parent.parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await platform.joined(20)
        return process

    process = await run()
    if busy:
        await platform.danmaku("hi")
        assert process.stdout
        while b"hi" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert [game.ended for game in platform.games.values()] == ["asked"]
    assert b"KeyboardInterrupt" in err
    assert b"never awaited" not in err
    for secret in SECRETS:
        assert secret.encode() not in out + err

    process = await run()
    process.kill()
    await process.communicate()
    assert len(platform.running()) == 1
    listener = listen(keep(source(platform, manual), clock=time.clock, sleep=time.sleep))
    waiting = await listener.state(State.WAITING)
    assert "code 7010" in waiting.detail
    assert "ends within a minute" in waiting.detail
    manual.now += 60
    await listener.state(State.READY)


# ---------------------------------------------------------------------- secrets and the fake itself


async def test_no_secret_in_what_can_be_shown(platform: FakeOpenLive, listen: Listen) -> None:
    made = source(platform)
    listener = await live(made, platform, listen)
    auth_body = next(iter(platform.games.values())).auth_body
    shown = repr(made) + repr(vars(made))
    platform.refuse["end"] = 5000
    await listener.close()
    for secret in (*SECRETS, auth_body):
        assert secret not in shown


async def test_the_fake_is_strict(platform: FakeOpenLive) -> None:
    import aiohttp

    from bot.sources.bilibili_open_signing import signed_headers

    body = b'{"game_id": "x"}'
    now = int(real_time.time())
    secret = SecretStr(fake.KEY_SECRET)

    def good(nonce: str, timestamp: int = now) -> dict[str, str]:
        return signed_headers(body, key_id=fake.KEY_ID, key_secret=secret, nonce=nonce, timestamp=timestamp)

    async with aiohttp.ClientSession() as http:
        for headers, sent, code in (
            (good("1"), body, 7003),
            (good("1"), body, 4004),
            (good("2"), body + b" ", 4012),
            (good("3", now - 700), body, 4003),
            ({**good("4"), "Authorization": good("5")["Authorization"]}, body, 4002),
            ({**good("6"), "x-bili-signature-nonce": "7"}, body, 4002),
            ({**good("8"), "Accept": "*/*"}, body, 4013),
            ({**good("9"), "Content-Type": "text/plain"}, body, 4011),
        ):
            async with http.post(f"{platform.url}/v2/app/heartbeat", data=sent, headers=headers) as answer:
                assert (await answer.json())["code"] == code
        async with http.get(f"{platform.url}/v2/app/heartbeat", headers=good("10")) as answer:
            assert (await answer.json())["code"] == 4010


async def test_clicks_are_one_gift(platform: FakeOpenLive, listen: Listen) -> None:
    listener = await live(source(platform, gift_window=0.1), platform, listen)

    async def give(id_: str, name: str) -> None:
        what = {"gift_name": "小花花", "gift_num": 2, "r_price": 100, "paid": True, "msg_id": id_}
        await platform.send("LIVE_OPEN_PLATFORM_SEND_GIFT", {**platform.dm("", name), **what}, brotlied)

    for id_, name in (("1", "A"), ("2", "A"), ("2", "A"), ("3", "B"), ("4", "A")):
        await give(id_, name)
    gifts = [await listener.next() for _ in range(2)]
    assert [
        (gift.author.name, gift.count, gift.worth.amount)
        for gift in gifts
        if isinstance(gift, Gift) and gift.worth
    ] == [("A", 6, 0.6), ("B", 2, 0.2)]

    await give("5", "C")
    await platform.danmaku("after")
    assert (await listener.message()).text == "after"
    await platform.drop()  # what is held back is told before the connection is given up
    last = await listener.next()
    assert isinstance(last, Gift)
    assert last.author.name == "C"
