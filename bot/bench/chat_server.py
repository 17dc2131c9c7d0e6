"""A Twitch chat on loopback, just enough of one to measure the bot against."""

from __future__ import annotations

import asyncio
from types import TracebackType

from aiohttp import WSMsgType, web


class ChatServer:
    """Answers a JOIN as Twitch does, then sends the lines it is given. `async with` runs it."""

    def __init__(self) -> None:
        self.url = ""
        self.joined = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        self._numbers = 0

    async def __aenter__(self) -> ChatServer:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def message(self, text: str) -> str:
        """Sends a chat line; returns its id."""
        self._numbers += 1
        number = f"bench-{self._numbers}"
        viewer = self._numbers % 50
        await self._send(
            f"@badge-info=subscriber/8;badges=subscriber/6;color=#1E90FF;display-name=Viewer{viewer};emotes=;"
            f"first-msg=0;flags=;id={number};mod=0;room-id=1;subscriber=1;tmi-sent-ts=0;turbo=0;"
            f"user-id={1000 + viewer};user-type= :v!v@v.tmi.twitch.tv PRIVMSG #bench :{text}"
        )
        return number

    async def delete(self, number: str) -> None:
        """A moderator deletes the line with this id."""
        await self._send(
            f"@login=v;room-id=;target-msg-id={number};tmi-sent-ts=0 :tmi.twitch.tv CLEARMSG #bench :gone"
        )

    async def _send(self, line: str) -> None:
        assert self._socket
        await self._socket.send_str(line + "\r\n")

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and "JOIN #" in frame.data:
                await socket.send_str("@room-id=1;slow=0 :tmi.twitch.tv ROOMSTATE #bench\r\n")
                self._socket = socket
                self.joined.set()
        return socket
