"""The login of a bot: tokens renewed once for everyone, saved before they are used, and told to nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.twitch_account import HelixRefused, TwitchAccount, TwitchUrls
from bot.sources.twitch_subscriptions import SCOPES
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID
from tests.fakes.twitch_irc import user_id
from tests.sources.twitch_credentials import CountedCredentials

NOWHERE = TwitchUrls(helix="http://127.0.0.1:1", id="http://127.0.0.1:1", eventsub="ws://127.0.0.1:1")


@pytest.fixture
def store(tmp_path: Path, server: FakeTwitchEventSub) -> CountedCredentials:
    made = CountedCredentials(tmp_path)
    made.save("twitch", server.grant("streamer"))
    return made


@pytest.fixture
def account(server: FakeTwitchEventSub, store: CountedCredentials) -> TwitchAccount:
    return TwitchAccount(CLIENT_ID, store, urls=server.urls)


async def test_whose_token_it_is(account: TwitchAccount) -> None:
    identity = await account.identity()
    assert (identity.login, identity.user_id) == ("streamer", user_id("streamer"))
    assert identity.scopes == set(SCOPES)


@pytest.mark.parametrize("left", [0, 60, 3500])
async def test_a_token_that_soon_runs_out_is_renewed_first(
    account: TwitchAccount, server: FakeTwitchEventSub, store: CountedCredentials, left: int
) -> None:
    server.tokens[0].left = left
    await account.identity()
    assert store.load("twitch")["access_token"] == server.tokens[1].access


async def test_many_who_meet_a_spent_token_renew_it_once(
    account: TwitchAccount, server: FakeTwitchEventSub, store: CountedCredentials
) -> None:
    await account.identity()
    server.expire()
    answers = await asyncio.gather(*(account.helix("GET", "users?login=bob") for _ in range(10)))
    assert all(answer["data"][0]["login"] == "bob" for answer in answers)
    assert server.requests["/oauth2/token"] == 1
    assert store.load("twitch")["refresh_token"] == server.tokens[-1].refresh


async def test_whoever_gives_up_while_a_token_is_renewed_does_not_lose_it(
    account: TwitchAccount, server: FakeTwitchEventSub, store: CountedCredentials
) -> None:
    await account.identity()
    server.expire()
    asked = asyncio.create_task(account.helix("GET", "users?login=bob"))
    await server.until(lambda: server.requests["/oauth2/token"] == 1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert len(server.tokens) == 2
    assert store.load("twitch")["refresh_token"] == server.tokens[1].refresh


async def test_a_disk_that_is_full_does_not_end_a_login_that_works(
    account: TwitchAccount,
    server: FakeTwitchEventSub,
    store: CountedCredentials,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.full = True
    server.expire()
    await account.identity()
    assert "the login cannot be kept (No space left on device)" in caplog.text
    await account.identity()  # what lies on the disk is spent, so it is not read again
    store.full = False
    await account.identity()
    assert store.load("twitch")["refresh_token"] == server.tokens[-1].refresh
    assert server.requests["/oauth2/token"] == 1


async def test_a_login_made_meanwhile_is_used(
    account: TwitchAccount, server: FakeTwitchEventSub, store: CountedCredentials
) -> None:
    await account.identity()
    server.withdraw()
    store.save("twitch", server.grant("streamer"))
    assert (await account.helix("GET", "users?login=bob"))["data"]


async def failed(account: TwitchAccount) -> str:
    with pytest.raises(SourceFailed) as error:
        await account.identity()
    assert "log in again: python -m bot login twitch" in str(error.value)
    return str(error.value)


async def test_what_only_a_new_login_mends(
    account: TwitchAccount, server: FakeTwitchEventSub, store: CountedCredentials, tmp_path: Path
) -> None:
    server.withdraw()
    assert "no longer accepts" in await failed(account)
    assert "another twitch.client_id" in await failed(
        TwitchAccount("x" * 30, _with(store, server.grant("streamer")), urls=server.urls)
    )
    (tmp_path / "twitch.json").write_text("{", encoding="utf-8")
    assert "is broken" in await failed(account)
    (tmp_path / "twitch.json").unlink()
    assert "there is no Twitch login" in await failed(TwitchAccount(CLIENT_ID, store, urls=server.urls))


def _with(store: CountedCredentials, values: dict[str, str]) -> CountedCredentials:
    store.save("twitch", values)
    return store


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_twitch_with_trouble_asks_for_no_login(
    account: TwitchAccount, server: FakeTwitchEventSub, status: int
) -> None:
    server.expire()
    server.id_fails_with = status
    with pytest.raises(SourceDropped):
        await account.identity()


async def test_what_is_refused_is_said_without_a_secret(
    account: TwitchAccount, server: FakeTwitchEventSub
) -> None:
    await account.identity()
    with pytest.raises(HelixRefused) as refused:
        await account.helix("POST", "chat/messages", {"sender_id": "1"})
    with pytest.raises(SourceDropped) as dropped:
        await TwitchAccount(CLIENT_ID, _NoStore(server), urls=NOWHERE).identity()
    errors = [refused.value, dropped.value, dropped.value.__cause__, dropped.value.__context__]
    shown = "".join(f"{error!r}{error}" for error in errors) + repr(account)
    assert not [secret for secret in server.secrets if secret in shown]


class _NoStore:
    def __init__(self, server: FakeTwitchEventSub) -> None:
        self._server = server

    def load(self, name: str) -> dict[str, str]:
        return self._server.grant("streamer")

    def save(self, name: str, values: dict[str, str]) -> None: ...
