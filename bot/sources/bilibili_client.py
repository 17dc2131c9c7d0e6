"""blivedm's client brought up to date: one connection to Bilibili's chat, whose end is an exception.

blivedm 0.1.1 supplies the packets, the authentication's shape and the heartbeats' timer. Its own loop is not
used: it retries for ever by itself, asks for tokens in a way that Bilibili now refuses, and loops without end
on a packet whose length is 0.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from blivedm.client import BLiveClient  # type: ignore[import-untyped]  # it carries no types

from bot.sources.bilibili_fields import MalformedCommand, integer, loads, obj
from bot.sources.bilibili_frames import MAX_FRAME, Operation, Packet, packets
from bot.sources.bilibili_http import BilibiliApi, Room, Token
from bot.sources.errors import SourceDropped

log = logging.getLogger(__name__)

LOST = "the connection was lost"
TOKEN_ERROR = -101


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that a connection needs, asked of the web once and good for some hours."""

    room: Room
    uid: int
    buvid: str = field(repr=False)
    token: Token


class TokenRefused(SourceDropped):
    """The ticket is not good any more: ask for another."""


class BilibiliClient(BLiveClient):  # type: ignore[misc]  # a class without types
    """A connection, as an async context: entered it is authenticated, and `receive` reads it.

    `attempt` chooses among the servers. Times are seconds: `timeout` to connect and to be authenticated;
    `silence` without any packet (heartbeats are answered) ends the connection.
    """

    def __init__(
        self,
        api: BilibiliApi,
        number: int,
        *,
        ticket: Ticket | None = None,
        attempt: int = 0,
        malformed: Counter[str] | None = None,
        heartbeat: float = 30.0,
        silence: float = 65.0,
        timeout: float = 10.0,
    ) -> None:
        # BLiveClient's own is not called: it reads a property that aiohttp has deprecated.
        self._session = api.session
        self._own_session = False
        self._heartbeat_interval = heartbeat
        self._heartbeat_timer_handle: asyncio.TimerHandle | None = None
        self._websocket: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._network_future = None
        self._handlers: list[object] = []
        self._room_id = self._tmp_room_id = number
        self._api = api
        self.ticket = ticket
        self._attempt = attempt
        self._malformed: Counter[str] = Counter() if malformed is None else malformed
        self._silence = silence
        self._timeout = timeout
        self._heard = 0.0  # loop time
        self._early: list[Packet] = []  # came with the answer to the authentication

    async def init_room(self) -> bool:
        """Asks for a ticket, unless one was given; raises what BilibiliApi does."""
        if self.ticket is None:
            account = await self._api.account()
            buvid = await self._api.buvid()
            room = await self._api.room(self._tmp_room_id)
            self.ticket = Ticket(room, account.uid, buvid, await self._api.token(room, account))
        self._room_id = self.ticket.room.id
        self._room_owner_uid = self.ticket.room.owner
        self._uid = self.ticket.uid
        return True

    async def __aenter__(self) -> Self:
        await self.init_room()
        try:
            async with asyncio.timeout(self._timeout):
                self._websocket = await self._connected()
            self._heard = asyncio.get_running_loop().time()
            await self._on_ws_connect()
            await self._authenticated()
        except TimeoutError:
            await self.__aexit__(None, None, None)
            raise SourceDropped("Bilibili's chat does not answer") from None
        except (aiohttp.ClientError, OSError):
            await self.__aexit__(None, None, None)
            raise SourceDropped(LOST) from None
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._on_ws_close()
        socket, self._websocket = self._websocket, None
        if socket is not None:
            await socket.close()

    async def receive(self, deadline: float | None = None) -> list[Packet] | None:
        """The packets of the next message, or None if there was none by `deadline` (loop time)."""
        if self._early:
            early, self._early = self._early, []
            return early
        assert self._websocket is not None, "not entered"
        silent = self._heard + self._silence
        try:
            async with asyncio.timeout_at(silent if deadline is None else min(deadline, silent)):
                message = await self._websocket.receive()
        except TimeoutError:
            if asyncio.get_running_loop().time() >= silent:
                raise SourceDropped("Bilibili's chat has gone silent") from None
            return None
        except (aiohttp.ClientError, OSError):
            raise SourceDropped(LOST) from None
        if message.type is aiohttp.WSMsgType.BINARY:
            self._heard = asyncio.get_running_loop().time()
            return packets(message.data, self._malformed)
        if message.type is aiohttp.WSMsgType.TEXT:
            self._malformed["not binary"] += 1
            return []
        raise SourceDropped(LOST)

    async def _connected(self) -> aiohttp.ClientWebSocketResponse[bool]:
        assert self.ticket is not None
        hosts = self.ticket.token.hosts
        host, port = hosts[self._attempt % len(hosts)]
        try:
            return await self._session.ws_connect(
                f"wss://{host}:{port}/sub",
                headers=self._api.headers,
                max_msg_size=MAX_FRAME,
                # A server that does not answer the goodbye must not hold up the shutdown.
                timeout=aiohttp.ClientWSTimeout(ws_close=0.5),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise SourceDropped(f"Bilibili's chat refused the connection (HTTP {error.status})") from None
        except aiohttp.ClientSSLError:
            raise SourceDropped(
                "Bilibili's certificate was not accepted: are this computer's date and time right?"
            ) from None
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            log.info("bilibili %s: %s:%s: %s", self._room_id, host, port, type(error).__name__)
            raise SourceDropped("Bilibili's chat cannot be reached: is this computer online?") from None

    async def _send_auth(self) -> None:
        assert self.ticket is not None
        assert self._websocket is not None
        ticket = self.ticket
        proof = {
            "uid": ticket.uid,
            "roomid": ticket.room.id,
            "protover": 3,
            "platform": "web",
            "type": 2,
            "buvid": ticket.buvid,
            "key": ticket.token.key.get_secret_value(),
        }
        await self._websocket.send_bytes(self._make_packet(proof, Operation.AUTH))

    async def _authenticated(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._timeout
        while True:
            found = await self.receive(deadline)
            if found is None:
                raise TimeoutError
            for number, packet in enumerate(found):
                if packet.operation == Operation.AUTH_REPLY:
                    self._judge(packet.body)
                    self._early = found[number + 1 :]
                    await self._send_heartbeat()
                    return

    def _judge(self, body: bytes) -> None:
        try:
            code = obj(loads(body)).get("code", 0)
        except MalformedCommand:
            self._malformed["authentication"] += 1
            raise SourceDropped("Bilibili's chat answers what cannot be read") from None
        if code == TOKEN_ERROR:
            raise TokenRefused("Bilibili's chat wants a new token", at_once=True)
        if code != 0:
            raise SourceDropped(f"Bilibili's chat refused the authentication (code {integer(code)})")
