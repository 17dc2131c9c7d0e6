"""The logged-in Twitch source against a Twitch on loopback: every way a session can end, and heal."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import ChatMessage, Retraction, SourceState, State
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceError, SourceFailed
from bot.sources.twitch_account import TwitchAccount
from bot.sources.twitch_eventsub import TwitchEventSub
from bot.sources.twitch_subscriptions import READ_CHAT, SCOPES, WANTED
from tests.fakes import twitch_payloads as p
from tests.fakes.twitch_eventsub import CLIENT_ID, FakeTwitchEventSub
from tests.fakes.twitch_irc import user_id
from tests.sources.conftest import Listener, VirtualTime
from tests.sources.twitch_credentials import CountedCredentials

CHAT = "channel.chat.message"
Listen = Callable[[Any], Listener]


@pytest.fixture
async def server() -> AsyncIterator[FakeTwitchEventSub]:
    async with FakeTwitchEventSub() as fake:
        yield fake


@pytest.fixture
def store(tmp_path: Path) -> CountedCredentials:
    return CountedCredentials(tmp_path)


@pytest.fixture(autouse=True)
def no_secret_in_the_logs(server: FakeTwitchEventSub, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Of this project's logs and twitchio's, at every level, in every test of this file."""
    caplog.set_level(logging.DEBUG)
    yield
    shown = caplog.text + "".join(str(record.exc_info) + repr(record.args) for record in caplog.records)
    assert not [secret for secret in server.secrets if secret in shown]


@pytest.fixture
def source(server: FakeTwitchEventSub, store: CountedCredentials) -> Callable[..., TwitchEventSub]:
    def make(channel: str = "streamer", login: str = "streamer", **options: Any) -> TwitchEventSub:
        scopes = options.pop("scopes", SCOPES)
        if not store.load("twitch"):
            store.save("twitch", server.grant(login, scopes))
        account = TwitchAccount(CLIENT_ID, store, urls=server.urls, timeout=options.pop("timeout", 5.0))
        return TwitchEventSub(channel, account, **{"welcome": 2.0, "linger": 0.05, **options})

    return make


Make = Callable[..., TwitchEventSub]


async def why(source: TwitchEventSub) -> SourceError:
    """How a session ends that never becomes live."""
    events = source.events()
    try:
        with pytest.raises((SourceDropped, SourceFailed)) as ended:
            await asyncio.wait_for(anext(events), 5)
    finally:
        await events.aclose()
    return ended.value


async def live(source: TwitchEventSub, listen: Listen) -> Listener:
    listener = listen(source.events())
    await listener.state(State.READY)
    return listener


async def end_of(listener: Listener) -> SourceError:
    with pytest.raises((SourceDropped, SourceFailed)) as ended:
        await listener.next()
    return ended.value


# ------------------------------------------------------------------ what works


