"""The Twitch account that the bot is logged in with: its tokens, kept fresh and saved, and Helix requests."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.twitch_own import OwnMessages
from bot.sources.uninterrupted import uninterrupted

log = logging.getLogger(__name__)

NAME = "twitch"  # of the credentials in their store
LOG_IN = "log in again: python -m bot login twitch"
FRESH = 3600  # seconds: a token that ends sooner is renewed; it is looked at more often than that


class TokenStore(Protocol):
    """Where credentials lie between runs. `load` gives {} for what was never saved.

    What they raise is the store's own; its message holds no secret.
    """

    def load(self, name: str) -> dict[str, str]: ...

    def save(self, name: str, values: dict[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class TwitchUrls:
    """Where Twitch is; the first two are what paths are put after."""

    helix: str = "https://api.twitch.tv/helix"
    id: str = "https://id.twitch.tv"
    eventsub: str = "wss://eventsub.wss.twitch.tv/ws"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is, and what it allows."""

    user_id: str
    login: str
    scopes: frozenset[str]


TWITCH = TwitchUrls()


class HelixRefused(Exception):
    """Twitch understood a request and said no (a 4xx); `message` is Twitch's own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status = status
        self.message = message


class TwitchAccount:
    """One login, shared by everything that uses it: its refresh token can be used once only.

    SourceDropped: Twitch cannot be reached, which can heal. SourceFailed: a new login is needed.
    """

    def __init__(
        self, client_id: str, tokens: TokenStore, *, urls: TwitchUrls = TWITCH, timeout: float = 10.0
    ) -> None:
        self.urls = urls
        self.own = OwnMessages()
        self._client_id = client_id.strip()
        self._store = tokens
        self._timeout = timeout
        self._values: dict[str, str] = {}
        self._unsaved = False
        self._identity: Identity | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None
        self._users = 0

    # ------------------------------------------------------------------ requests

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[aiohttp.ClientSession]:
        """One HTTP session for everyone inside."""
        if self._http is None:
            # trust_env: a streamer behind a proxy has no other way to Twitch.
            self._http = aiohttp.ClientSession(
                trust_env=True, timeout=aiohttp.ClientTimeout(total=self._timeout)
            )
        self._users += 1
        try:
            yield self._http
        finally:
            self._users -= 1
            if not self._users:
                http, self._http = self._http, None
                await http.close()

    async def helix(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One Helix request; a token that ran out is renewed on the way. HelixRefused: Twitch says no."""
        url = f"{self.urls.helix.rstrip('/')}/{path.lstrip('/')}"
        for last in (False, True):
            access = self._access()
            headers = {"Authorization": f"Bearer {access}", "Client-Id": self._client_id}
            status, answer = await self._ask(method, url, headers=headers, json=body)
            if status < 400:
                return answer
            message = _message(answer)
            # A 401 can also mean a missing scope, which no refresh mends.
            if status != 401 or "scope" in message.casefold():
                raise HelixRefused(status, message)
            if last:
                raise SourceFailed(f"Twitch no longer accepts this login; {LOG_IN}")
            await self.refresh(access)
        raise AssertionError

    async def _ask(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of an answer; a Twitch that is away or broken raises SourceDropped."""
        try:
            async with self.connected() as http, http.request(method, url, **options) as response:
                raw = await response.read()
        except TimeoutError:
            raise SourceDropped("Twitch does not answer") from None
        except aiohttp.ClientSSLError:
            raise SourceDropped(
                "Twitch's certificate was not accepted: are this computer's date and time right?"
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not the error's own words: they can hold the request, and the request holds a token.
            log.info("twitch: %s %s: %s", method, url.partition("?")[0], type(error).__name__)
            raise SourceDropped("Twitch cannot be reached: is this computer online?") from None
        if response.status >= 500 or response.status == 429:
            raise SourceDropped(f"Twitch has trouble (HTTP {response.status})")
        try:
            answer = json.loads(raw) if raw else {}
        except ValueError:
            answer = {}
        return response.status, answer if isinstance(answer, dict) else {}

    # ------------------------------------------------------------------ tokens

    async def identity(self) -> Identity:
        """Asks Twitch whose token it is, and renews it if it ran out or soon will. Twitch wants it hourly."""
        self._load()
        for renewed in (False, True):
            access = self._access()
            status, answer = await self._ask(
                "GET", f"{self.urls.id}/oauth2/validate", headers={"Authorization": f"OAuth {access}"}
            )
            if status < 400:
                user, login, scopes = answer.get("user_id"), answer.get("login"), answer.get("scopes")
                if answer.get("client_id") != self._client_id:
                    raise SourceFailed(f"the Twitch login is for another twitch.client_id; {LOG_IN}")
                if not isinstance(user, str) or not isinstance(login, str) or not user:
                    raise SourceFailed(f"the Twitch login is not a user's; {LOG_IN}")
                left = answer.get("expires_in")
                if renewed or not isinstance(left, int) or left > FRESH:
                    names = scopes if isinstance(scopes, list) else []
                    self._identity = Identity(user, login, frozenset(s for s in names if isinstance(s, str)))
                    return self._identity
            elif status != 401:
                raise SourceDropped(f"Twitch could not check the login (HTTP {status})")
            await self.refresh(access)
        raise SourceFailed(f"Twitch no longer accepts this login; {LOG_IN}")

    async def known(self) -> Identity:
        """Whose token it is, as it was when Twitch was last asked."""
        return self._identity or await self.identity()

    async def refresh(self, spent: str) -> None:
        """Renews the access token `spent`, once for everyone who asks at the same time.

        What has begun is seen to its end, whoever is cancelled: its answer is the only way to the next token.
        """
        if self._values.get("access_token") != spent:
            return
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(), name="twitch token refresh")
            # Whoever waits for it may have been cancelled; its error is then told to nobody.
            self._refreshing.add_done_callback(lambda task: task.cancelled() or task.exception())
        refreshing = self._refreshing
        await uninterrupted(_settled(refreshing))
        refreshing.result()

    async def _refresh(self) -> None:
        refresh = self._values.get("refresh_token", "")
        form = {"client_id": self._client_id, "grant_type": "refresh_token", "refresh_token": refresh}
        status, answer = await self._ask("POST", f"{self.urls.id}/oauth2/token", data=form)
        if status >= 400:
            self._load()
            if self._values.get("refresh_token") != refresh:
                return  # somebody has logged in anew meanwhile
            log.warning("twitch: the token could not be renewed (HTTP %d)", status)
            if "client secret" in _message(answer).casefold():
                raise SourceFailed(
                    "the app of twitch.client_id is not of the type Public: change it at "
                    f"dev.twitch.tv/console, then {LOG_IN}"
                )
            raise SourceFailed(f"Twitch no longer accepts this login; {LOG_IN}")
        access, new = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not isinstance(new, str) or not access or not new:
            raise SourceDropped("Twitch's answer to the login could not be read")
        self._keep({**self._values, "access_token": access, "refresh_token": new})

    def _access(self) -> str:
        access = self._values.get("access_token", "")
        if not access:
            self._load()
            access = self._values.get("access_token", "")
        if not access:
            raise SourceFailed(f"there is no Twitch login; {LOG_IN}")
        return access

    def _keep(self, values: dict[str, str]) -> None:
        """Saves before anybody can use the new token. A disk that refuses does not end a login that works."""
        self._values = values
        try:
            self._store.save(NAME, values)
            self._unsaved = False
        except Exception as error:
            self._unsaved = True
            log.error("twitch: %s; the next start will need a new login", error)

    def _load(self) -> None:
        if self._unsaved:  # what lies in the store has been used up
            self._keep(self._values)
            return
        try:
            self._values = dict(self._store.load(NAME))
        except Exception as error:
            raise SourceFailed(f"{error}; {LOG_IN}") from None


def _message(answer: Mapping[str, object]) -> str:
    message = answer.get("message")
    return message[:200] if isinstance(message, str) else "no reason given"


async def _settled(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])
