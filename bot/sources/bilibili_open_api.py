"""The Open Live platform's calls: start, heartbeats and end of a "game", as it names a session."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp
from pydantic import SecretStr

from bot.sources.bilibili_fields import JsonObject, MalformedCommand, items, loads, obj, text
from bot.sources.bilibili_open_refusals import NOT_RUNNING, OpenRefused, refusal
from bot.sources.bilibili_open_signing import signed_headers
from bot.sources.connection import Clock, Sleep
from bot.sources.errors import SourceDropped, SourceFailed

log = logging.getLogger(__name__)

URL = "https://live-open.biliapi.com"

BEAT = 20.0  # seconds; the platform ends a game that has been silent for SILENCE
RETRY = 5.0  # after a heartbeat that did not get through
SILENCE = 60.0

_MAX_ANSWER = 256 * 1024  # bytes
_MAX_LINKS = 10


@dataclass(frozen=True, slots=True)
class Game:
    """A session that the platform has begun. `id` is "" for an app that is no game: no beats and no end."""

    id: str
    room: str
    owner: str  # the streamer's open_id
    links: tuple[str, ...]  # WebSocket addresses, any of which will do
    auth_body: SecretStr  # what to say there first


@dataclass(frozen=True)
class OpenLiveApi:
    """Calls the platform for one app. Raises SourceFailed and SourceDropped (OpenRefused if it said so).

    `timeout`: seconds for each call. `wall_clock`: seconds since the epoch.
    """

    http: aiohttp.ClientSession
    app_id: int
    key_id: str
    key_secret: SecretStr
    url: str = URL
    timeout: float = 10.0
    wall_clock: Callable[[], float] = time.time
    nonce: Callable[[], str] = field(default=lambda: uuid4().hex)

    async def start(self, code: SecretStr) -> Game:
        """Begins a game in the room of the streamer whose identity code this is."""
        data = await self._call("/v2/app/start", {"code": code.get_secret_value(), "app_id": self.app_id})
        websocket, anchor = obj(data.get("websocket_info")), obj(data.get("anchor_info"))
        auth = websocket.get("auth_body")
        try:
            game = Game(
                id=text(obj(data.get("game_info")).get("game_id")),
                room=text(anchor.get("room_id")),
                owner=text(anchor.get("open_id")),
                links=tuple(filter(None, map(_link, items(websocket.get("wss_link"), _MAX_LINKS)))),
                auth_body=SecretStr(auth if isinstance(auth, str) else ""),
            )
        except MalformedCommand:
            raise SourceDropped(_UNREADABLE) from None
        if not game.links or not game.room or not game.auth_body.get_secret_value():
            raise SourceDropped(_UNREADABLE)
        return game

    async def beat(self, game: str) -> None:
        """To be called every 20 s: the platform ends a game that has been silent for 60 s."""
        await self._call("/v2/app/heartbeat", {"game_id": game})

    async def end(self, game: str) -> None:
        """Ends a game; one that has ended already is no error."""
        try:
            await self._call("/v2/app/end", {"app_id": self.app_id, "game_id": game})
        except OpenRefused as refused:
            if refused.code not in NOT_RUNNING:
                raise

    async def _call(self, path: str, request: dict[str, object]) -> JsonObject:
        body = json.dumps(request).encode()
        headers = signed_headers(
            body,
            key_id=self.key_id,
            key_secret=self.key_secret,
            nonce=self.nonce(),
            timestamp=int(self.wall_clock()),
        )
        # Never log the request or what aiohttp says of it: the body of `start` holds the identity code.
        try:
            async with asyncio.timeout(self.timeout):
                async with self.http.post(
                    self.url.rstrip("/") + path, data=body, headers=headers, allow_redirects=False
                ) as response:
                    status = response.status
                    answer = await _read(response)
        except TimeoutError:
            raise SourceDropped("Bilibili's Open Live platform does not answer") from None
        except aiohttp.ClientSSLError:
            raise SourceDropped(
                "the certificate of Bilibili's Open Live platform was not accepted: "
                "are this computer's date and time right?"
            ) from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise SourceFailed("bilibili_open.url is no address: leave it out") from None
        except ValueError:  # what else cannot be sent: a key_id with a line break in it
            raise SourceFailed(
                "bilibili_open.key_id and bilibili_open.url must be as the platform gives them"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            log.info("bilibili open live: %s: %s", path, type(error).__name__)
            raise SourceDropped(
                "Bilibili's Open Live platform cannot be reached: is this computer online?"
            ) from None
        return self._data(path, status, answer)

    def _data(self, path: str, status: int, answer: bytes) -> JsonObject:
        try:
            found = loads(answer)
            code = obj(found).get("code")
            if type(code) is not int or abs(code) >= 10**9:
                raise MalformedCommand("no code")
        except MalformedCommand:
            # A proxy's or an outage's page.
            reason = _UNREADABLE if status == 200 else f"Bilibili's Open Live platform answers HTTP {status}"
            raise SourceDropped(reason) from None
        if code:
            log.info("bilibili open live: %s: code %d", path, code)
            raise refusal(code)
        return obj(obj(found).get("data"))


_UNREADABLE = "Bilibili's Open Live platform answers what cannot be read"


def _link(link: object) -> str:
    """`link` if it can be the address of a WebSocket, else ""."""
    return link if isinstance(link, str) and link.startswith(("wss://", "ws://")) and len(link) < 500 else ""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, of which no more than _MAX_ANSWER bytes are read."""
    answer = bytearray()
    async for piece in response.content.iter_chunked(16 * 1024):
        answer += piece
        if len(answer) > _MAX_ANSWER:
            raise SourceDropped(_UNREADABLE)
    return bytes(answer)


class Beats:
    """The heartbeats of a game; they go on where they were when the connection is another one."""

    def __init__(self, api: OpenLiveApi, game: str, clock: Clock, sleep: Sleep) -> None:
        self._api = api
        self._game = game
        self._clock = clock
        self._sleep = sleep
        self._due = clock() + BEAT
        self._answered = clock()

    async def run(self) -> None:
        """Raises SourceDropped once the game is closed, or the platform has been silent for SILENCE."""
        while True:
            await self._sleep(max(0.0, self._due - self._clock()))
            self._due = self._clock() + BEAT
            try:
                await self._api.beat(self._game)
            except SourceDropped as dropped:
                if dropped.at_once or self._clock() - self._answered >= SILENCE:
                    raise
                self._due = self._clock() + RETRY
                log.info("bilibili open live: no heartbeat: %s", dropped)
            else:
                self._answered = self._clock()
