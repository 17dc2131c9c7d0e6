"""A Twitch chat server on loopback: real WebSockets, and of IRC what the anonymous reader meets.

    async with FakeTwitch() as twitch:          # twitch.url is the setting twitch.url
        await twitch.joined()                   # the next JOIN that nobody has waited for
        await twitch.privmsg("hello", "Alice")  # returns the message's id

`python -m tests.fakes.twitch_irc --port 6667` serves it and says as a message what is typed into it.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.fakes.loopback import Loopback, cut

SERVER = ":tmi.twitch.tv"


def escape(value: str) -> str:
    """A tag's value as the protocol writes it."""
    for char, mark in (("\\", "\\\\"), (";", "\\:"), (" ", "\\s"), ("\r", "\\r"), ("\n", "\\n")):
        value = value.replace(char, mark)
    return value


def user_id(login: str) -> str:
    """The id that the account `login` always has here."""
    return str(zlib.crc32(login.encode()) % 900_000_000 + 100_000_000)


def _login(name: str) -> str:
    return name.lower() if re.fullmatch(r"[A-Za-z0-9_]+", name) else f"user{user_id(name)}"


def _tags(tags: dict[str, str]) -> str:
    return "@" + ";".join(f"{key}={escape(value)}" for key, value in tags.items())


def _author(name: str, login: str) -> dict[str, str]:
    return {
        "badge-info": "",
        "badges": "",
        "color": "#1E90FF",
        "display-name": name,
        "emotes": "",
        "flags": "",
        "id": str(uuid4()),
        "mod": "0",
        "room-id": "12345",
        "subscriber": "0",
        "tmi-sent-ts": str(int(time.time() * 1000)),
        "turbo": "0",
        "user-id": user_id(login),
        "user-type": "",
    }


