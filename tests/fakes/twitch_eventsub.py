"""A Twitch on loopback for a bot with a login: OAuth by device code, Helix, and EventSub over WebSockets.

    async with FakeTwitchEventSub() as twitch:      # twitch.urls is what TwitchAccount takes
        store.save("twitch", twitch.grant("streamer"))
        await twitch.subscribed("channel.chat.message")
        await twitch.send("channel.chat.message", payloads.message("hello"))

Strict where the real one is: a refresh token serves once, a wrong token is a 401, a missing scope a 403, a
wrong condition or a session that is gone a 400; a client that speaks on the WebSocket is closed with 4001.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.sources.twitch_account import TwitchUrls
from bot.sources.twitch_subscriptions import WANTED, WRITE_CHAT
from tests.fakes.loopback import cut
from tests.fakes.twitch_id import CLIENT_ID, FakeTwitchId, Token, refusal
from tests.fakes.twitch_irc import user_id
from tests.fakes.twitch_payloads import STAMP, notify

KEYS = {wanted.type: wanted for wanted in WANTED}


@dataclass(eq=False)
class Connection:
    """One EventSub WebSocket. `said`: what the client sent, which is always wrong."""

    session: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    subscriptions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


class FakeTwitchEventSub(FakeTwitchId):
    """`known`: the logins that exist; None: every one does.

    Knobs: `silent` accepts WebSockets and says nothing; `fail_with` answers every Helix request with that
    status, `refuse` the subscription to a type; `answers` replaces the answer of a path with any bytes;
    `drop_message` makes chat refuse a message with that reason.
    """

    def __init__(self, known: set[str] | None = None) -> None:
        super().__init__()
        self.known = known
        self.silent = False
        self.fail_with: int | None = None
        self.refuse: dict[str, int] = {}
        self.answers: dict[str, bytes] = {}
        self.drop_message = ""
        self.reconnect_refused = False
        self.said: list[dict[str, Any]] = []  # what was written into the chat
        self.connections: list[Connection] = []
        self.opened = 0
        self._moving: dict[str, Connection] = {}

    @property
    def urls(self) -> TwitchUrls:
        web_ = f"http://127.0.0.1:{self.port}"
        return TwitchUrls(helix=f"{web_}/helix", id=web_, eventsub=f"ws://127.0.0.1:{self.port}/ws")

    def application(self) -> web.Application:
        app = super().application()
        app.router.add_get("/helix/users", self._users)
        app.router.add_post("/helix/eventsub/subscriptions", self._subscribe)
        app.router.add_post("/helix/chat/messages", self._say)
        app.router.add_get("/ws", self._serve)
        return app

    # ------------------------------------------------------------------ what the bot did

    async def subscribed(self, type_: str = "channel.chat.message") -> None:
        await self.until(lambda: any(type_ in c.subscriptions for c in self.connections))

    async def connected(self, count: int = 1) -> None:
        """Waits until `count` WebSockets have been opened in all."""
        await self.until(lambda: self.opened >= count)

    # ------------------------------------------------------------------ what Twitch does

    async def send(self, type_: str, event: object, *, message_id: str | None = None) -> None:
        """Tells everyone who has subscribed to `type_`."""
        told = [c for c in self.connections if type_ in c.subscriptions]
        if not told:
            raise RuntimeError(f"nobody has subscribed to {type_}")
        frame = json.dumps(notify(type_, event, message_id=message_id))
        for connection in told:
            await connection.socket.send_str(frame)

    async def send_raw(self, data: str | bytes) -> None:
        for connection in self.connections:
            if isinstance(data, str):
                await connection.socket.send_str(data)
            else:
                await connection.socket.send_bytes(data)

    async def keepalive(self) -> None:
        for connection in self.connections:
            await connection.socket.send_json(_frame("session_keepalive", {}))

    async def reconnect(self) -> None:
        """Asks everyone to move to another server, which knows the session by the same id."""
        for connection in list(self.connections):
            key = str(uuid4())
            self._moving[key] = connection
            url = f"{self.urls.eventsub}?move={key}"
            await connection.socket.send_json(
                _frame("session_reconnect", {"session": _session(connection.session, url, "reconnecting")})
            )

    async def revoke(self, type_: str, status: str = "authorization_revoked") -> None:
        for connection in self.connections:
            if type_ not in connection.subscriptions:
                continue
            subscription = notify(type_, {})["payload"]["subscription"]
            await connection.socket.send_json(
                _frame("revocation", {"subscription": {**subscription, "status": status}})
            )

    async def close(self, code: int) -> None:
        for connection in list(self.connections):
            await connection.socket.close(code=code)

    async def drop(self) -> None:
        """Cuts every WebSocket without a goodbye, as a network does."""
        cut(self.connections)

    # ------------------------------------------------------------------ Helix

    async def _allowed(self, request: web.Request) -> Token | web.Response:
        await self.count(request)
        if (answer := self.answers.get(request.path)) is not None:
            return web.Response(body=answer, content_type="application/json")
        if self.fail_with is not None:
            return web.Response(status=self.fail_with)
        token = self.bearer(request, "Bearer ")
        if token is None:
            return refusal(401, "Invalid OAuth token")
        if request.headers.get("Client-Id") != CLIENT_ID:
            return refusal(401, "Client ID and OAuth token do not match")
        return token

    async def _users(self, request: web.Request) -> web.Response:
        token = await self._allowed(request)
        if isinstance(token, web.Response):
            return token
        logins = request.query.getall("login", [])
        found = [login for login in logins if self.known is None or login in self.known]
        rows = [{"id": user_id(login), "login": login, "display_name": login} for login in found]
        return web.json_response({"data": rows})

    async def _subscribe(self, request: web.Request) -> web.Response:
        token = await self._allowed(request)
        if isinstance(token, web.Response):
            return token
        body = await request.json()
        type_, condition = body["type"], body["condition"]
        wanted = KEYS.get(type_)
        transport = body["transport"]
        if wanted is None or transport["method"] != "websocket":
            return refusal(400, "invalid subscription type")
        if status := self.refuse.get(type_):
            return refusal(status, "subscription missing proper authorization")
        connection = next((c for c in self.connections if c.session == transport["session_id"]), None)
        if connection is None:
            return refusal(400, "websocket transport session does not exist or has already disconnected")
        me = user_id(token.login)
        asked = {key: value for key, value in condition.items() if value}
        channel = asked.get("broadcaster_user_id") or asked.get("to_broadcaster_user_id") or ""
        if not channel.isdigit() or asked != wanted.condition(channel, me):
            return refusal(400, "invalid condition")
        if (wanted.scope and wanted.scope not in token.scopes) or (wanted.own and channel != me):
            return refusal(403, "subscription missing proper authorization")
        if type_ in connection.subscriptions:
            return refusal(409, "subscription already exists")
        connection.subscriptions[type_] = asked
        await self.happened()
        row = {"id": str(uuid4()), "status": "enabled", "type": type_, "version": body["version"], "cost": 0}
        row |= {"condition": condition, "created_at": STAMP, "transport": transport}
        answer = {"data": [row], "total": 1, "total_cost": 0, "max_total_cost": 10}
        return web.json_response(answer, status=202)

    async def _say(self, request: web.Request) -> web.Response:
        token = await self._allowed(request)
        if isinstance(token, web.Response):
            return token
        body = await request.json()
        if body.get("sender_id") != user_id(token.login) or not str(body.get("broadcaster_id", "")).isdigit():
            return refusal(400, "invalid sender")
        if not body.get("message") or len(body["message"]) > 500:
            return refusal(400, "invalid message")
        if WRITE_CHAT not in token.scopes:
            return refusal(403, "missing scope")
        if self.drop_message:
            why = {"code": "msg_rejected", "message": self.drop_message}
            return web.json_response({"data": [{"message_id": "", "is_sent": False, "drop_reason": why}]})
        id_ = str(uuid4())
        self.said.append({**body, "id": id_})
        await self.happened()
        return web.json_response({"data": [{"message_id": id_, "is_sent": True, "drop_reason": None}]})

    # ------------------------------------------------------------------ EventSub

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        await self.count(request)
        before = self._moving.pop(request.query.get("move", ""), None)
        if "move" in request.query and (before is None or self.reconnect_refused):
            return web.Response(status=400)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(before.session if before else uuid4().hex, socket, request.transport)
        self.opened += 1
        if not self.silent:
            welcome = {"session": _session(connection.session, None, "connected")}
            await socket.send_json(_frame("session_welcome", welcome))
            if before is not None:
                connection.subscriptions = before.subscriptions
                before.subscriptions = {}
        self.connections.append(connection)
        await self.happened()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    connection.said.append(str(message.data))
                    await socket.close(code=4001)
        except ConnectionError:
            pass  # cut while it was being answered
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            await self.happened()
        return socket


def _session(id_: str, url: str | None, status: str) -> dict[str, Any]:
    return {
        "id": id_,
        "status": status,
        "connected_at": STAMP,
        "keepalive_timeout_seconds": 10 if status == "connected" else None,
        "reconnect_url": url,
    }


def _frame(type_: str, payload: dict[str, Any]) -> dict[str, Any]:
    metadata = {"message_id": str(uuid4()), "message_type": type_, "message_timestamp": STAMP}
    return {"metadata": metadata, "payload": payload}
