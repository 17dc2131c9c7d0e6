"""Every way a session of the logged-in Twitch source can end, and which of them heal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.messages import State
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.twitch_account import TwitchAccount
from tests.fakes import twitch_payloads as p
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID
from tests.sources.conftest import Listen, Make, VirtualTime
from tests.sources.twitch_credentials import CountedCredentials
from tests.sources.twitch_session import CHAT, end_of, live, why

pytestmark = pytest.mark.usefixtures("no_twitch_secret_is_logged")

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
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, code: int, sentence: str
) -> None:
    listener = await live(logged_in(), listen)
    await server.close(code)
    ended = await end_of(listener)
    assert isinstance(ended, SourceDropped)
    assert sentence in str(ended)


async def test_a_connection_that_is_cut_and_comes_back(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(logged_in(), clock=time.clock, sleep=time.sleep))
    await listener.state(State.READY)
    await server.send(CHAT, p.message("before"))
    await server.drop()
    assert (await listener.message()).text == "before"
    assert "the connection was lost" in (await listener.state(State.WAITING)).detail
    await listener.state(State.READY)
    await server.send(CHAT, p.message("after"))
    assert (await listener.message()).text == "after"


async def test_silence(server: FakeTwitchEventSub, logged_in: Make, listen: Listen) -> None:
    listener = await live(logged_in(silence=0.1), listen)
    ended = await end_of(listener)
    assert (type(ended), str(ended)) == (SourceDropped, "Twitch has gone silent")


async def test_keepalives_are_no_silence(server: FakeTwitchEventSub, logged_in: Make, listen: Listen) -> None:
    listener = await live(logged_in(silence=0.4), listen)
    for _ in range(20):  # for longer than twice the silence that ends it
        await asyncio.sleep(0.05)
        await server.keepalive()
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"


async def test_no_welcome(server: FakeTwitchEventSub, logged_in: Make) -> None:
    server.silent = True
    ended = await why(logged_in(welcome=0.1))
    assert (type(ended), str(ended)) == (SourceDropped, "Twitch does not answer")
    await server.until(lambda: not server.connections)


@pytest.mark.parametrize("status", ["authorization_revoked", "user_removed", "chat_user_banned", "a new one"])
async def test_a_revocation(server: FakeTwitchEventSub, logged_in: Make, listen: Listen, status: str) -> None:
    listener = await live(logged_in(), listen)
    await server.revoke(CHAT, status)
    assert isinstance(await end_of(listener), SourceDropped)


async def test_a_login_that_was_taken_back_asks_for_a_new_one(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, time: VirtualTime
) -> None:
    listener = listen(keep(logged_in(), sleep=time.sleep))
    await listener.state(State.READY)
    server.withdraw()
    await server.revoke(CHAT)
    assert "the login was taken back" in (await listener.state(State.WAITING)).detail
    assert "python -m bot login twitch" in (await listener.state(State.FAILED)).detail


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_helix_has_trouble_while_subscribing(
    server: FakeTwitchEventSub, logged_in: Make, status: int
) -> None:
    server.fail_with = status
    ended = await why(logged_in())
    assert (type(ended), str(ended)) == (SourceDropped, f"Twitch has trouble (HTTP {status})")


@pytest.mark.parametrize("answer", [b"", b"[]", b"{", b'{"data": 7}', b'{"data": [{}]}', b'{"data": null}'])
@pytest.mark.parametrize("path", ["/helix/eventsub/subscriptions", "/helix/users"])
async def test_answers_that_cannot_be_read(
    server: FakeTwitchEventSub, logged_in: Make, path: str, answer: bytes
) -> None:
    server.answers[path] = answer
    assert isinstance(await why(logged_in(login="some_bot")), (SourceDropped, SourceFailed))


async def test_twitch_cannot_be_reached(server: FakeTwitchEventSub, logged_in: Make) -> None:
    twitch = logged_in()
    await server.stop()
    assert "is this computer online" in str(await why(twitch))


async def test_a_client_that_is_subscribed_to_nothing_is_replaced(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    twitch = logged_in(deaf_after=0.1)
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
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    twitch = logged_in(check_login=0.05)
    listener = await live(twitch, listen)

    async def broken(self: TwitchAccount) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(TwitchAccount, "identity", broken)
    ended = await end_of(listener)
    assert (type(ended), str(ended)) == (SourceDropped, "the watch over the connection ended")


# ------------------------------------------------------------------ tokens in mid-session


async def test_a_token_that_runs_out_in_mid_session_is_renewed_and_saved(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, store: CountedCredentials, tmp_path: Path
) -> None:
    listener = await live(logged_in(check_login=0.05), listen)
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
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = await live(logged_in(check_login=0.05), listen)
    server.withdraw()
    ended = await end_of(listener)
    assert isinstance(ended, SourceFailed)
    assert "log in again: python -m bot login twitch" in str(ended)


async def test_an_oauth_server_with_trouble_ends_nothing(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen
) -> None:
    listener = await live(logged_in(check_login=0.02), listen)
    server.id_fails_with = 503
    asked = server.requests["/oauth2/validate"]
    await server.until(lambda: server.requests["/oauth2/validate"] >= asked + 3)
    await server.send(CHAT, p.message("still here"))
    assert (await listener.message()).text == "still here"


async def test_somebody_else_logs_in(
    server: FakeTwitchEventSub, logged_in: Make, listen: Listen, store: CountedCredentials
) -> None:
    listener = await live(logged_in(check_login=0.05), listen)
    store.save("twitch", server.grant("other"))
    ended = await end_of(listener)
    assert isinstance(ended, SourceDropped)
    assert ended.at_once


# ------------------------------------------------------------------ ends that only the streamer can mend


async def test_no_such_channel(logged_in: Make, server: FakeTwitchEventSub) -> None:
    server.known = {"streamer"}
    ended = await why(logged_in("strimmer"))
    assert (type(ended), str(ended)) == (
        SourceFailed,
        'Twitch knows no channel "strimmer": check the spelling of twitch.channel',
    )


async def test_no_channels_name(logged_in: Make) -> None:
    assert "cannot be a Twitch channel" in str(await why(logged_in("not a channel!")))


async def test_no_scope_for_chat(logged_in: Make) -> None:
    ended = await why(logged_in(scopes=("bits:read",)))
    assert isinstance(ended, SourceFailed)
    assert "log in again: python -m bot login twitch" in str(ended)


async def test_banned_from_the_chat(logged_in: Make, server: FakeTwitchEventSub) -> None:
    server.refuse[CHAT] = 403
    ended = await why(logged_in())
    assert isinstance(ended, SourceFailed)
    assert "banned" in str(ended)
