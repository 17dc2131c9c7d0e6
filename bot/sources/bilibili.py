"""Reads the chat of one Bilibili live room: danmaku, super chats, gifts, guards and all the rest."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable

import aiohttp

from bot.messages import ChatEvent, SourceState, State
from bot.sources.bilibili_account import BilibiliLogin, put_cookies
from bot.sources.bilibili_authors import Place
from bot.sources.bilibili_client import BilibiliClient, Ticket
from bot.sources.bilibili_events import SOURCE, BilibiliEvents
from bot.sources.bilibili_frames import Operation
from bot.sources.bilibili_http import BilibiliApi
from bot.sources.bilibili_room import room_number
from bot.sources.connection import Clock
from bot.sources.errors import SourceDropped, SourceFailed

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36"
)
_LOG_IN = "viewers' names are masked; log in with `python -m bot login bilibili` to hear them in full"
ANONYMOUS = f"reading without an account: {_LOG_IN}"
EXPIRED = f"the login to Bilibili has expired: {_LOG_IN}"


def session() -> aiohttp.ClientSession:
    # trust_env: a streamer behind a proxy (HTTPS_PROXY) has no other way to Bilibili.
    return aiohttp.ClientSession(trust_env=True)


class Bilibili:
    """A source (see `connection.Source`) of the events of `room`: a number, the short one too, or a link.

    `channel` is the number as it was given, so it does not change once the room is known. The login's cookies
    and `user_agent` go with the web requests and with the chat's: its token is only good for both together.
    Times are seconds: `timeout` for every answer, `heartbeat` between two signs of life, `silence` until
    the connection counts as lost, `gift_window` over which a viewer's clicks are one gift. `wall` is the wall
    clock. `own(uid, text)` tells the bot's own replies, which are not read.
    `malformed` counts by kind what could not be read.
    """

    name = SOURCE

    def __init__(
        self,
        room: str,
        *,
        user_agent: str = USER_AGENT,
        login: BilibiliLogin | None = None,
        session: Callable[[], aiohttp.ClientSession] = session,
        clock: Clock = time.monotonic,
        wall: Callable[[], float] = time.time,
        gift_window: float = 3.0,
        own: Callable[[str, str], bool] = lambda uid, text: False,
        timeout: float = 10.0,
        heartbeat: float = 30.0,
        silence: float = 65.0,
    ) -> None:
        self._room = room_number(room)
        self.channel = room.strip() if self._room is None else str(self._room)
        self.malformed: Counter[str] = Counter()
        self._user_agent = user_agent
        self._login = login
        self._session = session
        self._clock = clock
        self._wall = wall
        self._timeout = timeout
        self._heartbeat = heartbeat
        self._silence = silence
        self._ticket: Ticket | None = None
        self._cookies = login.cookies() if login is not None else {}
        self._attempts = 0
        # Lives as long as the source: what was told is not told again by the next connection.
        self._events = BilibiliEvents(self.channel, clock, self.malformed, gift_window=gift_window, own=own)

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        """One connection: READY once it is authenticated, then the room's events, until SourceDropped."""
        if self._room is None:
            raise SourceFailed(
                f'bilibili.room = "{self.channel}" cannot be a room: '
                "give the number as it stands in its address, live.bilibili.com/NUMBER"
            )
        # Only a ticket that opened a connection serves again: a stale one must not be tried for ever.
        ticket, self._ticket = self._ticket, None
        attempt, self._attempts = self._attempts, self._attempts + 1
        async with self._session() as session:
            put_cookies(session.cookie_jar, self._cookies)
            api = BilibiliApi(session, self._user_agent, timeout=self._timeout, wall=self._wall)
            client = BilibiliClient(
                api,
                self._room,
                ticket=ticket,
                attempt=attempt,
                malformed=self.malformed,
                heartbeat=self._heartbeat,
                silence=self._silence,
                timeout=self._timeout,
            )
            async with client:
                self._opened(client)
                yield SourceState(SOURCE, self.channel, State.READY, self._warning())
                try:
                    while True:
                        for packet in await client.receive(self._deadline()) or ():
                            if packet.operation == Operation.MESSAGE:
                                for event in self._events.read(packet.body):
                                    yield event
                        for gift in self._events.gifts.due(self._clock()):
                            yield gift
                        await asyncio.sleep(0)  # a flood must not keep everybody else waiting
                except SourceDropped:
                    for gift in self._events.gifts.flush():
                        yield gift
                    raise

    def _opened(self, client: BilibiliClient) -> None:
        assert client.ticket is not None
        self._ticket = client.ticket
        self._events.place = Place(client.ticket.room.id, client.ticket.room.owner)
        if client.ticket.buvid:  # the same device comes back, which a new one each time would not be
            self._cookies = {**self._cookies, "buvid3": client.ticket.buvid}
        if not client.ticket.uid:
            self._cookies = {name: self._cookies[name] for name in ("buvid3",) if name in self._cookies}

    def _warning(self) -> str:
        if self._ticket is not None and self._ticket.uid:
            return ""
        return ANONYMOUS if self._login is None else EXPIRED

    def _deadline(self) -> float | None:
        wait = self._events.gifts.wait(self._clock())
        return None if wait is None else asyncio.get_running_loop().time() + wait
