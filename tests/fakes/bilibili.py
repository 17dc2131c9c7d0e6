"""A Bilibili on loopback: its web over TLS and its chat's binary WebSocket, as strict as the real ones.

    async with FakeBilibili() as bilibili:
        source = Bilibili("7", session=bilibili.session)
        await bilibili.joined()                   # the next authentication that nobody has waited for
        await bilibili.danmu("你好", "小明")       # returns the danmaku's id

Every host leads here (`session`), so that addresses, ports and cookie domains stay as they are. A wrong
signature, cookie or User-Agent gets code -352.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from socket import AddressFamily
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import trustme
from aiohttp import WSMsgType, web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.fakes.bilibili_commands import (
    AUTH,
    AUTH_REPLY,
    CONTROL,
    HEADER,
    HEARTBEAT,
    Command,
    brotli_frame,
    danmu_command,
    gift_command,
    heartbeat_reply,
    numbers,
    packet,
    super_chat_command,
    uid_of,
)
from tests.fakes.loopback import Loopback, cut

WSS_PORT = 2245
ROOM, SHORT, OWNER = 5050, 7, 9001
IMG_KEY, SUB_KEY = "7cd084941338484aae1ad9425b84077c", "4932caff0ff746eab6f01bf08b70ac45"
MIXIN = "ea1db124af3c7062474693fa704f4ff8"  # of the two keys
_BROWSER = re.compile(r"Mozilla/5\.0 .*Chrome/(\d+)\.")


@cache
def _certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's, the client's)"""
    authority = trustme.CA()
    names = ("bilibili.com", "*.bilibili.com", "*.live.bilibili.com", "*.chat.bilibili.com")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


class _Here(AbstractResolver):
    """Every name is this fake."""

    def __init__(self, fake: FakeBilibili) -> None:
        self._fake = fake

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        self._fake.asked.append((host, port))
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._fake.port,
                family=AddressFamily.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        pass


