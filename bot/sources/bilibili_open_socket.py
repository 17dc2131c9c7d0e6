"""One WebSocket of the Open Live platform: signs in, keeps itself alive, and gives out frames."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.sources.bilibili_fields import MalformedCommand, loads, obj
from bot.sources.bilibili_frames import MAX_FRAME, Operation, pack, packets
from bot.sources.connection import Clock, Sleep
from bot.sources.errors import SourceDropped
from bot.sources.uninterrupted import uninterrupted

log = logging.getLogger(__name__)

BEAT = 30.0  # seconds; the server answers each, and cuts who has been silent for about 70 s
SILENCE = 55.0  # two beats without an answer

_LOST = "the connection was lost"


class SocketLost(SourceDropped):
    """This connection is gone; another one may do."""


class OpenSocket:
    """A connection that has signed in. Made by `connected`."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse[bool], clock: Clock, malformed: Counter[str]
    ) -> None:
        self._socket = socket
        self._clock = clock
        self._malformed = malformed
        self._waiting_since: float | None = None
        self._failure: Exception | None = None
        self._again: bytes | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def frame(self, wait: float | None = None) -> bytes | None:
        """The next message, or None if there was none for `wait` seconds.

        Raises SocketLost, or whatever ended the work of `beside`.
        """
        if self._again is not None:
            frame, self._again = self._again, None
            return frame
        while True:
            self._waiting_since = self._clock()
            try:
                async with asyncio.timeout(wait):
                    message = await self._socket.receive()
            except TimeoutError:
                return None
            except (aiohttp.ClientError, OSError) as error:
                raise self._failure or SocketLost(_LOST) from error
            finally:
                self._waiting_since = None
            if self._failure is not None:
                raise self._failure
            if message.type is aiohttp.WSMsgType.BINARY:
                data: bytes = message.data
                return data
            if message.type is not aiohttp.WSMsgType.TEXT:
                if message.type is aiohttp.WSMsgType.ERROR:
                    log.warning("bilibili open live: %s", message.data)
                raise SocketLost(_LOST)
            self._malformed["text frame"] += 1

    def give_again(self, frame: bytes) -> None:
        """Lets `frame` return this one next."""
        self._again = frame

    async def send(self, operation: Operation, body: bytes = b"") -> None:
        try:
            async with asyncio.timeout(10):  # a server that reads nothing blocks a sender
                await self._socket.send_bytes(pack(operation, body))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise SocketLost(_LOST) from error

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` for as long as the connection lives; what it raises ends the connection."""
        self._tasks.append(asyncio.create_task(self._until_it_fails(work)))

    async def _until_it_fails(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._failure = self._failure or error  # raised by `frame`, a bug too
            await self._socket.close()

    async def keep_alive(self, sleep: Sleep) -> None:
        """Sends a heartbeat at once and then every BEAT; raises SocketLost if nobody answers."""
        while True:
            await self.send(Operation.HEARTBEAT)
            await sleep(BEAT)
            # Whoever reads may be busy with other things: only what is waited for can be missed.
            since = self._waiting_since
            if since is not None and self._clock() - since >= SILENCE:
                raise SocketLost("Bilibili has gone silent")

    async def close(self) -> None:
        """Takes a second at most, however the server behaves."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()


@asynccontextmanager
async def connected(
    http: aiohttp.ClientSession,
    link: str,
    auth_body: SecretStr,
    *,
    clock: Clock,
    malformed: Counter[str],
    timeout: float,
) -> AsyncIterator[OpenSocket]:
    """A connection to `link` that has signed in with `auth_body`, within `timeout` seconds.

    Raises SocketLost, and SourceDropped if the server does not accept `auth_body`.
    """
    socket: OpenSocket | None = None
    try:
        try:
            async with asyncio.timeout(timeout):
                socket = OpenSocket(await _connect(http, link), clock, malformed)
                await socket.send(Operation.AUTH, auth_body.get_secret_value().encode())
                await _signed_in(socket, malformed)
        except TimeoutError:
            raise SocketLost("Bilibili does not answer") from None
        yield socket
    finally:
        if socket is not None:
            await uninterrupted(socket.close())


async def _connect(http: aiohttp.ClientSession, link: str) -> aiohttp.ClientWebSocketResponse[bool]:
    try:
        # ws_close: a server that does not answer the goodbye must not hold up the shutdown.
        return await http.ws_connect(
            link, max_msg_size=MAX_FRAME, timeout=aiohttp.ClientWSTimeout(ws_close=0.5)
        )
    except aiohttp.WSServerHandshakeError as error:
        raise SocketLost(f"Bilibili refused the connection (HTTP {error.status})") from error
    except aiohttp.ClientSSLError as error:
        raise SocketLost(
            "Bilibili's certificate was not accepted: are this computer's date and time right?"
        ) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: the platform's address is none
        if isinstance(error, TimeoutError):
            raise
        log.info("bilibili open live: %s", error)
        raise SocketLost("Bilibili's chat server cannot be reached") from error


async def _signed_in(socket: OpenSocket, malformed: Counter[str]) -> None:
    while True:
        frame = await socket.frame()
        assert frame is not None
        for packet in packets(frame, malformed):
            if packet.operation != Operation.AUTH_REPLY:
                continue
            try:
                code = obj(loads(packet.body)).get("code")
            except MalformedCommand:
                code = None
            if code != 0:
                raise SourceDropped(f"Bilibili's chat server refused to let the bot in (code {code!s:.20})")
            socket.give_again(frame)  # the first messages may be glued to the answer
            return
