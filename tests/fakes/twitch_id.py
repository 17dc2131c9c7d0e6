"""Twitch's id server on loopback: OAuth by device code, tokens that end, and a count of what was asked.

Strict where the real one is: a refresh token and a device code serve once, and a wrong token is a 401.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web

from bot.sources.twitch_subscriptions import SCOPES
from tests.fakes.loopback import Loopback
from tests.fakes.twitch_irc import user_id

CLIENT_ID = "abcdefghijklmnopqrstuvwxyz0123"


@dataclass(eq=False)
class Token:
    login: str
    scopes: tuple[str, ...]
    access: str
    refresh: str
    valid: bool = True  # the access token
    refreshable: bool = True
    left: int = 14_400


@dataclass(eq=False)
class Device:
    scopes: tuple[str, ...]
    user_code: str
    state: str = "authorization_pending"
    login: str = ""


class FakeTwitchId(Loopback):
    """`id_fails_with` answers every OAuth request with that status; `interval`: seconds between two polls."""

    def __init__(self) -> None:
        self.id_fails_with: int | None = None
        self.interval = 5
        self.requests: Counter[str] = Counter()  # by path
        self.tokens: list[Token] = []
        self.devices: dict[str, Device] = {}
        self._secrets: list[str] = []
        self._events = asyncio.Condition()

    @property
    def secrets(self) -> list[str]:
        """Every token and device code that was ever given out."""
        return list(self._secrets)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/oauth2/device", self._device)
        app.router.add_post("/oauth2/token", self._token)
        app.router.add_get("/oauth2/validate", self._validate)
        return app

    # ------------------------------------------------------------------ accounts

    def grant(self, login: str, scopes: tuple[str, ...] = SCOPES) -> dict[str, str]:
        """The tokens of a login, as they are stored."""
        token = self._new_token(login, scopes)
        return {"client_id": CLIENT_ID, "access_token": token.access, "refresh_token": token.refresh}

    def expire(self) -> None:
        """Every access token runs out; refresh tokens go on."""
        for token in self.tokens:
            token.valid = False

    def withdraw(self) -> None:
        """The streamer takes the login back."""
        for token in self.tokens:
            token.valid = token.refreshable = False

    def approve(self, login: str, *, scopes: tuple[str, ...] | None = None) -> None:
        """The streamer types the code that was asked for last."""
        device = list(self.devices.values())[-1]
        device.state, device.login = "approved", login
        device.scopes = device.scopes if scopes is None else scopes

    def answer_device(self, message: str) -> None:
        """What polling for the last code is told from now on."""
        list(self.devices.values())[-1].state = message

    # ------------------------------------------------------------------ what was asked

    async def until(self, true: Callable[..., bool], timeout: float = 5.0) -> None:
        """Waits until `true()` is; it is asked after everything that happens here."""
        async with self._events:
            await asyncio.wait_for(self._events.wait_for(true), timeout)

    async def happened(self) -> None:
        async with self._events:
            self._events.notify_all()

    async def count(self, request: web.Request) -> None:
        self.requests[request.path] += 1
        await self.happened()

    # ------------------------------------------------------------------ OAuth

    def _new_token(self, login: str, scopes: tuple[str, ...]) -> Token:
        token = Token(login, scopes, f"access-{uuid4().hex}", f"refresh-{uuid4().hex}")
        self.tokens.append(token)
        self._secrets += [token.access, token.refresh]
        return token

    async def _device(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        if isinstance(form, web.Response):
            return form
        if form.get("client_id") != CLIENT_ID:
            return refusal(400, "invalid client")
        code, device = uuid4().hex[:8].upper(), uuid4().hex
        self.devices[device] = Device(tuple(form.get("scopes", "").split()), code)
        self._secrets.append(device)
        return web.json_response(
            {
                "device_code": device,
                "expires_in": 1800,
                "interval": self.interval,
                "user_code": code,
                "verification_uri": f"https://www.twitch.tv/activate?public=true&device-code={code}",
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        if isinstance(form, web.Response):
            return form
        if form.get("client_id") != CLIENT_ID:
            return refusal(400, "invalid client")
        if form.get("grant_type") == "refresh_token":
            old = next((t for t in self.tokens if t.refresh == form.get("refresh_token")), None)
            if old is None or not old.refreshable:
                return refusal(400, "Invalid refresh token")
            old.refreshable = old.valid = False  # one use
            return self._give(self._new_token(old.login, old.scopes))
        device = self.devices.get(form.get("device_code", ""))
        if device is None or tuple(form.get("scopes", "").split()) == ():
            return refusal(400, "invalid device code")
        if device.state != "approved":
            return refusal(400, device.state)
        device.state = "invalid device code"  # one use
        return self._give(self._new_token(device.login, device.scopes))

    def _give(self, token: Token) -> web.Response:
        return web.json_response(
            {
                "access_token": token.access,
                "refresh_token": token.refresh,
                "expires_in": token.left,
                "scope": list(token.scopes),
                "token_type": "bearer",
            }
        )

    async def _form(self, request: web.Request) -> dict[str, str] | web.Response:
        """The parameters, which Twitch takes in the body or in the address."""
        await self.count(request)
        if self.id_fails_with is not None:
            return web.Response(status=self.id_fails_with)
        body = {key: str(value) for key, value in (await request.post()).items()}
        return {**request.query, **body}

    async def _validate(self, request: web.Request) -> web.Response:
        await self.count(request)
        if self.id_fails_with is not None:
            return web.Response(status=self.id_fails_with)
        token = self.bearer(request, "OAuth ")
        if token is None:
            return refusal(401, "invalid access token")
        return web.json_response(
            {
                "client_id": CLIENT_ID,
                "login": token.login,
                "scopes": list(token.scopes),
                "user_id": user_id(token.login),
                "expires_in": token.left,
            }
        )

    def bearer(self, request: web.Request, scheme: str) -> Token | None:
        header = request.headers.get("Authorization", "")
        access = header.removeprefix(scheme) if header.startswith(scheme) else ""
        return next((t for t in self.tokens if t.access == access and t.valid), None)


def refusal(status: int, message: str) -> web.Response:
    return web.json_response({"error": "refused", "status": status, "message": message}, status=status)
