"""Logs the bot in to Twitch by device code: the streamer opens a page and types a code, the bot waits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sources.connection import Clock
from bot.sources.twitch_account import NAME, TWITCH, TokenStore, TwitchUrls
from bot.sources.twitch_subscriptions import SCOPES

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class LoginCode:
    """To be shown: open `url` (it has the code in it, fit for a QR code) and compare or type `code`."""

    url: str
    code: str
    expires_in: float  # seconds


@dataclass(frozen=True, slots=True)
class LoginWaiting:
    """Comes about once a second. `trouble`: Twitch cannot be asked at the moment."""

    left: float  # seconds
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class LoginDone:
    """The tokens are saved. `missing`: the scopes that were asked for and not given."""

    login: str
    user_id: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoginExpired:
    """Nobody typed the code in time."""

    reason: str = "the code has run out: start again"


@dataclass(frozen=True, slots=True)
class LoginDenied:
    """Twitch, or the streamer, said no; `reason` is a sentence."""

    reason: str


LoginState = LoginCode | LoginWaiting | LoginDone | LoginExpired | LoginDenied


async def login(
    client_id: str,
    tokens: TokenStore,
    *,
    urls: TwitchUrls = TWITCH,
    scopes: Collection[str] = SCOPES,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[LoginState, None]:
    """Yields one LoginCode, LoginWaiting each second, and last LoginDone, LoginExpired or LoginDenied.

    What `tokens` raises if they cannot be saved passes through.
    """
    client_id = client_id.strip()
    if not client_id:
        yield LoginDenied(
            "twitch.client_id is not set: register an app of the type Public at dev.twitch.tv/console/apps "
            "and give its client id"
        )
        return
    wanted = " ".join(scopes)
    async with aiohttp.ClientSession(trust_env=True, timeout=aiohttp.ClientTimeout(total=10)) as http:
        status, answer = await _post(
            http, f"{urls.id}/oauth2/device", {"client_id": client_id, "scopes": wanted}
        )
        device, code, url = (
            answer.get("device_code"),
            answer.get("user_code"),
            answer.get("verification_uri"),
        )
        if status != 200 or not all(isinstance(value, str) and value for value in (device, code, url)):
            yield LoginDenied(_why(status, answer))
            return
        ends = clock() + _seconds(answer.get("expires_in"), 1800.0, most=3600.0)
        interval = _seconds(answer.get("interval"), 5.0, most=60.0)
        yield LoginCode(str(url), str(code), ends - clock())
        form = {"client_id": client_id, "scopes": wanted, "device_code": str(device), "grant_type": _GRANT}
        trouble = ""
        while True:
            ask_at = clock() + interval
            while (left := ends - clock()) > 0 and clock() < ask_at:
                yield LoginWaiting(left, trouble)
                await sleep(min(1.0, ask_at - clock(), left))
            if clock() >= ends:
                yield LoginExpired()
                return
            status, answer = await _post(http, f"{urls.id}/oauth2/token", form)
            trouble = ""
            if status == 200:
                yield await _finish(http, urls, client_id, tokens, answer, scopes)
                return
            message = str(answer.get("message", "")).casefold()
            if status == 0 or status >= 500:
                trouble = _why(status, answer)
            elif "slow_down" in message or status == 429:
                interval += 5.0
            elif "expired" in message or "invalid device code" in message:
                yield LoginExpired()
                return
            elif "authorization_pending" not in message:
                denied = "denied" in message
                yield LoginDenied("the login was declined" if denied else _why(status, answer))
                return


async def _finish(
    http: aiohttp.ClientSession,
    urls: TwitchUrls,
    client_id: str,
    tokens: TokenStore,
    answer: dict[str, Any],
    scopes: Collection[str],
) -> LoginState:
    """Saves the tokens first: a code is answered once."""
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        return LoginDenied("Twitch's answer could not be read: start again")
    values = {"client_id": client_id, "access_token": access, "refresh_token": refresh}
    tokens.save(NAME, values)
    status, who = await _request(
        http, "GET", f"{urls.id}/oauth2/validate", headers={"Authorization": f"OAuth {access}"}
    )
    given = who.get("scopes")
    if status != 200 or not isinstance(given, list):
        return LoginDone("", "")
    name, id_ = str(who.get("login", "")), str(who.get("user_id", ""))
    tokens.save(NAME, {**values, "login": name, "user_id": id_})
    return LoginDone(name, id_, tuple(scope for scope in scopes if scope not in given))


async def _post(http: aiohttp.ClientSession, url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    return await _request(http, "POST", url, data=form)


async def _request(
    http: aiohttp.ClientSession, method: str, url: str, **options: Any
) -> tuple[int, dict[str, Any]]:
    """The status, 0 if Twitch could not be reached, and the answer's JSON."""
    try:
        async with http.request(method, url, **options) as response:
            answer = json.loads(await response.read())
            return response.status, answer if isinstance(answer, dict) else {}
    except (aiohttp.ClientError, OSError):  # TimeoutError is an OSError
        return 0, {}
    except ValueError:
        return response.status if response.status >= 400 else 502, {}


def _seconds(value: object, default: float, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        return default
    return min(float(value), most)


def _why(status: int, answer: dict[str, Any]) -> str:
    message = str(answer.get("message", ""))[:200]
    if status == 0:
        return "Twitch cannot be reached: is this computer online?"
    if "client secret" in message.casefold():
        return (
            "the app of twitch.client_id is not of the type Public: change it at dev.twitch.tv/console/apps"
        )
    if "client" in message.casefold():
        return f"Twitch does not know this twitch.client_id ({message}): see dev.twitch.tv/console/apps"
    return f"Twitch refused: {message or f'HTTP {status}'}"