@dataclass(eq=False)
class Connection:
    """One reader. `received` is every line it sent."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    nick: str = ""
    channels: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)


class FakeTwitch(Loopback):
    """`channels`: the logins that answer a JOIN with a ROOMSTATE; None: every one does.

    `silent`: accept connections and answer nothing (half-open). `refuse_with`: an HTTP status for whoever
    connects; `stop` refuses at the TCP level, and a later `start` takes the same port again.
    """

    def __init__(self, channels: Iterable[str] | None = None) -> None:
        self.channels = None if channels is None else set(channels)
        self.silent = False
        self.refuse_with: int | None = None
        self.attempts = 0  # connections that were asked for, the refused ones too
        self.connections: list[Connection] = []  # those open now
        self._joins: asyncio.Queue[str] = asyncio.Queue()
        self._leaves: asyncio.Queue[Connection] = asyncio.Queue()
        self._pongs: asyncio.Queue[str] = asyncio.Queue()
        self._pings: asyncio.Queue[str] = asyncio.Queue()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._serve)
        return app

    # ------------------------------------------------------------------ what the reader did

    async def joined(self, timeout: float = 5.0) -> str:
        """Waits for the next JOIN that nobody has waited for; returns its channel."""
        return await asyncio.wait_for(self._joins.get(), timeout)

    async def left(self, timeout: float = 5.0) -> Connection:
        """Waits for the next end of a connection that nobody has waited for."""
        return await asyncio.wait_for(self._leaves.get(), timeout)

    async def pinged(self, timeout: float = 5.0) -> str:
        """Waits for the next PING of a reader; returns what it holds."""
        return await asyncio.wait_for(self._pings.get(), timeout)

    # ------------------------------------------------------------------ what Twitch does

    async def send(self, *lines: str) -> None:
        """Sends all lines in one WebSocket message to everyone who has joined a channel."""
        await self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    async def send_bytes(self, data: bytes, *, binary: bool = False) -> None:
        """Sends `data` as it is, as one message, which may not be UTF-8."""
        readers = [connection for connection in self.connections if connection.channels]
        if not readers:
            raise RuntimeError("nobody has joined: wait for joined() first")
        for connection in readers:
            await connection.socket.send_frame(data, WSMsgType.BINARY if binary else WSMsgType.TEXT)

    def privmsg_line(
        self, text: str, name: str = "Alice", *, channel: str = "", tags: dict[str, str] | None = None
    ) -> str:
        """A chat message as Twitch sends it; `tags` replaces and adds to the usual ones."""
        login = _login(name)
        every = {**_author(name, login), "first-msg": "0", "returning-chatter": "0", **(tags or {})}
        who = f"{login}!{login}@{login}.tmi.twitch.tv"
        return f"{_tags(every)} :{who} PRIVMSG #{channel or self._channel()} :{text}"

    async def privmsg(
        self, text: str, name: str = "Alice", *, channel: str = "", tags: dict[str, str] | None = None
    ) -> str:
        """Somebody says `text`; returns the message's id."""
        tags = {"id": str(uuid4()), **(tags or {})}
        await self.send(self.privmsg_line(text, name, channel=channel, tags=tags))
        return tags["id"]

    async def usernotice(
        self,
        kind: str,
        name: str = "Alice",
        text: str = "",
        *,
        system: str = "",
        tags: dict[str, str] | None = None,
    ) -> str:
        """An event such as "resub", "subgift" or "raid"; returns its id."""
        login = _login(name)
        own = {"login": login, "msg-id": kind, "system-msg": system}
        every = {**_author(name, login), **own, **(tags or {})}
        await self.send(
            f"{_tags(every)} {SERVER} USERNOTICE #{self._channel()}" + (f" :{text}" if text else "")
        )
        return every["id"]

    async def raid(self, name: str, viewers: int) -> str:
        return await self.usernotice(
            "raid",
            name,
            system=f"{viewers} raiders from {name} have joined!",
            tags={"msg-param-displayName": name, "msg-param-viewerCount": str(viewers)},
        )

    async def delete(self, message: str, name: str = "Alice") -> None:
        """A moderator deletes the message with this id."""
        own = {"login": _login(name), "room-id": "", "target-msg-id": message, "tmi-sent-ts": _now()}
        await self.send(f"{_tags(own)} {SERVER} CLEARMSG #{self._channel()} :deleted")

    async def time_out(self, name: str, seconds: int = 600) -> None:
        login = _login(name)
        own = {"ban-duration": str(seconds), "target-user-id": user_id(login), "tmi-sent-ts": _now()}
        await self.send(f"{_tags(own)} {SERVER} CLEARCHAT #{self._channel()} :{login}")

    async def clear(self) -> None:
        """A moderator clears the chat."""
        await self.send(f"@room-id=12345;tmi-sent-ts={_now()} {SERVER} CLEARCHAT #{self._channel()}")

    async def ping(self, timeout: float = 5.0) -> str:
        """Sends PING and waits for the reader's PONG; returns what it holds."""
        await self.send("PING :tmi.twitch.tv")
        return await asyncio.wait_for(self._pongs.get(), timeout)

    async def reconnect(self) -> None:
        """Asks every reader to connect anew, as Twitch does before it restarts a server."""
        await self.send(f"{SERVER} RECONNECT")

    async def drop(self) -> None:
        """Cuts every connection without a goodbye, as a network does."""
        cut(self.connections)

    # ------------------------------------------------------------------ the server's side

    def _channel(self) -> str:
        for connection in reversed(self.connections):
            if connection.channels:
                return connection.channels[-1]
        raise RuntimeError("nobody has joined: wait for joined() first")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.refuse_with is not None:
            return web.Response(status=self.refuse_with)
        connection = Connection(web.WebSocketResponse(), request.transport)
        await connection.socket.prepare(request)
        self.connections.append(connection)
        try:
            async for message in connection.socket:
                for line in str(message.data).split("\r\n") if message.type is WSMsgType.TEXT else ():
                    if line:
                        await self._receive(connection, line)
        except ConnectionError:
            pass  # cut while it was being answered
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            self._leaves.put_nowait(connection)
        return connection.socket

    async def _receive(self, connection: Connection, line: str) -> None:
        connection.received.append(line)
        command, _, rest = line.partition(" ")
        if command == "PONG":
            self._pongs.put_nowait(rest.removeprefix(":"))
        elif command == "PING":
            self._pings.put_nowait(rest.removeprefix(":"))
            await self._answer(connection, f"{SERVER} PONG tmi.twitch.tv {rest}")
        elif command == "CAP":
            await self._answer(connection, f"{SERVER} CAP * ACK {rest.removeprefix('REQ ')}")
        elif command == "NICK":
            connection.nick = rest
            await self._answer(
                connection,
                f"{SERVER} 001 {rest} :Welcome, GLHF!",
                f"{SERVER} 002 {rest} :Your host is tmi.twitch.tv",
                f"{SERVER} 376 {rest} :>",
            )
        elif command == "JOIN":
            channel = rest.removeprefix("#")
            if self.channels is None or channel in self.channels:
                nick = connection.nick
                await self._answer(
                    connection,
                    f":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN #{channel}",
                    "@emote-only=0;followers-only=-1;r9k=0;room-id=12345;slow=0;subs-only=0 "
                    f"{SERVER} ROOMSTATE #{channel}",
                    f":{nick}.tmi.twitch.tv 353 {nick} = #{channel} :{nick}",
                    f":{nick}.tmi.twitch.tv 366 {nick} #{channel} :End of /NAMES list",
                )
            connection.channels.append(channel)
            self._joins.put_nowait(channel)

    async def _answer(self, connection: Connection, *lines: str) -> None:
        if not self.silent:
            await connection.socket.send_str("".join(f"{line}\r\n" for line in lines))


def _now() -> str:
    return str(int(time.time() * 1000))


async def _stand_alone(port: int) -> None:
    twitch = FakeTwitch()
    twitch.port = port
    await twitch.start()
    print(f"{twitch.url}: type messages, or Name: message")
    while line := await asyncio.to_thread(sys.stdin.readline):
        name, colon, text = line.strip().partition(": ")
        try:
            await twitch.privmsg(*((text, name) if colon else (line.strip(), "Alice")))
        except RuntimeError as error:
            print(error)
    await twitch.stop()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A Twitch chat server on loopback.")
    arguments.add_argument("--port", type=int, default=6667)
    asyncio.run(_stand_alone(arguments.parse_args().port))
