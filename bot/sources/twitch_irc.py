"""Reads the chat of one Twitch channel without an account: anonymous IRC over a WebSocket."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import aiohttp

from bot.messages import ChatEvent, SourceState, State
from bot.sources.connection import Clock
from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.irc import IrcLine, MalformedLine, parse, split_frame
from bot.sources.twitch_channel import channel_login
from bot.sources.twitch_events import SOURCE, TwitchEvents

log = logging.getLogger(__name__)

URL = "wss://irc-ws.chat.twitch.tv:443"

# A larger message ends the connection, so this lies far above what Twitch sends; `parse` refuses long lines.
MAX_FRAME = 1024 * 1024

_LOST = "the connection was lost"
_REFUSALS = {
    "msg_channel_suspended": 'Twitch says that the channel "{channel}" is suspended or does not exist',
    "tos_ban": 'Twitch says that the channel "{channel}" is closed',
    "msg_banned": 'Twitch does not let this reader into the chat of "{channel}"',
}


class TwitchIrc:
    """A source (see `connection.Source`) of the events of `channel`.

    Times are seconds: `connect_timeout` for the connection, `join_timeout` for the channel to answer; after
    `silence` without a line the server is asked, and has `pong_timeout` to answer.
    `malformed` counts by kind what could not be read.
    """

    name = SOURCE

    def __init__(
        self,
        channel: str,
        *,
        url: str = URL,
        clock: Clock = time.monotonic,
        rng: Random | None = None,
        connect_timeout: float = 10.0,
        join_timeout: float = 8.0,
        silence: float = 330.0,
        pong_timeout: float = 10.0,
    ) -> None:
        self._login = channel_login(channel)
        self.channel = self._login or channel.strip()
        self.malformed: Counter[str] = Counter()
        self._url = url
        self._rng = rng or Random()
        self._connect_timeout = connect_timeout
        self._join_timeout = join_timeout
        self._silence = silence
        self._pong_timeout = pong_timeout
        # Lives as long as the source: a gift that was told is not told again by the next connection.
        self._events = TwitchEvents(self.channel, clock, self.malformed)

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        """One connection: READY once the channel has answered, then its events, until SourceDropped."""
        if self._login is None:
            raise SourceFailed(
                f'twitch.channel = "{self.channel}" cannot be a Twitch channel: '
                "give the name as it stands in its address, twitch.tv/NAME"
            )
        async with self._connected() as socket:
            await self._send(
                socket,
                "CAP REQ :twitch.tv/tags twitch.tv/commands",
                f"NICK justinfan{self._rng.randrange(10_000, 100_000)}",
                f"JOIN #{self._login}",
            )
            joined = asked = False
            now = asyncio.get_running_loop().time
            deadline = now() + self._join_timeout
            while True:
                frame = await self._receive(socket, deadline)
                if frame is None:
                    if not joined:
                        raise SourceDropped(
                            f'Twitch knows no channel "{self._login}" (or it is slow to answer): '
                            "check the spelling of twitch.channel"
                        )
                    if asked:
                        raise SourceDropped("Twitch has gone silent")
                    await self._send(socket, "PING :still-there")
                    asked, deadline = True, now() + self._pong_timeout
                    continue
                reconnect = False
                for line in self._lines(frame):
                    match line.command:
                        case "PING":
                            await self._send(socket, f"PONG :{line.params[-1] if line.params else ''}")
                        case "RECONNECT":
                            reconnect = True
                        case "ROOMSTATE" if not joined and line.params[:1] == (f"#{self._login}",):
                            joined = True
                            yield SourceState(SOURCE, self.channel, State.READY)
                        case "NOTICE":
                            self._refuse(line, joined)
                        case _:
                            event = self._events.event(line)
                            if event is not None:
                                yield event
                if reconnect:
                    raise SourceDropped("Twitch asked for a new connection", at_once=True)
                if joined:
                    asked, deadline = False, now() + self._silence

    def _lines(self, frame: bytes) -> list[IrcLine]:
        lines = []
        for raw in split_frame(frame):
            try:
                lines.append(parse(raw))
            except MalformedLine as bad:
                self.malformed[bad.kind] += 1
                log.debug("twitch %s: %s: %r", self.channel, bad.kind, raw[:200])
        return lines

    def _refuse(self, line: IrcLine, joined: bool) -> None:
        """Ends the session if a NOTICE says that this chat cannot be read; each of these can heal."""
        sentence = _REFUSALS.get(line.tags.get("msg-id", ""))
        if sentence is not None:
            raise SourceDropped(sentence.format(channel=self._login))
        if not joined and line.params[:1] == ("*",):
            raise SourceDropped(f"Twitch refused the connection: {line.params[-1][:200]}")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
        # trust_env: a streamer behind a proxy (WSS_PROXY, HTTPS_PROXY) has no other way to Twitch.
        async with aiohttp.ClientSession(trust_env=True) as session:
            try:
                async with asyncio.timeout(self._connect_timeout):
                    # decode_text=False: text that is not UTF-8 costs its line, not the connection.
                    # ws_close: a server that does not answer the goodbye must not hold up the shutdown.
                    socket = await session.ws_connect(
                        self._url,
                        max_msg_size=MAX_FRAME,
                        decode_text=False,
                        timeout=aiohttp.ClientWSTimeout(ws_close=0.5),
                    )
            except TimeoutError:
                raise SourceDropped("Twitch does not answer") from None
            except aiohttp.ClientSSLError as error:  # a ValueError too, by way of ssl's own
                raise SourceDropped(
                    "Twitch's certificate was not accepted: are this computer's date and time right?"
                ) from error
            except (ValueError, aiohttp.NonHttpUrlClientError) as error:  # InvalidURL is the former
                raise SourceFailed(f'twitch.url = "{self._url}" is no address: leave it out') from error
            except aiohttp.WSServerHandshakeError as error:
                raise SourceDropped(f"Twitch refused the connection (HTTP {error.status})") from error
            except (aiohttp.ClientError, OSError) as error:
                log.info("twitch %s: %s", self.channel, error)
                raise SourceDropped("Twitch cannot be reached: is this computer online?") from error
            try:
                yield socket
            finally:
                await socket.close()

    async def _send(self, socket: aiohttp.ClientWebSocketResponse[bool], *lines: str) -> None:
        try:
            async with asyncio.timeout(self._pong_timeout):  # a server that reads nothing blocks a sender
                await socket.send_str("".join(f"{line}\r\n" for line in lines))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise SourceDropped(_LOST) from error

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse[bool], deadline: float) -> bytes | None:
        """The next message, or None if there was none by `deadline` (loop time)."""
        try:
            async with asyncio.timeout_at(deadline):
                message = await socket.receive()
        except TimeoutError:
            return None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceDropped(_LOST) from error
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            data: bytes | str = message.data
            return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        if message.type is aiohttp.WSMsgType.ERROR:
            log.warning("twitch %s: %s", self.channel, message.data)
        raise SourceDropped(_LOST)