async def test_it_subscribes_to_all_that_the_login_allows(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    await live(source(), listen)
    told = set(server.connections[0].subscriptions)
    assert told == {wanted.type for wanted in WANTED} - {"channel.ban"}


async def test_what_the_login_does_not_allow_is_said_once_and_skipped(
    server: FakeTwitchEventSub, source: Make, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    twitch = source(scopes=(READ_CHAT,))
    for _ in range(2):
        listener = await live(twitch, listen)
        await listener.close()
    said = [r.getMessage() for r in caplog.records if "does not hear" in r.getMessage()]
    assert said == [
        "twitch streamer: this login does not hear: follows, channel points, Twitch's own rewards, power-ups"
    ]


async def test_another_account_reads_a_channel(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = await live(source(login="some_bot"), listen)
    assert server.connections[0].subscriptions[CHAT] == {
        "broadcaster_user_id": user_id("streamer"),
        "user_id": user_id("some_bot"),
    }
    assert "channel.bits.use" not in server.connections[0].subscriptions
    await server.send(CHAT, p.message("hello", "Alice"))
    assert (await listener.message()).text == "hello"


async def test_a_subscription_that_is_refused_and_not_needed_is_skipped(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    server.refuse = {"channel.follow": 403, "channel.raid": 400}
    listener = await live(source(), listen)
    await server.send(CHAT, p.message("hello"))
    assert (await listener.message()).text == "hello"


async def test_500_at_once_come_in_order(server: FakeTwitchEventSub, source: Make, listen: Listen) -> None:
    listener = await live(source(most_waiting=50), listen)  # a tenth fits: the rest waits in the socket
    sent = [f"message {number}" for number in range(500)]

    async def send() -> None:
        for text in sent:
            await server.send(CHAT, p.message(text))

    sending = asyncio.create_task(send())
    assert [(await listener.message()).text for _ in sent] == sent
    await sending


async def test_a_notification_that_comes_twice_is_one_event(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = listen(keep(source()))
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
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    twitch = source()
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
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = listen(keep(source()))
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


async def test_two_moves_in_a_row(server: FakeTwitchEventSub, source: Make, listen: Listen) -> None:
    listener = await live(source(deaf_after=0.2), listen)
    for number in (1, 2):
        old = server.connections[0]
        await server.reconnect()
        await server.until(lambda old=old: old not in server.connections)
        await server.send(CHAT, p.message(f"move {number}"))
        assert (await listener.message()).text == f"move {number}"


async def test_a_move_that_fails_begins_anew_at_once(
    server: FakeTwitchEventSub, source: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(), sleep=time.sleep))
    await listener.state(State.READY)
    server.reconnect_refused = True
    await server.reconnect()
    assert "move" in (await listener.state(State.WAITING)).detail
    await listener.state(State.READY)
    assert time.slept == [0.0]


# ------------------------------------------------------------------ ends that heal


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (4000, "the connection was lost"),
        (4002, "missed"),
        (4003, "subscribed"),
        (4001, "out of turn"),
        (1001, "lost"),
    ],
)
async def test_a_closed_connection(
    server: FakeTwitchEventSub, source: Make, listen: Listen, code: int, sentence: str
) -> None:
    listener = await live(source(), listen)
    await server.close(code)
    ended = await end_of(listener)
    assert isinstance(ended, SourceDropped)
    assert sentence in str(ended)


async def test_a_connection_that_is_cut_and_comes_back(
    server: FakeTwitchEventSub, source: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await server.send(CHAT, p.message("before"))
    await server.drop()
    assert (await listener.message()).text == "before"
    assert "the connection was lost" in (await listener.state(State.WAITING)).detail
    await listener.state(State.READY)
    await server.send(CHAT, p.message("after"))
    assert (await listener.message()).text == "after"


async def test_silence(server: FakeTwitchEventSub, source: Make, listen: Listen) -> None:
    listener = await live(source(silence=0.1), listen)
    ended = await end_of(listener)
    assert (type(ended), str(ended)) == (SourceDropped, "Twitch has gone silent")


async def test_keepalives_are_no_silence(server: FakeTwitchEventSub, source: Make, listen: Listen) -> None:
    listener = await live(source(silence=0.4), listen)
    for _ in range(20):
        await asyncio.sleep(0.05)
        await server.keepalive()
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"


async def test_no_welcome(server: FakeTwitchEventSub, source: Make) -> None:
    server.silent = True
    ended = await why(source(welcome=0.1))
    assert (type(ended), str(ended)) == (SourceDropped, "Twitch does not answer")
    await server.until(lambda: not server.connections)


@pytest.mark.parametrize("status", ["authorization_revoked", "user_removed", "chat_user_banned", "a new one"])
async def test_a_revocation(server: FakeTwitchEventSub, source: Make, listen: Listen, status: str) -> None:
    listener = await live(source(), listen)
    await server.revoke(CHAT, status)
    assert isinstance(await end_of(listener), SourceDropped)


async def test_a_login_that_was_taken_back_asks_for_a_new_one(
    server: FakeTwitchEventSub, source: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(), sleep=time.sleep))
    await listener.state(State.READY)
    server.withdraw()
    await server.revoke(CHAT)
    assert "the login was taken back" in (await listener.state(State.WAITING)).detail
    assert "python -m bot login twitch" in (await listener.state(State.FAILED)).detail


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_helix_has_trouble_while_subscribing(
    server: FakeTwitchEventSub, source: Make, status: int
) -> None:
    server.fail_with = status
    ended = await why(source())
    assert (type(ended), str(ended)) == (SourceDropped, f"Twitch has trouble (HTTP {status})")


@pytest.mark.parametrize("answer", [b"", b"[]", b"{", b'{"data": 7}', b'{"data": [{}]}', b'{"data": null}'])
@pytest.mark.parametrize("path", ["/helix/eventsub/subscriptions", "/helix/users"])
async def test_answers_that_cannot_be_read(
    server: FakeTwitchEventSub, source: Make, path: str, answer: bytes
) -> None:
    server.answers[path] = answer
    assert isinstance(await why(source(login="some_bot")), (SourceDropped, SourceFailed))


async def test_twitch_cannot_be_reached(server: FakeTwitchEventSub, source: Make) -> None:
    twitch = source()
    await server.stop()
    assert "is this computer online" in str(await why(twitch))


async def test_a_client_that_is_subscribed_to_nothing_is_replaced(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    twitch = source(deaf_after=0.1)
    listener = await live(twitch, listen)
    client = _client()
    client._websockets.clear()
    ended = await end_of(listener)
    assert (type(ended), str(ended)) == (SourceDropped, "Twitch has stopped telling what happens")


def _client() -> Any:
    """The twitchio client that is in use: nothing of the source's surface leads to it, nor should."""
    import gc

    from bot.sources.twitch_client import Client

    (client,) = [each for each in gc.get_objects() if type(each) is Client and not each._has_closed]
    return client


async def test_a_watch_that_dies_ends_the_session(
    server: FakeTwitchEventSub, source: Make, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    twitch = source(check_login=0.05)
    listener = await live(twitch, listen)

    async def broken(self: TwitchAccount) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(TwitchAccount, "identity", broken)
    ended = await end_of(listener)
    assert (type(ended), str(ended)) == (SourceDropped, "the watch over the connection ended")


# ------------------------------------------------------------------ tokens in mid-session


async def test_a_token_that_runs_out_in_mid_session_is_renewed_and_saved(
    server: FakeTwitchEventSub, source: Make, listen: Listen, store: CountedCredentials, tmp_path: Path
) -> None:
    listener = await live(source(check_login=0.05), listen)
    before, saves = store.load("twitch"), store.saves
    server.expire()
    await server.until(lambda: server.requests["/oauth2/token"] == 1)
    await server.until(lambda: server.requests["/oauth2/validate"] >= 4)
    after = store.load("twitch")
    assert store.saves == saves + 1
    assert after["refresh_token"] == server.tokens[-1].refresh != before["refresh_token"]
    assert after["client_id"] == CLIENT_ID
    assert (tmp_path / "twitch.json").stat().st_mode & 0o777 == 0o600
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"


async def test_a_login_that_is_gone_in_mid_session(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = await live(source(check_login=0.05), listen)
    server.withdraw()
    ended = await end_of(listener)
    assert isinstance(ended, SourceFailed)
    assert "log in again: python -m bot login twitch" in str(ended)


async def test_an_oauth_server_with_trouble_ends_nothing(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = await live(source(check_login=0.02), listen)
    server.id_fails_with = 503
    asked = server.requests["/oauth2/validate"]
    await server.until(lambda: server.requests["/oauth2/validate"] >= asked + 3)
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"


async def test_somebody_else_logs_in(
    server: FakeTwitchEventSub, source: Make, listen: Listen, store: CountedCredentials
) -> None:
    listener = await live(source(check_login=0.05), listen)
    store.save("twitch", server.grant("other"))
    ended = await end_of(listener)
    assert isinstance(ended, SourceDropped)
    assert ended.at_once


# ------------------------------------------------------------------ ends that only the streamer can mend


async def test_no_such_channel(source: Make, server: FakeTwitchEventSub) -> None:
    server.known = {"streamer"}
    ended = await why(source("strimmer"))
    assert (type(ended), str(ended)) == (
        SourceFailed,
        'Twitch knows no channel "strimmer": check the spelling of twitch.channel',
    )


async def test_no_channels_name(source: Make) -> None:
    assert "cannot be a Twitch channel" in str(await why(source("not a channel!")))


async def test_no_scope_for_chat(source: Make) -> None:
    ended = await why(source(scopes=("bits:read",)))
    assert isinstance(ended, SourceFailed)
    assert "log in again: python -m bot login twitch" in str(ended)


async def test_banned_from_the_chat(source: Make, server: FakeTwitchEventSub) -> None:
    server.refuse[CHAT] = 403
    ended = await why(source())
    assert isinstance(ended, SourceFailed)
    assert "banned" in str(ended)


# ------------------------------------------------------------------ the whole


async def test_a_hundred_drops_in_a_row_leave_nothing_behind(
    server: FakeTwitchEventSub, source: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(source(scopes=(READ_CHAT,)), clock=time.clock, sleep=time.sleep))
    tasks = len(asyncio.all_tasks())
    for _ in range(100):
        await listener.state(State.READY)
        await server.drop()
        await listener.state(State.WAITING)
    await listener.close()
    assert len(asyncio.all_tasks()) <= tasks + 1


async def test_stopping_early_closes_everything(
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    before = asyncio.all_tasks()
    listener = await live(source(), listen)
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
    server: FakeTwitchEventSub, source: Make, listen: Listen
) -> None:
    listener = listen(keep(source()))
    assert await listener.next() == SourceState("twitch", "streamer", State.STARTING)
    assert await listener.next() == SourceState("twitch", "streamer", State.READY)
    await server.send(CHAT, p.message("hi"))
    assert isinstance(await listener.next(), ChatMessage)