@dataclass(eq=False)
class Viewer:
    """One connection to the chat. `proof` is what it authenticated with."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    user_agent: str
    proof: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Issued:
    """Whom a token was given to."""

    user_agent: str
    uid: int
    buvid: str
    room: int


class FakeBilibili(Loopback):
    """`accounts`: SESSDATA -> uid. `rooms`: number, the short ones too -> room. `frame` packs what is said.

    `silent`: the chat accepts connections and answers nothing. `refuse_with` and `refuse_chat_with`: an HTTP
    status for the web's and the chat's callers. `risk`: a code for every getDanmuInfo. `qr` and
    `send_answers`: what the login's poll and msg/send say next.
    """

    def __init__(self, accounts: Mapping[str, int] | None = None) -> None:
        self.tls = _certificates()[0]
        self.accounts = dict(accounts or {})
        self.csrf = "csrf-of-the-account"
        self.rooms = {ROOM: ROOM, SHORT: ROOM}
        self.live_status = 1
        self.silent = False
        self.refuse_with: int | None = None
        self.refuse_chat_with: int | None = None
        self.risk = 0
        self.frame: Callable[[Iterable[Command]], bytes] = brotli_frame
        self.qr: list[int] = []
        self.send_answers: list[Mapping[str, Any]] = []
        self.said: list[Mapping[str, str]] = []  # what msg/send was sent
        self.asked: list[tuple[str, int]] = []  # names and ports that were looked up
        self.requests: list[str] = []  # paths of the web's
        self.attempts = 0  # connections to the chat that were asked for
        self.heartbeats = 0
        self.viewers: list[Viewer] = []  # those authenticated now
        self._tokens: dict[str, _Issued] = {}
        self._joins: asyncio.Queue[Viewer] = asyncio.Queue()
        self._leaves: asyncio.Queue[Viewer] = asyncio.Queue()
        self._beats: asyncio.Queue[bytes] = asyncio.Queue()
        self._sockets: list[Viewer] = []

    def session(self) -> aiohttp.ClientSession:
        """For the bot: every address leads here."""
        connector = aiohttp.TCPConnector(resolver=_Here(self), ssl=_certificates()[1], use_dns_cache=False)
        return aiohttp.ClientSession(connector=connector)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        return app

    # ------------------------------------------------------------------ what the bot did

    async def joined(self, timeout: float = 5.0) -> Viewer:
        """Waits for the next authentication that nobody has waited for."""
        return await asyncio.wait_for(self._joins.get(), timeout)

    async def left(self, timeout: float = 5.0) -> Viewer:
        """Waits for the next end of a connection that nobody has waited for."""
        return await asyncio.wait_for(self._leaves.get(), timeout)

    async def beat(self, timeout: float = 5.0) -> bytes:
        """Waits for the next heartbeat that nobody has waited for."""
        return await asyncio.wait_for(self._beats.get(), timeout)

    # ------------------------------------------------------------------ what Bilibili does

    async def send(self, data: bytes) -> None:
        """Sends `data` as one message to everyone who has joined."""
        if not self.viewers:
            raise RuntimeError("nobody has joined: wait for joined() first")
        for viewer in list(self.viewers):
            with contextlib.suppress(ConnectionError):
                await viewer.socket.send_bytes(data)

    async def raw(self, *commands: Command) -> None:
        """Sends commands in one frame."""
        await self.send(self.frame(commands))

    async def danmu(self, text: str, name: str = "Alice", **more: Any) -> str:
        """Somebody writes `text`; returns the danmaku's id. `more` is danmu_command's."""
        id_ = more.pop("id_", "") or f"{next(numbers):036x}"
        await self.raw(danmu_command(text, name, id_=id_, **more))
        return str(id_)

    async def gift(self, gift: str = "小花花", num: int = 1, name: str = "Alice", **more: Any) -> None:
        await self.raw(gift_command(gift, num, name, **more))

    async def super_chat(self, text: str, price: float = 30, name: str = "Alice", **more: Any) -> None:
        """In both its forms, as the real one."""
        number = more.pop("id_", 0) or next(numbers)
        await self.raw(super_chat_command(text, price, name, id_=number, **more))
        await self.raw(super_chat_command(text, price, name, id_=number, jpn=True, **more))

    async def interact(self, name: str = "Alice", msg_type: int = 1) -> None:
        data = {"uid": uid_of(name), "uname": name, "msg_type": msg_type, "timestamp": int(time.time())}
        await self.raw({"cmd": "INTERACT_WORD", "data": data})

    async def block(self, name: str) -> None:
        data = {"dmscore": 30, "operator": 2, "uid": uid_of(name), "uname": name}
        await self.raw({"cmd": "ROOM_BLOCK_MSG", "data": data, "uid": str(uid_of(name)), "uname": name})

    async def recall(self, id_: str) -> None:
        await self.raw({"cmd": "RECALL_DANMU_MSG", "data": {"recall_type": 1, "target_id": id_}})

    async def drop(self) -> None:
        """Cuts every connection without a goodbye, as a network does."""
        cut(self._sockets)
        self.viewers.clear()

    def expire_tokens(self) -> None:
        """No token is good any more: a new one must be asked for."""
        self._tokens.clear()

    # ------------------------------------------------------------------ the web

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host.endswith(".chat.bilibili.com") and request.path == "/sub":
            return await self._chat(request)
        self.requests.append(f"{host}{request.path}")
        if self.refuse_with is not None:
            return web.Response(status=self.refuse_with, text="<html>")
        match f"{host}{request.path}":
            case "www.bilibili.com/":
                response = web.Response(text="<html>", content_type="text/html")
                for name in ("buvid3", "b_nut"):
                    response.set_cookie(name, f"{name}-{next(numbers)}", domain=".bilibili.com", path="/")
                return response
            case "api.bilibili.com/x/web-interface/nav":
                return self._nav(request)
            case "api.live.bilibili.com/room/v1/Room/get_info":
                return self._room(request)
            case "api.live.bilibili.com/xlive/web-room/v1/index/getDanmuInfo":
                return self._danmu_info(request)
            case "api.live.bilibili.com/msg/send":
                return await self._message(request)
            case "passport.bilibili.com/x/passport-login/web/qrcode/generate":
                data = {
                    "url": "https://account.bilibili.com/h5/qr?key=the-qr-key",
                    "qrcode_key": "the-qr-key",
                }
                return web.json_response({"code": 0, "message": "0", "data": data})
            case "passport.bilibili.com/x/passport-login/web/qrcode/poll":
                return self._poll(request)
        return web.Response(status=404)

    def _uid(self, request: web.Request) -> int:
        return self.accounts.get(request.cookies.get("SESSDATA", ""), 0)

    def _nav(self, request: web.Request) -> web.Response:
        uid = self._uid(request)
        wbi = "https://i0.hdslb.com/bfs/wbi/"
        data: dict[str, Any] = {
            "isLogin": bool(uid),
            "wbi_img": {"img_url": f"{wbi}{IMG_KEY}.png", "sub_url": f"{wbi}{SUB_KEY}.png"},
        }
        if uid:
            data["mid"] = uid
        return web.json_response(
            {"code": 0 if uid else -101, "message": "0" if uid else "账号未登录", "ttl": 1, "data": data}
        )

    def _room(self, request: web.Request) -> web.Response:
        room = self.rooms.get(int(request.query.get("room_id", "0")))
        if room is None:
            return web.json_response(
                {"code": 1, "msg": "未找到该房间", "message": "未找到该房间", "data": []}
            )
        data = {"uid": OWNER, "room_id": room, "short_id": SHORT, "live_status": self.live_status}
        return web.json_response({"code": 0, "msg": "ok", "message": "ok", "data": data})

    def _danmu_info(self, request: web.Request) -> web.Response:
        refused = {"code": -352, "message": "-352", "ttl": 1}
        user_agent = request.headers.get("User-Agent", "")
        browser = _BROWSER.match(user_agent)
        query, _, digest = request.query_string.rpartition("&w_rid=")
        names = [name for name, _ in parse_qsl(query)]
        expected = hashlib.md5((query + MIXIN).encode()).hexdigest()
        buvid = request.cookies.get("buvid3", "")
        honest = (
            digest == expected
            and names == sorted(names)
            and abs(int(request.query.get("wts", "0")) - time.time()) < 60
            and request.query.get("web_location") == "444.8"
            and buvid
            and browser is not None
            and int(browser[1]) >= 120
        )
        if self.risk:
            return web.json_response({**refused, "code": self.risk})
        if not honest:
            return web.json_response(refused)
        token = f"token-{next(numbers)}-secret"
        self._tokens[token] = _Issued(user_agent, self._uid(request), buvid, int(request.query["id"]))
        hosts = [
            {"host": f"{name}.chat.bilibili.com", "port": 2243, "wss_port": WSS_PORT, "ws_port": 2244}
            for name in ("zj-cn-live-comet", "broadcastlv")
        ]
        return web.json_response({"code": 0, "message": "0", "data": {"token": token, "host_list": hosts}})

    async def _message(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        if not self._uid(request):
            return web.json_response({"code": -101, "message": "账号未登录", "ttl": 1})
        if form.get("csrf") != self.csrf or request.cookies.get("bili_jct") != self.csrf:
            return web.json_response({"code": -111, "message": "csrf 校验失败", "ttl": 1})
        self.said.append(form)
        answer = self.send_answers.pop(0) if self.send_answers else {"code": 0, "message": "", "msg": ""}
        return web.json_response(answer, content_type="text/plain")

    def _poll(self, request: web.Request) -> web.Response:
        code = self.qr.pop(0) if self.qr else 86101
        if request.query.get("qrcode_key") != "the-qr-key":
            code = 86038
        if code >= 600 and code < 700:  # an HTTP status in disguise
            return web.Response(status=code - 100)
        data = {"url": "", "refresh_token": "", "timestamp": 0, "code": code, "message": ""}
        if code == 0:
            data["refresh_token"] = "the-refresh-token"
        response = web.json_response({"code": 0, "message": "0", "data": data})
        if code == 0:
            sessdata = next(iter(self.accounts), "qr-sessdata%2C1%2Cabc*11")
            self.accounts.setdefault(sessdata, 42)
            for name, value in (
                ("SESSDATA", sessdata),
                ("bili_jct", self.csrf),
                ("DedeUserID", str(self.accounts[sessdata])),
            ):
                response.headers.add("Set-Cookie", f"{name}={value}; Path=/; Domain=bilibili.com; Secure")
        return response

    # ------------------------------------------------------------------ the chat

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.refuse_chat_with is not None:
            return web.Response(status=self.refuse_chat_with)
        viewer = Viewer(web.WebSocketResponse(), request.transport, request.headers.get("User-Agent", ""))
        await viewer.socket.prepare(request)
        self._sockets.append(viewer)
        try:
            async for message in viewer.socket:
                if message.type is WSMsgType.BINARY:
                    await self._receive(viewer, message.data)
        except ConnectionError:
            pass  # cut while it was being answered
        finally:
            for viewers in (self._sockets, self.viewers):
                if viewer in viewers:
                    viewers.remove(viewer)
            self._leaves.put_nowait(viewer)
        return viewer.socket

    async def _receive(self, viewer: Viewer, data: bytes) -> None:
        length, header, version, operation, _ = HEADER.unpack_from(data)
        assert (length, header, version) == (len(data), 16, CONTROL), data
        if self.silent:
            return
        body = data[header:]
        if operation == HEARTBEAT:
            self.heartbeats += 1
            self._beats.put_nowait(body)
            await viewer.socket.send_bytes(heartbeat_reply(body))
        elif operation == AUTH:
            viewer.proof = json.loads(body)
            good = self._welcome(viewer)
            await viewer.socket.send_bytes(
                packet(b'{"code":0}' if good else b'{"code":-101}', AUTH_REPLY, CONTROL)
            )
            if good:
                self.viewers.append(viewer)
                self._joins.put_nowait(viewer)
            else:
                await viewer.socket.close()

    def _welcome(self, viewer: Viewer) -> bool:
        proof = viewer.proof
        issued = self._tokens.get(str(proof.get("key")))
        claim = (viewer.user_agent, proof.get("uid"), proof.get("buvid"), proof.get("roomid"))
        form = (proof.get("protover"), proof.get("platform"), proof.get("type"))
        return (
            issued is not None
            and claim == (issued.user_agent, issued.uid, issued.buvid, issued.room)
            and form == (3, "web", 2)
        )
