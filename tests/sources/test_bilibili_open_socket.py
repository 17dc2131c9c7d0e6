"""How long a connection of the Open Live source lives: heartbeats, silence, and what follows a lost one."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bot.messages import SourceState, State
from bot.sources.bilibili_open_api import BEAT
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped
from tests.fakes.bilibili_open import FakeOpenLive
from tests.sources.conftest import Listen, ManualTime, VirtualTime
from tests.sources.open_live import live, source

pytestmark = pytest.mark.usefixtures("no_open_live_secret_is_logged")

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
