"""The logged-in Twitch source against a Twitch on loopback: what it hears, and what a move or stop leaves."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from bot.messages import ChatMessage, Retraction, SourceState, State
from bot.sources.connection import keep
from bot.sources.twitch_subscriptions import READ_CHAT, WANTED
from tests.fakes import twitch_payloads as p
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_irc import user_id
from tests.sources.conftest import Listen, Make, VirtualTime
from tests.sources.twitch_session import CHAT, live

pytestmark = pytest.mark.usefixtures("no_twitch_secret_is_logged")

# ------------------------------------------------------------------ what works


async def test_it_subscribes_to_all_that_the_login_allows(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    await live(logged_in(), listen)
    told = set(server.connections[0].subscriptions)
    assert told == {wanted.type for wanted in WANTED} - {"channel.ban"}


async def test_what_the_login_does_not_allow_is_said_once_and_skipped(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    twitch = logged_in(scopes=(READ_CHAT,))
    for _ in range(2):
        listener = await live(twitch, listen)
        await listener.close()
    said = [r.getMessage() for r in caplog.records if "does not hear" in r.getMessage()]
    assert said == [
        "twitch streamer: this login does not hear: follows, channel points, Twitch's own rewards, power-ups"
    ]


async def test_another_account_reads_a_channel(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = await live(logged_in(login="some_bot"), listen)
    assert server.connections[0].subscriptions[CHAT] == {
        "broadcaster_user_id": user_id("streamer"),
        "user_id": user_id("some_bot"),
    }
    assert "channel.bits.use" not in server.connections[0].subscriptions
    await server.send(CHAT, p.message("hello", "Alice"))
    assert (await listener.message()).text == "hello"


async def test_a_subscription_that_is_refused_and_not_needed_is_skipped(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    server.refuse = {"channel.follow": 403, "channel.raid": 400}
    listener = await live(logged_in(), listen)
    await server.send(CHAT, p.message("hello"))
    assert (await listener.message()).text == "hello"


async def test_500_at_once_come_in_order(server: FakeTwitchEventSub, logged_in: Make, listen: Listen) -> None:
    listener = await live(logged_in(most_waiting=50), listen)  # a tenth fits: the rest waits in the socket
    sent = [f"message {number}" for number in range(500)]

    async def send() -> None:
        for text in sent:
            await server.send(CHAT, p.message(text))

    sending = asyncio.create_task(send())
    assert [(await listener.message()).text for _ in sent] == sent
    await sending


async def test_a_notification_that_comes_twice_is_one_event(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = listen(keep(logged_in()))
    await listener.state(State.READY)
    event, gone = p.message("once"), p.deleted("m1")
    for _ in range(3):
        await server.send(CHAT, event, message_id="n1")
        await server.send("channel.chat.message_delete", gone, message_id="n2")
    await server.send(CHAT, p.message("then"))
    assert (await listener.message()).id == event["message_id"]
    assert isinstance(await listener.next(), Retraction)
    assert (await listener.message()).text == "then"


async def test_frames_that_cannot_be_read_cost_themselves(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    twitch = logged_in()
    listener = await live(twitch, listen)
    for junk in (
        "{",
        "[]",
        "{}",
        "null",
        '"x"',
        '{"metadata": 7}',
        '{"metadata": {"message_type": "revocation"}}',
    ):
        await server.send_raw(junk)
    await server.send_raw(b"\x00\xff")
    await server.send_raw(json.dumps({"metadata": {"message_type": "a new kind"}, "payload": {}}))
    await server.send(CHAT, {"message_id": {}})
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"
    assert twitch.malformed["frame"] == 6
    assert twitch.malformed["no author"] == 1


# ------------------------------------------------------------------ a move to another server


async def test_a_move_loses_nothing_and_repeats_nothing(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = listen(keep(logged_in()))
    await listener.state(State.READY)
    old = server.connections[0]
    subscriptions = server.requests["/helix/eventsub/subscriptions"]
    await server.send(CHAT, p.message("before"))
    await server.reconnect()
    # Twitch goes on telling the old connection until the new one has been welcomed.
    await old.socket.send_json(p.notify(CHAT, p.message("meanwhile", message_id="m")))
    await server.connected(2)
    await server.send(CHAT, p.message("meanwhile", message_id="m"))
    await server.send(CHAT, p.message("after"))
    assert [(await listener.message()).text for _ in range(3)] == ["before", "meanwhile", "after"]
    await server.until(lambda: old not in server.connections)
    await server.send(CHAT, p.message("later"))
    assert (await listener.message()).text == "later"
    assert server.requests["/helix/eventsub/subscriptions"] == subscriptions
    assert server.requests["/ws"] == 2


async def test_two_moves_in_a_row(server: FakeTwitchEventSub, logged_in: Make, listen: Listen) -> None:
    listener = await live(logged_in(deaf_after=0.2), listen)
    for number in (1, 2):
        old = server.connections[0]
        await server.reconnect()
        await server.until(lambda old=old: old not in server.connections)
        await server.send(CHAT, p.message(f"move {number}"))
        assert (await listener.message()).text == f"move {number}"


async def test_a_move_that_fails_begins_anew_at_once(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(logged_in(), sleep=time.sleep))
    await listener.state(State.READY)
    server.reconnect_refused = True
    await server.reconnect()
    assert "move" in (await listener.state(State.WAITING)).detail
    await listener.state(State.READY)
    assert time.slept == [0.0]


# ------------------------------------------------------------------ the whole


async def test_a_hundred_drops_in_a_row_leave_nothing_behind(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(logged_in(scopes=(READ_CHAT,)), clock=time.clock, sleep=time.sleep))
    tasks = len(asyncio.all_tasks())
    for _ in range(100):
        await listener.state(State.READY)
        await server.drop()
        await listener.state(State.WAITING)
    await listener.close()
    assert len(asyncio.all_tasks()) <= tasks + 1


async def test_stopping_early_closes_everything(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    before = asyncio.all_tasks()
    listener = await live(logged_in(), listen)
    await listener.close()
    await server.until(lambda: not server.connections)
    left = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not {name for name in left if re.search("twitch|eventsub", name)}


def test_twitchio_is_not_imported_for_an_anonymous_reader() -> None:
    import subprocess
    import sys

    code = (
        "import sys, bot.sources.twitch_eventsub, bot.sources.twitch_login, bot.sources.twitch_replies;"
        "print('twitchio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_states_and_messages_are_all_there_is(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = listen(keep(logged_in()))
    assert await listener.next() == SourceState("twitch", "streamer", State.STARTING)
    assert await listener.next() == SourceState("twitch", "streamer", State.READY)
    await server.send(CHAT, p.message("hi"))
    assert isinstance(await listener.next(), ChatMessage)
