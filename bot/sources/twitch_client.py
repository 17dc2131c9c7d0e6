"""One session with Twitch's EventSub, by twitchio: its client, its socket, and what says that it is deaf.

Imported only once a session begins (see `twitch_eventsub`): an anonymous reader never needs what twitchio
loads. It rests on inner parts of twitchio 3.3.2, which `tests/sources/test_twitch_client.py` holds it to.

twitchio heals its own connection, but in silence, and not always: a subscription that failed to come back
leaves it deaf for good. Here a lost connection ends the session; whoever keeps the source begins a new one.
Only the move that Twitch itself asks for (session_reconnect) stays within a session, and loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiohttp
import twitchio
from twitchio import eventsub
from twitchio.authentication.tokens import ManagedHTTPClient
from twitchio.eventsub.websockets import Websocket
from twitchio.http import Route

from bot.sources.errors import SourceDropped, SourceError
from bot.sources.twitch_account import HelixRefused, TwitchAccount
from bot.sources.twitch_subscriptions import Wanted

log = logging.getLogger(__name__)

KEEPALIVE = 10  # seconds: how often Twitch promises to speak, the shortest that it offers
LOST = "the connection was lost"

_CLOSED = {
    4001: "Twitch says that the bot spoke out of turn",
    4002: "Twitch missed the bot's answers",
    4003: "Twitch closed the connection: nothing was subscribed to in time",
    4004: "the move to another of Twitch's servers took too long",
    4007: "the move to another of Twitch's servers failed",
}
_REVOKED = {
    "authorization_revoked": "the login was taken back",
    "user_removed": "the account is gone",
    "chat_user_banned": "the account was banned from this chat",
    "version_removed": "Twitch has changed this event",
    "moderator_removed": "the account is no moderator any more",
}


class Session:
    """What one session has brought: the notifications in order, and in the end why it ended.

    When the queue is full, reading stops until there is room: Twitch's own buffer then holds what comes.
    """

    def __init__(self, most: int, malformed: Counter[str]) -> None:
        self.notifications: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(most)
        self.malformed = malformed
        self.ended: SourceError | None = None

    def end(self, why: SourceError) -> None:
        if self.ended is None:
            self.ended = why
            if not self.notifications.full():  # wakes whoever waits for the next
                self.notifications.put_nowait(None)

    async def next(self) -> Mapping[str, Any]:
        """The next notification; raises why the session ended, once all that came before was taken."""
        while True:
            if self.ended is not None and self.notifications.empty():
                raise self.ended
            notification = await self.notifications.get()
            if notification is not None:
                return notification


class AccountHTTP(ManagedHTTPClient):
    """twitchio's requests, sent with the account's token: one refresh for all, saved before it is used."""

    def __init__(self, account: TwitchAccount, client: twitchio.Client) -> None:
        super().__init__(client_id="", client=client)
        self._account = account

    async def request(self, route: Route) -> Any:
        try:
            path = route.url.removeprefix(Route.BASE)
            return await self._account.helix(route.method, path, route.json or None)
        except HelixRefused as refused:
            extra = {"message": refused.message}
            raise twitchio.HTTPException(str(refused), status=refused.status, extra=extra) from None


class Client(twitchio.Client):
    """A fresh one for each session; its sockets are `Socket`s, and it runs no tasks of its own."""

    def __init__(self, account: TwitchAccount) -> None:
        _no_advice()
        super().__init__(client_id="", fetch_client_user=False)
        self._http = AccountHTTP(account, self)
        self._save_tokens = False
        self.sockets: list[Socket] = []

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """twitchio's own events, of which one matters: a socket that twitchio closed by itself.

        Notifications do not come this way (see `Socket._process_notification`): no task for each, in order.
        """
        if event == "websocket_closed" and isinstance(socket := getattr(payload, "socket", None), Socket):
            socket.closed_by_itself()

    def attach(self, socket: Socket, user: str) -> None:
        """Makes `socket` the one that subscriptions of `user` go to."""
        self._websockets[user] = {socket.session_id or "": socket}

    async def stop(self) -> None:
        for socket in self.sockets:
            await socket.stop()
        await self.close()

    async def subscribe(self, wanted: Wanted, broadcaster: str, user: str) -> tuple[int, str] | None:
        """None if it is done, else the status and the words of Twitch's refusal."""
        payload = getattr(eventsub, wanted.payload)(**wanted.condition(broadcaster, user))
        try:
            await self.subscribe_websocket(payload, as_bot=False, token_for=user)
        except twitchio.HTTPException as refused:
            return refused.status, str(refused.extra.get("message", ""))
        return None


