"""Bilibili's Open Live platform on loopback: its signed HTTP calls and its WebSocket, as strict as it is.

    async with FakeOpenLive() as platform:      # platform.url is the setting bilibili_open.url
        await platform.joined()                 # the next reader that has signed in
        await platform.danmaku("你好", "小明")    # returns the message's msg_id

Signatures are written out here again, so that the bot's own cannot agree with themselves.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.fakes.bilibili_open_commands import ROOM, Json, dm, message, packet, viewer
from tests.fakes.loopback import Loopback, cut

CODE = "BSX1ABCDEF234"
APP_ID = 1_000_000_000_123
KEY_ID = "accessKeyIdOfTheApp01"
KEY_SECRET = "s3cret-of-the-app-that-nobody-may-see"
OWNER = "0ffee0d7c7e64b6f8d1b1f0f1e2d3c4b"
SILENCE = 60.0  # after so long without a heartbeat a game is closed
CLOCK_SKEW = 600.0

SIGNED = (
    "x-bili-accesskeyid",
    "x-bili-content-md5",
    "x-bili-signature-method",
    "x-bili-signature-nonce",
    "x-bili-signature-version",
    "x-bili-timestamp",
)


@dataclass(eq=False)
class Game:
    id: str
    auth_body: str
    alive_at: float
    ended: str = ""  # "", "asked", "expired" or "closed"


@dataclass(eq=False)
class Reader:
    """One WebSocket. `beats` are the times of its heartbeats by the platform's clock."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    path: str
    game: Game | None = None
    beats: list[float] = field(default_factory=list)


