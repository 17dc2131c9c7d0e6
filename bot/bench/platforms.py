"""Twitch, Bilibili and Open Live on loopback, in a process of their own: just enough to measure the sources.

Run as `python -m bot.bench.platforms`. It says in JSON lines where it listens, who has joined and what it has
sent; its standard input takes `flood BILIBILI_PER_SECOND TWITCH_PER_SECOND SECONDS`, and `drop SECONDS`:
every connection is cut, nobody is let in for so long, and then a message comes every 50 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import struct
import sys
import time
from typing import Any

import brotli  # type: ignore[import-untyped]  # it carries no types
from aiohttp import WSMsgType, web

from bot.bench.chat_lines import ROOM, danmaku, line, open_danmaku

# TLS without a certificate, so that no key lies in the sources: the bench alone speaks it, on loopback.
_CIPHERS = "AECDH-AES128-SHA:@SECLEVEL=0"
_TICK = 0.02  # seconds between two frames; a busy room's come about so often


def tls(side: int) -> ssl.SSLContext:
    """For `ssl.PROTOCOL_TLS_SERVER`, and for the client that is measured."""
    context = ssl.SSLContext(side)
    if side == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    return context


def packet(body: bytes, operation: int = 5, version: int = 0) -> bytes:
    return struct.pack(">I2H2I", 16 + len(body), 16, version, operation, 0) + body


def frame(commands: list[dict[str, Any]]) -> bytes:
    """Commands in one brotli frame, as Bilibili packs them."""
    bodies = (json.dumps(command, ensure_ascii=False, separators=(",", ":")) for command in commands)
    return packet(brotli.compress(b"".join(packet(body.encode()) for body in bodies), quality=3), version=3)


def say(**what: object) -> None:
    sys.stdout.write(json.dumps({**what, "at": time.monotonic()}) + "\n")
    sys.stdout.flush()


class Platforms:
    """The three servers. `at` in what they say is the system's monotonic clock, which is the bot's too."""

    def __init__(self) -> None:
        self._sockets: dict[str, list[tuple[web.WebSocketResponse, asyncio.Transport | None]]] = {}
        self._numbers = {"bilibili": 0, "open live": 0, "twitch": 0}
        self._ports = [0, 0]
        self._runner: web.AppRunner | None = None

    async def listen(self) -> None:
        app = web.Application()
        app.router.add_get("/twitch", self._twitch)
        app.router.add_post("/v2/app/{call}", self._open_call)
        app.router.add_get("/open", self._open)
        app.router.add_get("/sub", self._bilibili)
        app.router.add_get("/{path:.*}", self._web)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._ports[0]).start()
        secure = tls(ssl.PROTOCOL_TLS_SERVER)
        await web.TCPSite(self._runner, "127.0.0.1", self._ports[1], ssl_context=secure).start()
        self._ports = [address[1] for address in self._runner.addresses]
        say(listens=self._ports)

    async def flood(self, rates: dict[str, float], seconds: float) -> None:
        began = time.monotonic()
        sent = dict.fromkeys(rates, 0)
        while True:
            now = min(seconds, time.monotonic() - began)
            for name, rate in rates.items():
                due = int(now * rate) - sent[name]
                sent[name] += due
                await self._send(name, due)
            taken = time.monotonic() - began
            if now >= seconds:
                break
            await asyncio.sleep(_TICK - taken % _TICK)
        say(sent=sent, seconds=taken)

    async def drop(self, seconds: float) -> None:
        assert self._runner is not None
        for sockets in self._sockets.values():
            for _, transport in sockets:
                if transport is not None:
                    transport.abort()
        self._sockets.clear()
        await self._runner.cleanup()
        await asyncio.sleep(seconds)
        await self.listen()
        for _ in range(200):
            for name in self._numbers:
                await self._send(name, 1)
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _send(self, name: str, count: int) -> None:
        if not count or not self._sockets.get(name):
            return
        numbers = range(self._numbers[name], self._numbers[name] + count)
        self._numbers[name] += count
        for socket, _ in list(self._sockets[name]):
            with contextlib.suppress(ConnectionError):
                if name == "twitch":
                    await socket.send_str("".join(f"{line(number)}\r\n" for number in numbers))
                else:
                    make = danmaku if name == "bilibili" else open_danmaku
                    await socket.send_bytes(frame([make(number) for number in numbers]))

    def _joined(self, name: str, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._sockets.setdefault(name, []).append((socket, request.transport))
        say(joined=name)

    async def _twitch(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and "JOIN #" in message.data:
                await socket.send_str("@room-id=1;slow=0 :tmi.twitch.tv ROOMSTATE #bench\r\n")
                self._joined("twitch", socket, request)
        return socket

    async def _bilibili(self, request: web.Request) -> web.WebSocketResponse:
        return await self._packets("bilibili", request)

    async def _open(self, request: web.Request) -> web.WebSocketResponse:
        return await self._packets("open live", request)

    async def _packets(self, name: str, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            operation = struct.unpack_from(">I", message.data, 8)[0]
            if operation == 7:
                await socket.send_bytes(packet(b'{"code":0}', 8, 1))
                self._joined(name, socket, request)
            elif operation == 2:
                await socket.send_bytes(packet(b"\0\0\0\1", 3, 1))
        return socket

    async def _open_call(self, request: web.Request) -> web.Response:
        link = f"ws://127.0.0.1:{self._ports[0]}/open"
        data = {
            "game_info": {"game_id": "bench"},
            "websocket_info": {"auth_body": "{}", "wss_link": [link]},
            "anchor_info": {"room_id": ROOM, "open_id": "owner"},
        }
        return web.json_response({"code": 0, "data": data})

    async def _web(self, request: web.Request) -> web.Response:
        key = "https://i0.hdslb.com/bfs/wbi/7cd084941338484aae1ad9425b84077c.png"
        hosts = [{"host": "bench.chat.bilibili.com", "wss_port": self._ports[1]}]
        answers: dict[str, tuple[int, dict[str, object]]] = {
            "nav": (-101, {"isLogin": False, "wbi_img": {"img_url": key, "sub_url": key}}),
            "get_info": (0, {"room_id": ROOM, "uid": 3102384, "short_id": 0, "live_status": 1}),
            "getDanmuInfo": (0, {"token": "bench", "host_list": hosts}),
        }
        code, data = answers.get(request.path.rpartition("/")[2], (0, {}))
        return web.json_response({"code": code, "message": "0", "data": data})


async def main() -> None:
    platforms = Platforms()
    await platforms.listen()
    work: asyncio.Task[None] | None = None
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        if work is not None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        numbers = [float(word) for word in words[1:]]
        if words[0] == "flood":
            bilibili, twitch, seconds = numbers
            work = asyncio.create_task(platforms.flood({"bilibili": bilibili, "twitch": twitch}, seconds))
        else:
            work = asyncio.create_task(platforms.drop(*numbers))
    await platforms.close()


if __name__ == "__main__":
    asyncio.run(main())
