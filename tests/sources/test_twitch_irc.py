"""The anonymous reader over a real WebSocket, against a Twitch on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable

import pytest

from bot.messages import ChatEvent, Fragment, FragmentKind, Gift, Raid, Retraction, SourceState, State
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.twitch_channel import channel_login
from bot.sources.twitch_irc import MAX_FRAME, TwitchIrc
from tests.fakes.twitch_irc import FakeTwitch
from tests.sources.conftest import Listener, VirtualTime

Listen = Callable[[AsyncGenerator[ChatEvent | SourceState, None]], Listener]


async def live(source: TwitchIrc, twitch: FakeTwitch, listen: Listen) -> Listener:
    """One session, joined."""
    listener = listen(source.events())
    await listener.state(State.READY)
    await twitch.joined()
    return listener


async def test_joins_as_an_anonymous_reader(twitch: FakeTwitch, listen: Listen) -> None:
    source = TwitchIrc("https://www.twitch.tv/Dallas", url=twitch.url, clock=lambda: 7.5)
    listener = listen(source.events())
    assert await listener.next() == SourceState("twitch", "dallas", State.READY)
    assert await twitch.joined() == "dallas"
    (connection,) = twitch.connections
    assert connection.received[0] == "CAP REQ :twitch.tv/tags twitch.tv/commands"
    assert connection.nick.removeprefix("justinfan").isdigit()
    assert connection.received[2:] == ["JOIN #dallas"]

    id_ = await twitch.privmsg("你好 world", "小明", tags={"badges": "vip/1"})
    message = await listener.message()
    assert (message.id, message.text, message.author.name) == (id_, "你好 world", "小明")
    assert (message.channel, message.received_at) == ("dallas", 7.5)
    assert not source.malformed


async def test_events_of_every_kind(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url), twitch, listen)
    await twitch.raid("Bramble", 42)
    await twitch.usernotice("submysterygift", tags={"msg-param-mass-gift-count": "5"})
    id_ = await twitch.privmsg("oops")
    await twitch.delete(id_)
    await twitch.time_out("Alice")
    await twitch.clear()
    raid = await listener.next()
    assert isinstance(raid, Raid)
    assert raid.viewers == 42
    gift = await listener.next()
    assert isinstance(gift, Gift)
    assert gift.count == 5
    message = await listener.message()
    retractions = [await listener.next() for _ in range(3)]
    targets = [event.target for event in retractions if isinstance(event, Retraction)]
    assert targets == [id_, message.author.id, ""]


async def test_answers_ping(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url), twitch, listen)
    reading = asyncio.ensure_future(listener.message())
    assert await twitch.ping() == "tmi.twitch.tv"
    await twitch.privmsg("after")
    assert (await reading).text == "after"


async def test_several_lines_in_one_message(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url), twitch, listen)
    await twitch.send(*(twitch.privmsg_line(f"line {number}") for number in range(3)))
    assert [(await listener.message()).text for _ in range(3)] == ["line 0", "line 1", "line 2"]


@pytest.mark.parametrize("binary", [False, True])
async def test_a_bad_line_costs_only_itself(twitch: FakeTwitch, listen: Listen, binary: bool) -> None:
    source = TwitchIrc("dallas", url=twitch.url)
    listener = await live(source, twitch, listen)
    good = [twitch.privmsg_line(f"good {number}").encode() for number in range(5)]
    bad = [
        b"",
        b"\x00\x01\x02",
        b"@=;;;= :: ",
        twitch.privmsg_line("cut in half").encode()[:-2] + b"\xe4\xbd",
        twitch.privmsg_line("x" * 100_000).encode(),
    ]
    await twitch.send_bytes(
        b"\r\n".join(line for pair in zip(bad, good, strict=True) for line in pair), binary=binary
    )
    await twitch.privmsg("Kappa", tags={"emotes": "25:0-400"})
    assert [(await listener.message()).text for _ in range(5)] == [f"good {n}" for n in range(5)]
    assert (await listener.message()).fragments == (Fragment("Kappa", FragmentKind.TEXT),)
    assert source.malformed == {
        "control character": 1,
        "no command": 1,
        "not UTF-8": 1,
        "too long": 1,
        "emotes": 1,
    }


async def test_a_message_beyond_any_measure_drops_the_connection(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url), twitch, listen)
    await twitch.send_bytes(b"x" * (MAX_FRAME + 1))
    with pytest.raises(SourceDropped, match="connection was lost"):
        await listener.next()


async def test_reconnect_and_rejoin_at_once(twitch: FakeTwitch, listen: Listen, time: VirtualTime) -> None:
    listener = listen(keep(TwitchIrc("dallas", url=twitch.url), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await twitch.joined()
    await twitch.reconnect()
    waiting = await listener.state(State.WAITING)
    assert waiting.detail == "trying again now: Twitch asked for a new connection"
    await listener.state(State.READY)
    assert await twitch.joined() == "dallas"
    assert time.slept == [0]


async def test_a_dropped_connection_is_joined_again(
    twitch: FakeTwitch, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(TwitchIrc("dallas", url=twitch.url), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await twitch.joined()
    id_ = await twitch.privmsg("before")
    assert (await listener.message()).text == "before"
    await twitch.drop()
    waiting = await listener.state(State.WAITING)
    assert waiting.detail.endswith(" s: the connection was lost")
    await listener.state(State.READY)
    await twitch.joined()
    await twitch.privmsg("before", tags={"id": id_})  # told again: not given again
    await twitch.privmsg("after")
    assert (await listener.message()).text == "after"


async def test_fifty_disconnects_in_a_row(twitch: FakeTwitch, listen: Listen, time: VirtualTime) -> None:
    listener = listen(keep(TwitchIrc("dallas", url=twitch.url), clock=time.clock, sleep=time.sleep))
    for number in range(50):
        await listener.state(State.READY)
        await twitch.joined()
        await twitch.privmsg(f"message {number}")
        assert (await listener.message()).text == f"message {number}"
        await twitch.drop()
    await listener.state(State.READY)
    assert twitch.attempts == 51
    assert len(time.slept) == 50
    assert all(1 <= seconds <= 60 for seconds in time.slept)


async def test_a_server_that_is_down_and_comes_back(listen: Listen, time: VirtualTime) -> None:
    twitch = await FakeTwitch().start()
    await twitch.stop()
    listener = listen(keep(TwitchIrc("dallas", url=twitch.url), clock=time.clock, sleep=time.sleep))
    for _ in range(3):
        waiting = await listener.state(State.WAITING)
        assert waiting.detail.endswith("Twitch cannot be reached: is this computer online?")
    await twitch.start()
    await listener.state(State.READY)
    await twitch.stop()
    assert (await listener.state(State.WAITING)).detail.endswith("the connection was lost")


async def test_a_server_that_refuses(twitch: FakeTwitch, listen: Listen) -> None:
    twitch.refuse_with = 503
    with pytest.raises(SourceDropped, match=r"refused the connection \(HTTP 503\)"):
        await listen(TwitchIrc("dallas", url=twitch.url).events()).next()


async def test_a_server_that_never_finishes_the_handshake(listen: Listen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SourceDropped, match="does not answer"):
            await listen(TwitchIrc("dallas", url=url, connect_timeout=0.05).events()).next()


async def test_an_unknown_channel(listen: Listen, time: VirtualTime) -> None:
    async with FakeTwitch(channels=["dallas"]) as twitch:
        source = TwitchIrc("dalas", url=twitch.url, join_timeout=0.05)
        listener = listen(keep(source, clock=time.clock, sleep=time.sleep))
        waiting = await listener.state(State.WAITING)
        assert waiting.detail.endswith(
            'Twitch knows no channel "dalas" (or it is slow to answer): check the spelling of twitch.channel'
        )
        twitch.channels = {"dalas"}
        await listener.state(State.READY)


async def test_silence_is_only_silence_while_the_server_answers(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url, silence=0.02), twitch, listen)
    reading = asyncio.ensure_future(listener.message())
    for _ in range(3):
        await twitch.pinged()
    await twitch.privmsg("awake")
    assert (await reading).text == "awake"


async def test_a_half_open_connection_is_noticed(twitch: FakeTwitch, listen: Listen) -> None:
    source = TwitchIrc("dallas", url=twitch.url, silence=0.02, pong_timeout=0.05)
    listener = await live(source, twitch, listen)
    twitch.silent = True
    with pytest.raises(SourceDropped, match="gone silent"):
        await listener.next()
    assert await twitch.pinged() == "still-there"  # it was asked first


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #dallas :This channel…",
            '"dallas" is suspended',
        ),
        ("@msg-id=tos_ban :tmi.twitch.tv NOTICE #dallas :x", '"dallas" is closed'),
        (":tmi.twitch.tv NOTICE * :Login unsuccessful", "refused the connection: Login unsuccessful"),
    ],
)
async def test_notices_that_end_it(listen: Listen, line: str, sentence: str) -> None:
    async with FakeTwitch(channels=[]) as twitch:
        listener = listen(TwitchIrc("dallas", url=twitch.url).events())
        reading = asyncio.ensure_future(listener.next())
        await twitch.joined()
        await twitch.send(line)
        with pytest.raises(SourceDropped, match=sentence.replace("(", r"\(")):
            await reading


async def test_other_notices_do_not_end_it(twitch: FakeTwitch, listen: Listen) -> None:
    listener = await live(TwitchIrc("dallas", url=twitch.url), twitch, listen)
    await twitch.send(
        "@msg-id=slow_on :tmi.twitch.tv NOTICE #dallas :slow mode", ":tmi.twitch.tv NOTICE * :x"
    )
    await twitch.privmsg("still here")
    assert (await listener.message()).text == "still here"


@pytest.mark.parametrize("url", ["http//x", "ftp://127.0.0.1/", "ws://127.0.0.1:99999", ""])
async def test_an_impossible_address(listen: Listen, url: str) -> None:
    with pytest.raises(SourceFailed, match="is no address"):
        await listen(TwitchIrc("dallas", url=url).events()).next()


async def test_an_impossible_channel_fails_without_a_connection(twitch: FakeTwitch, listen: Listen) -> None:
    listener = listen(keep(TwitchIrc("not a name", url=twitch.url)))
    failed = await listener.state(State.FAILED)
    assert failed.channel == "not a name"
    assert "twitch.tv/NAME" in failed.detail
    with pytest.raises(StopAsyncIteration):
        await listener.next()
    assert twitch.attempts == 0


async def test_cancelling_ends_it_and_closes_the_connection(twitch: FakeTwitch) -> None:
    source = TwitchIrc("dallas", url=twitch.url)
    ready = asyncio.Event()

    async def run() -> None:
        async for event in keep(source):
            if isinstance(event, SourceState) and event.state is State.READY:
                ready.set()

    task = asyncio.ensure_future(run())
    await asyncio.wait_for(ready.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await twitch.left()
    assert not twitch.connections


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("Dallas", "dallas"),
        (" #dallas ", "dallas"),
        ("@Dal_las9", "dal_las9"),
        ("https://www.twitch.tv/Dallas", "dallas"),
        ("https://m.twitch.tv/dallas/videos?x=1", "dallas"),
        ("twitch.tv/dallas/", "dallas"),
        ("https://www.twitch.tv/popout/dallas/chat?popout=", "dallas"),
        ("https://dashboard.twitch.tv/u/dallas/stream-manager", "dallas"),
        ("", None),
        ("#", None),
        ("two words", None),
        ("小明", None),
        ("a\r\nJOIN #b", None),
        ("dallas/videos", None),
        ("https://example.com/dallas", None),
        ("x" * 26, None),
        ("ſtream", None),
    ],
)
def test_channel_login(text: str, login: str | None) -> None:
    assert channel_login(text) == login