class FakeOpenLive(Loopback):
    """`game`: whether the app is one (a tool has no game_id). `instances`: how many games at once.

    `refuse`: path -> code for whoever calls it; `http_status`: for everyone, with no JSON; `silent`: accepts
    and never answers, HTTP and WebSocket; `deaf`: the WebSocket answers no more; `links`: how many addresses.
    """

    def __init__(
        self,
        *,
        code: str = CODE,
        app_id: int = APP_ID,
        key_id: str = KEY_ID,
        key_secret: str = KEY_SECRET,
        game: bool = True,
        instances: int = 1,
        links: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.code, self.app_id, self.key_id, self.key_secret = code, app_id, key_id, key_secret
        self.game = game
        self.instances = instances
        self.links = links
        self.refuse: dict[str, int] = {}
        self.http_status = 0
        self.silent = False
        self.deaf = False
        self.auth_code = 0
        self.refuse_sockets: set[str] = set()  # paths that answer 403
        self.games: dict[str, Game] = {}
        self.calls: list[tuple[str, Json, int]] = []  # path, body, the code that it was answered
        self.readers: list[Reader] = []  # those open now
        self.attempts = 0  # WebSockets that were asked for
        self.clock = clock
        self._nonces: set[str] = set()
        self._joins: asyncio.Queue[Reader] = asyncio.Queue()
        self._leaves: asyncio.Queue[Reader] = asyncio.Queue()
        self._calls: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self._silence = asyncio.Event()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/v2/app/{call}", self._call)
        app.router.add_get("/sub{number}", self._serve)
        return app

    async def start(self) -> Self:
        self._silence = asyncio.Event()
        return await super().start()

    async def stop(self) -> None:
        self._silence.set()
        await super().stop()

    # ------------------------------------------------------------------ what the reader did

    async def joined(self, timeout: float = 5.0) -> Reader:
        """Waits for the next reader that signed in and that nobody has waited for."""
        return await asyncio.wait_for(self._joins.get(), timeout)

    async def left(self, timeout: float = 5.0) -> Reader:
        return await asyncio.wait_for(self._leaves.get(), timeout)

    async def called(self, call: str, timeout: float = 5.0) -> int:
        """Waits for the next call of this name, passing over others; returns the code of the answer."""
        async with asyncio.timeout(timeout):
            while True:
                name, code = await self._calls.get()
                if name == call:
                    return code

    def running(self) -> list[Game]:
        for game in self.games.values():
            if not game.ended and self.clock() - game.alive_at >= SILENCE:
                game.ended = "expired"
        return [game for game in self.games.values() if not game.ended]

    def count(self, call: str) -> int:
        return Counter(path.rpartition("/")[2] for path, _, _ in self.calls)[call]

    # ------------------------------------------------------------------ what the platform does

    async def send_bytes(self, data: bytes) -> None:
        """Sends `data` as one WebSocket message to everyone who has signed in."""
        readers = [reader for reader in self.readers if reader.game]
        if not readers:
            raise RuntimeError("nobody has signed in: wait for joined() first")
        for reader in readers:
            await reader.socket.send_bytes(data)

    async def send(self, name: str, data: Json, wrap: Callable[..., bytes] | None = None) -> None:
        """Sends a command; `wrap` is `zlibbed` or `brotlied`."""
        frame = message(name, data)
        await self.send_bytes(wrap(frame) if wrap else frame)

    async def danmaku(
        self, text: str, name: str = "小明", *, wrap: Callable[..., bytes] | None = None, **changes: Any
    ) -> str:
        """Somebody says `text`; returns the message's msg_id."""
        data = dm(text, name, **changes)
        await self.send("LIVE_OPEN_PLATFORM_DM", data, wrap)
        return str(data["msg_id"])

    async def super_chat(self, text: str, rmb: int, number: int, name: str = "小明", **changes: Any) -> None:
        data = {**viewer(name), "message": text, "message_id": number, "rmb": rmb, "msg_id": str(uuid4())}
        await self.send("LIVE_OPEN_PLATFORM_SUPER_CHAT", {**data, **changes})

    async def take_back(self, *numbers: int) -> None:
        data = {"room_id": ROOM, "message_ids": list(numbers), "msg_id": str(uuid4())}
        await self.send("LIVE_OPEN_PLATFORM_SUPER_CHAT_DEL", data)

    async def interaction_end(self, game: str = "") -> None:
        """Says that a game is over: by default the one that runs, which it ends."""
        if not game:
            running = self.running()[-1]
            running.ended, game = "closed", running.id
        data = {"game_id": game, "timestamp": int(time.time())}
        await self.send("LIVE_OPEN_PLATFORM_INTERACTION_END", data)

    def close_games(self) -> None:
        """Ends every game and tells nobody, as a platform that has lost them."""
        for game in self.running():
            game.ended = "closed"

    async def drop(self) -> None:
        """Cuts every WebSocket without a goodbye, as a network does."""
        cut(self.readers)

    # ------------------------------------------------------------------ the HTTP calls

    async def _call(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.silent:
            await self._silence.wait()
        if self.http_status:
            return web.Response(status=self.http_status, text="<html>out of order</html>")
        code, data = self._answer(request, body)
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = {}
        self.calls.append((request.path, parsed, code))
        self._calls.put_nowait((request.match_info["call"], code))
        answer = {"code": code, "message": "0" if not code else "no", "request_id": "1", "data": data}
        return web.json_response(answer)

    def _answer(self, request: web.Request, body: bytes) -> tuple[int, Json | None]:
        wrong = self._wrong_request(request, body)
        if wrong:
            return wrong, None
        call = request.match_info["call"]
        if call in self.refuse:
            return self.refuse[call], None
        try:
            wanted = json.loads(body)
        except ValueError:
            return 4000, None
        match call:
            case "start" if set(wanted) == {"code", "app_id"}:
                return self._start(wanted)
            case "heartbeat" if set(wanted) == {"game_id"}:
                return self._beat(wanted["game_id"])
            case "end" if set(wanted) == {"app_id", "game_id"}:
                return self._end(wanted)
        return 4000, None

    def _wrong_request(self, request: web.Request, body: bytes) -> int:
        headers = request.headers
        if request.method != "POST" or request.match_info["call"] not in ("start", "heartbeat", "end"):
            return 4010
        if headers.get("Content-Type") != "application/json":
            return 4011
        if headers.get("Accept") != "application/json":
            return 4013
        if headers.get("x-bili-accesskeyid") != self.key_id:
            return 4001
        if any(headers.getall(name, []) != [headers.get(name)] for name in SIGNED):
            return 4002
        text = "\n".join(f"{name}:{headers[name]}" for name in SIGNED)
        digest = hmac.new(self.key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if headers.get("Authorization") != digest:
            return 4002
        if headers["x-bili-signature-method"] != "HMAC-SHA256":
            return 4005
        if headers["x-bili-signature-version"] != "1.0":
            return 4006
        if headers["x-bili-content-md5"] != hashlib.md5(body, usedforsecurity=False).hexdigest():
            return 4012
        stamp = headers["x-bili-timestamp"]
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > CLOCK_SKEW:
            return 4003
        if headers["x-bili-signature-nonce"] in self._nonces:
            return 4004
        self._nonces.add(headers["x-bili-signature-nonce"])
        return 0

    def _start(self, wanted: Json) -> tuple[int, Json | None]:
        if wanted["app_id"] != self.app_id:
            return 8002, None
        if wanted["code"] != self.code:
            return 7007, None
        if self.game and len(self.running()) >= self.instances:
            return 7010, None
        key = uuid4().hex * 4
        auth = json.dumps({"roomid": ROOM, "protover": 2, "uid": 0, "key": key, "group": "open"})
        game = Game(str(uuid4()) if self.game else "", auth, self.clock())
        self.games[game.id or key] = game
        return 0, {
            "game_info": {"game_id": game.id},
            "websocket_info": {
                "auth_body": auth,
                "wss_link": [f"ws://127.0.0.1:{self.port}/sub{number}" for number in range(self.links)],
            },
            "anchor_info": {"room_id": ROOM, "uname": "主播", "uface": "", "uid": 0, "open_id": OWNER},
        }

    def _beat(self, id_: object) -> tuple[int, Json | None]:
        for game in self.running():
            if game.id and game.id == id_:
                game.alive_at = self.clock()
                return 0, {}
        return 7003, None

    def _end(self, wanted: Json) -> tuple[int, Json | None]:
        if wanted["app_id"] != self.app_id:
            return 8002, None
        for game in self.running():
            if game.id and game.id == wanted["game_id"]:
                game.ended = "asked"
                return 0, {}
        return 7000, None

    # ------------------------------------------------------------------ the WebSocket

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if request.path in self.refuse_sockets:
            return web.Response(status=403)
        reader = Reader(web.WebSocketResponse(), request.transport, request.path)
        await reader.socket.prepare(request)
        self.readers.append(reader)
        try:
            async for frame in reader.socket:
                if frame.type is WSMsgType.BINARY and not self.silent and not self.deaf:
                    await self._receive(reader, frame.data)
        except ConnectionError:
            pass  # cut while it was being answered
        finally:
            if reader in self.readers:
                self.readers.remove(reader)
            self._leaves.put_nowait(reader)
        return reader.socket

    async def _receive(self, reader: Reader, data: bytes) -> None:
        length, header, _, operation, _ = struct.unpack_from(">I2H2I", data)
        if length != len(data) or header != 16:
            await reader.socket.close()
            return
        body = data[16:]
        if operation == 7:
            game = next((g for g in self.running() if g.auth_body.encode() == body), None)
            code = self.auth_code or (0 if game else -101)
            await reader.socket.send_bytes(
                packet(json.dumps({"code": code}).encode(), version=1, operation=8)
            )
            if code:
                await reader.socket.close()
                return
            reader.game = game
            self._joins.put_nowait(reader)
        elif reader.game is None:
            await reader.socket.close()
        elif operation == 2:
            reader.beats.append(self.clock())
            # As the real one does: the client's own body follows, outside the stated length.
            await reader.socket.send_bytes(
                packet(struct.pack(">I", 1), version=1, operation=3, length=20) + body
            )