class Socket(Websocket):
    """twitchio's EventSub socket with a life that ends, instead of one that heals itself unseen.

    Times are seconds: `welcome` for the connection and its first word, `silence` without a word ends it, and
    after a move the old connection is read for `linger` more.
    """

    def __init__(
        self, client: Client, session: Session, http: aiohttp.ClientSession, *, user: str, url: str,
        welcome: float, silence: float, linger: float,
    ) -> None:  # fmt: skip
        super().__init__(keep_alive_timeout=KEEPALIVE, client=client, token_for=user, http=client.http)
        client.sockets.append(self)
        self._session = session
        self._aiohttp = http
        self._url = url
        self._welcome = welcome
        self._silence = silence
        self._linger = linger
        self._retired = False  # it has handed over, or is closed on purpose: its end is no news
        self._successor: asyncio.Task[None] | None = None

    async def connect(
        self, *, url: str | None = None, reconnect: bool = False, fail_once: bool = False
    ) -> None:
        if reconnect:  # twitchio has noticed that the connection is gone
            self._lost(LOST)
            return
        try:
            async with asyncio.timeout(self._welcome):
                self._socket = await self._aiohttp.ws_connect(
                    url or f"{self._url}?keepalive_timeout_seconds={KEEPALIVE}",
                    heartbeat=self._heartbeat,
                    timeout=aiohttp.ClientWSTimeout(ws_close=0.5),
                )
                self._listen_task = asyncio.create_task(self._listen(), name="twitch eventsub")
                await self._ready.wait()
        except TimeoutError:
            raise SourceDropped("Twitch does not answer") from None
        except aiohttp.WSServerHandshakeError as error:
            raise SourceDropped(f"Twitch refused the connection (HTTP {error.status})") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            log.info("twitch: eventsub: %s", type(error).__name__)
            raise SourceDropped("Twitch cannot be reached: is this computer online?") from None
        self._keep_alive_task = asyncio.create_task(self._process_keepalive(), name="twitch silence")

    def _lost(self, why: str) -> None:
        if not self._retired:
            self._session.end(SourceDropped(why))

    def closed_by_itself(self) -> None:
        code = self._socket.close_code if self._socket is not None else None
        self._lost(_CLOSED.get(code or 0, LOST))

    async def _listen(self) -> None:
        """A frame that cannot be read costs itself; the end of the listening is always told."""
        while True:
            try:
                await super()._listen()
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                if self._socket is not None and not self._socket.closed:
                    self._session.malformed["frame"] += 1
                    log.debug("twitch: a frame was not read: %s", type(error).__name__)
                    continue
            self.closed_by_itself()
            return

    async def _process_keepalive(self) -> None:
        """Ends the session after `silence` to twice `silence` without a word, by a clock that cannot jump."""
        while True:
            heard = self._last_keepalive
            await asyncio.sleep(self._silence)
            # While the queue is full nothing is read: that is not Twitch's silence.
            if self._last_keepalive is heard and not self._session.notifications.full():
                self._lost("Twitch has gone silent")
                return

    async def _process_notification(self, data: Any) -> None:
        await self._session.notifications.put(data)

    async def _process_revocation(self, data: Any) -> None:
        """Any revocation ends the session: the next one asks anew, and learns what it may have."""
        subscription = data["payload"]["subscription"]
        status = str(subscription["status"])[:100]
        log.info("twitch: %.100r was revoked: %r", subscription.get("type"), status)
        self._lost(_REVOKED.get(status, "Twitch ended a subscription"))

    async def _process_reconnect(self, data: Any) -> None:
        """Listens on while the new connection is made: until that has welcomed, events come here."""
        url = str(data["payload"]["session"]["reconnect_url"])
        if self._successor is None:
            self._successor = asyncio.create_task(self._move(url), name="twitch eventsub move")

    async def _move(self, url: str) -> None:
        assert isinstance(self._client, Client)
        assert self._token_for is not None
        successor = Socket(
            self._client, self._session, self._aiohttp, user=self._token_for, url=self._url,
            welcome=self._welcome, silence=self._silence, linger=self._linger,
        )  # fmt: skip
        # The subscriptions move with the session; nothing is to be asked for again.
        successor._subscriptions = self._subscriptions
        try:
            await successor.connect(url=url)
        except SourceDropped:
            await successor.stop()
            self._session.end(SourceDropped("the move to another of Twitch's servers failed", at_once=True))
            return
        self._client.attach(successor, self._token_for)
        self._retired = True
        await asyncio.sleep(self._linger)
        # Without twitchio's cleanup: the successor has the same session id, and would be forgotten by it.
        await self.close(cleanup=False)

    async def stop(self) -> None:
        """Ends everything that this socket runs."""
        self._retired = True
        running = [task for task in (self._successor, self._listen_task, self._keep_alive_task) if task]
        await self.close(cleanup=False)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _no_advice() -> None:
    """twitchio recommends a web server with every client; the bot has its own."""
    logging.getLogger("twitchio.client").addFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    return "StarletteAdapter" not in str(record.msg)
