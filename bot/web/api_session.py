"""Logging in and out, and who one is."""

from __future__ import annotations

from bot.web.access import Access, Role
from bot.web.routes import Call, Route
from bot.web.shapes import (
    Login,
    Me,
    Nothing,
    RoleName,
)

_NAMES: dict[Role, RoleName | None] = {
    Role.NOBODY: None,
    Role.OVERLAY: "overlay",
    Role.MODERATOR: "moderator",
    Role.OWNER: "owner",
}


class Sessions:
    def __init__(self, access: Access) -> None:
        self._access = access

    def routes(self) -> list[Route]:
        anybody = Role.NOBODY
        return [
            Route("GET", "/api/me", self.me, anybody, "Who one is"),
            Route("POST", "/api/login", self.login, anybody, "Log in with a token", cost=4, most=1024),
            Route("POST", "/api/logout", self.logout, anybody, "Log out"),
        ]

    async def me(self, call: Call) -> Me:
        return Me(role=_NAMES[call.role], login=self._access.asks)

    async def login(self, call: Call, body: Login) -> Me:
        if not self._access.asks:
            return Me(role="owner", login=False)
        role = self._access.role_of_token(body.token.strip(), self._access.client_of(call.request))
        self._access.end_session(call.request)
        call.headers["Set-Cookie"] = self._access.cookie(call.request, self._access.begin_session(role))
        return Me(role=_NAMES[role])

    async def logout(self, call: Call, body: Nothing) -> Me:
        self._access.end_session(call.request)
        call.headers["Set-Cookie"] = self._access.cookie(call.request, "")
        return Me(role=None if self._access.asks else "owner", login=self._access.asks)
