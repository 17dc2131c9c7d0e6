"""Reads a Bilibili room by the official way, the Open Live platform: full names, no account's cookie."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
from pydantic import SecretStr

from bot.messages import ChatEvent, Gift, SourceState, State
from bot.sources.bilibili_fields import MalformedCommand, loads, obj, text
from bot.sources.bilibili_frames import Operation, packets
from bot.sources.bilibili_gifts import GiftMerger
from bot.sources.bilibili_open_api import URL, Beats, Game, OpenLiveApi
from bot.sources.bilibili_open_events import INTERACTION_END, SOURCE, OpenEvents
from bot.sources.bilibili_open_socket import SocketLost, connected
from bot.sources.connection import Clock, Sleep
from bot.sources.errors import SourceDropped, SourceError, SourceFailed
from bot.sources.recent import Recent
from bot.sources.uninterrupted import uninterrupted

log = logging.getLogger(__name__)

STEADY = 30.0  # a connection that lived for this long was a good one


class BilibiliOpen:
    """A source (see `connection.Source`) of the events of the room whose streamer's identity code is `code`.

    One session is one "game" of the platform, over one WebSocket at a time: while the game lives, a lost
    WebSocket is replaced at once, by the next of the addresses that the platform gave. The game is ended on
    every way out, which takes `end_timeout` seconds at most. `connect_timeout` is for each address.
    A viewer's clicks over `gift_window` seconds are one gift. `malformed` counts by kind what was unreadable.
    """

    name = SOURCE

    def __init__(
        self,
        *,
        code: SecretStr,
        app_id: int,
        key_id: str,
        key_secret: SecretStr,
        url: str = URL,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        wall_clock: Callable[[], float] = time.time,
        connect_timeout: float = 5.0,
        call_timeout: float = 10.0,
        end_timeout: float = 2.0,
        gift_window: float = 3.0,
    ) -> None:
        self.channel = "open live"  # the room's number as soon as the platform has told it
        self.malformed: Counter[str] = Counter()
        self._code = SecretStr("".join(code.get_secret_value().split()))
        self._app_id = app_id
        self._key_id = key_id.strip()
        self._key_secret = SecretStr(key_secret.get_secret_value().strip())
        self._url = url
        self._clock = clock
        self._sleep = sleep
        self._wall_clock = wall_clock
        self._connect_timeout = connect_timeout
        self._call_timeout = call_timeout
        self._end_timeout = end_timeout
        # Lives as long as the source: an unknown message is told of once.
        self._events = OpenEvents(clock, self.malformed)
        self._gifts = GiftMerger(gift_window)
        self._given = Recent(2000)
        self._left_behind = ""  # a game that could not be ended; it would stand in the way of the next

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        """One session: READY at each connection, then its events, until SourceDropped."""
        self._check_settings()
        # trust_env: a streamer behind a proxy (HTTPS_PROXY, WSS_PROXY) has no other way to Bilibili.
        async with aiohttp.ClientSession(trust_env=True) as http:
            api = OpenLiveApi(
                http,
                app_id=self._app_id,
                key_id=self._key_id,
                key_secret=self._key_secret,
                url=self._url,
                timeout=self._call_timeout,
                wall_clock=self._wall_clock,
            )
            async with self._game(api) as game:
                self.channel = self._events.room = game.room
                self._events.owner = game.owner
                links = _Links(game.links, self._clock)
                beats = Beats(api, game.id, self._clock, self._sleep)
                while True:
                    try:
                        async with connected(
                            http,
                            links.next(),
                            game.auth_body,
                            clock=self._clock,
                            malformed=self.malformed,
                            timeout=self._connect_timeout,
                        ) as socket:
                            socket.beside(socket.keep_alive(self._sleep))
                            if game.id:
                                socket.beside(beats.run())
                            yield SourceState(SOURCE, self.channel, State.READY)
                            while True:
                                frame = await socket.frame(self._gifts.wait(self._clock()))
                                for event in self._read_frame(frame, game) if frame else ():
                                    yield event
                                for gift in self._gifts.due(self._clock()):
                                    yield gift
                                await asyncio.sleep(0)  # a flood must not keep everybody else waiting
                    except SocketLost as lost:
                        for gift in self._gifts.flush():
                            yield gift
                        if not links.more():
                            raise
                        log.info("bilibili %s: %s: the next address", self.channel, lost)
                        yield SourceState(SOURCE, self.channel, State.WAITING, f"trying again now: {lost}")

    def _check_settings(self) -> None:
        for name, value in (
            ("code, the streamer's identity code from play-live.bilibili.com", self._code.get_secret_value()),
            ("app_id, the app's number from open-live.bilibili.com", self._app_id > 0),
            ("key_id, the access key id from open-live.bilibili.com", self._key_id),
            (
                "key_secret, the access key secret from open-live.bilibili.com",
                self._key_secret.get_secret_value(),
            ),
        ):
            if not value:
                raise SourceFailed(f"Bilibili's Open Live platform also needs bilibili_open.{name}")

    # ------------------------------------------------------------------ the game

    @asynccontextmanager
    async def _game(self, api: OpenLiveApi) -> AsyncIterator[Game]:
        if self._left_behind:
            await self._end(api, self._left_behind)
        # A task, and shielded: who is cancelled while the answer is under way still learns what to end.
        starting = asyncio.create_task(api.start(self._code))
        try:
            yield await asyncio.shield(starting)
        finally:
            await uninterrupted(self._finish(api, starting))

    async def _finish(self, api: OpenLiveApi, starting: asyncio.Task[Game]) -> None:
        """Ends the game that `starting` began, if it did."""
        try:
            async with asyncio.timeout(self._end_timeout):
                game = await starting
                if game.id:
                    await self._end(api, game.id)
        except (SourceError, TimeoutError):
            pass  # no game, or told by _end, or the platform is out of reach

    async def _end(self, api: OpenLiveApi, game: str) -> None:
        self._left_behind = game
        try:
            async with asyncio.timeout(self._end_timeout):
                await api.end(game)
        except (SourceError, TimeoutError) as error:
            log.info("bilibili %s: the session could not be ended: %s", self.channel, error)
        else:
            self._left_behind = ""

    # ------------------------------------------------------------------ what it says

    def _read_frame(self, frame: bytes, game: Game) -> Iterator[ChatEvent]:
        for packet in packets(frame, self.malformed):
            if packet.operation == Operation.MESSAGE and packet.body:
                for event in self._read(packet.body, game):
                    if isinstance(event, Gift):
                        yield from self._merge(event)
                    else:
                        yield event

    def _merge(self, gift: Gift) -> list[Gift]:
        """What a viewer gives click by click is one gift, told when no more of it comes."""
        if not self._given.add(gift.id):  # told again: it must not be counted again
            return []
        return self._gifts.add((gift.author.id, gift.gift, gift.worth is None), gift, self._clock())

    def _read(self, body: bytes, game: Game) -> list[ChatEvent]:
        try:
            command = obj(loads(body))
            name = text(command.get("cmd"))
            if not name:
                raise MalformedCommand("no cmd")
            # An end that comes late is that of a game before this one.
            if name == INTERACTION_END and text(obj(command.get("data")).get("game_id")) == game.id:
                raise SourceDropped("Bilibili's Open Live platform has closed the session", at_once=True)
        except MalformedCommand as bad:
            self.malformed[bad.kind] += 1
            return []
        return self._events.events(name, command)


class _Links:
    """Which address comes next: each in turn, until as many in a row as there are came to nothing."""

    def __init__(self, links: tuple[str, ...], clock: Clock) -> None:
        self._links = links
        self._clock = clock
        self._tried = 0
        self._failures = 0
        self._since = 0.0

    def next(self) -> str:
        self._since = self._clock()
        self._tried += 1
        return self._links[(self._tried - 1) % len(self._links)]

    def more(self) -> bool:
        """Counts the one of `next` as lost; False if it is time to give up."""
        steady = self._clock() - self._since >= STEADY
        self._failures = 1 if steady else self._failures + 1
        return self._failures <= len(self._links)
