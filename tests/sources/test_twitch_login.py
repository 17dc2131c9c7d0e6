"""The login by device code: what the streamer is shown, and how it can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from bot.sources.twitch_account import TwitchUrls
from bot.sources.twitch_login import (
    LoginCode,
    LoginDenied,
    LoginDone,
    LoginExpired,
    LoginState,
    LoginWaiting,
    login,
)
from bot.sources.twitch_subscriptions import SCOPES
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID
from tests.fakes.twitch_irc import user_id
from tests.sources.conftest import VirtualTime
from tests.sources.twitch_credentials import CountedCredentials


@pytest.fixture
async def states(
    server: FakeTwitchEventSub, store: CountedCredentials, time: VirtualTime
) -> AsyncIterator[AsyncGenerator[LoginState, None]]:
    made = login(CLIENT_ID, store, urls=server.urls, clock=time.clock, sleep=time.sleep)
    yield made
    await made.aclose()


async def last(states: AsyncGenerator[LoginState, None]) -> LoginState:
    async with asyncio.timeout(20):
        every = [state async for state in states]
    assert all(isinstance(state, (LoginCode, LoginWaiting)) for state in every[:-1])
    return every[-1]


async def test_a_code_a_countdown_and_a_login(
    states: AsyncGenerator[LoginState, None],
    server: FakeTwitchEventSub,
    store: CountedCredentials,
    time: VirtualTime,
) -> None:
    code = await anext(states)
    assert isinstance(code, LoginCode)
    assert code.url.endswith(code.code)
    assert code.expires_in == 1800.0
    waits = [await anext(states) for _ in range(10)]
    assert [state.left for state in waits if isinstance(state, LoginWaiting)] == [
        1800.0 - n for n in range(10)
    ]
    assert server.requests["/oauth2/token"] == 1  # every 5 s, as Twitch asks
    server.approve("streamer")
    done = await last(states)
    assert done == LoginDone("streamer", user_id("streamer"))
    token = server.tokens[0]
    assert token.scopes == SCOPES
    assert store.load("twitch") == {
        "client_id": CLIENT_ID,
        "access_token": token.access,
        "refresh_token": token.refresh,
        "login": "streamer",
        "user_id": user_id("streamer"),
    }


async def test_nobody_types_the_code(
    states: AsyncGenerator[LoginState, None], store: CountedCredentials, time: VirtualTime
) -> None:
    assert isinstance(await last(states), LoginExpired)
    assert time.now == 2800.0
    assert store.load("twitch") == {}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("invalid device code", LoginExpired()),
        ("expired_token", LoginExpired()),
        ("access_denied", LoginDenied("the login was declined")),
        ("something new", LoginDenied("Twitch refused: something new")),
    ],
)
async def test_how_twitch_ends_it(
    states: AsyncGenerator[LoginState, None],
    server: FakeTwitchEventSub,
    store: CountedCredentials,
    message: str,
    expected: LoginState,
) -> None:
    await anext(states)
    server.answer_device(message)
    assert await last(states) == expected
    assert store.load("twitch") == {}


async def test_asking_too_often_is_answered_by_asking_less(
    states: AsyncGenerator[LoginState, None], server: FakeTwitchEventSub, time: VirtualTime
) -> None:
    await anext(states)
    server.answer_device("slow_down")
    while server.requests["/oauth2/token"] < 1:
        await anext(states)
    asked = time.now
    while server.requests["/oauth2/token"] < 2:
        await anext(states)
    assert time.now - asked == 10.0


async def test_trouble_on_the_way_is_said_and_waited_for(
    states: AsyncGenerator[LoginState, None], server: FakeTwitchEventSub
) -> None:
    await anext(states)
    server.id_fails_with = 503
    troubles = {
        state.trouble for state in [await anext(states) for _ in range(8)] if isinstance(state, LoginWaiting)
    }
    assert troubles == {"", "Twitch refused: HTTP 503"}
    server.id_fails_with = None
    server.approve("streamer")
    assert isinstance(await last(states), LoginDone)


async def test_scopes_that_were_not_given_are_named(
    states: AsyncGenerator[LoginState, None], server: FakeTwitchEventSub
) -> None:
    await anext(states)
    server.approve("streamer", scopes=SCOPES[1:])
    assert await last(states) == LoginDone("streamer", user_id("streamer"), SCOPES[:1])


@pytest.mark.parametrize(
    ("client_id", "part"),
    [
        ("", "twitch.client_id is not set"),
        ("  ", "is not set"),
        ("wrong", "does not know this twitch.client_id"),
    ],
)
async def test_a_wrong_client_id(
    server: FakeTwitchEventSub, store: CountedCredentials, client_id: str, part: str
) -> None:
    (denied,) = [state async for state in login(client_id, store, urls=server.urls)]
    assert isinstance(denied, LoginDenied)
    assert part in denied.reason


async def test_no_twitch(store: CountedCredentials) -> None:
    urls = TwitchUrls(id="http://127.0.0.1:1")
    (denied,) = [state async for state in login(CLIENT_ID, store, urls=urls)]
    assert denied == LoginDenied("Twitch cannot be reached: is this computer online?")


async def test_what_is_shown_holds_no_secret(
    states: AsyncGenerator[LoginState, None], server: FakeTwitchEventSub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    shown = repr(await anext(states))
    server.approve("streamer")
    shown += "".join([repr(state) async for state in states]) + caplog.text
    assert not [secret for secret in server.secrets if secret in shown]
