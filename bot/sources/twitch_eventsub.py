"""Reads the events of one Twitch channel with an account: EventSub over a WebSocket, by twitchio."""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Coroutine
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.messages import ChatEvent, SourceState, State
from bot.sources.connection import Clock
from bot.sources.errors import SourceDropped, SourceError, SourceFailed
from bot.sources.twitch_account import LOG_IN, HelixRefused, Identity, TwitchAccount
from bot.sources.twitch_channel import channel_login
from bot.sources.twitch_events import SOURCE
from bot.sources.twitch_eventsub_events import EventSubEvents
from bot.sources.twitch_rewards import Rewards
from bot.sources.twitch_subscriptions import READ_CHAT, REDEEMED, Wanted, allowed

if TYPE_CHECKING:
    from bot.sources.twitch_client import Client, Session

log = logging.getLogger(__name__)

MOST_WAITING = 2000  # notifications; beyond them the socket is not read


class TwitchEventSub:
    """A source (see `connection.Source`) of the events of `channel`, with the login of `account`.

    `account` is shared by every channel and by the replies. `read_aloud_rewards`: see `Rewards`.
    Times are seconds: `welcome` for the connection to say its first word; `silence` to twice that without one
    ends the session, as does being subscribed to nothing for `deaf_after`; the login is checked every
    `check_login`; after a move to another server the old one is read for `linger`.
    `malformed` counts by kind what could not be read.
    """

    name = SOURCE

    def __init__(
        self,
        channel: str,
        account: TwitchAccount,
        *,
        read_aloud_rewards: Collection[str] | None = None,
        clock: Clock = time.monotonic,
        welcome: float = 11.0,
        silence: float = 15.0,
        deaf_after: float = 30.0,
        check_login: float = 3000.0,
        linger: float = 1.0,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._login = channel_login(channel)
        self.channel = self._login or channel.strip()
        self.malformed: Counter[str] = Counter()
        self._account = account
        self._welcome = welcome
        self._silence = silence
        self._deaf_after = deaf_after
        self._check_login = check_login
        self._linger = linger
        self._most_waiting = most_waiting
        self._missed = ""
        # Lives as long as the source: a gift that was told is not told again by the next session.
        self._events = EventSubEvents(
            self.channel,
            clock,
            own=account.own,
            rewards=Rewards(read_aloud=read_aloud_rewards),
            malformed=self.malformed,
        )

    async def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]:
        """One session: READY once everything is subscribed to, then its events, until it ends."""
        if self._login is None:
            raise SourceFailed(
                f'twitch.channel = "{self.channel}" cannot be a Twitch channel: '
                "give the name as it stands in its address, twitch.tv/NAME"
            )
        async with self._account.connected() as http:
            identity = await self._account.identity()
            if READ_CHAT not in identity.scopes:
                raise SourceFailed(f"the Twitch login does not allow reading chat; {LOG_IN}")
            broadcaster = await self._broadcaster(identity, self._login)
            twitch = _twitch_client()
            session: Session = twitch.Session(self._most_waiting, self.malformed)
            client: Client = twitch.Client(self._account)
            watches: list[asyncio.Task[None]] = []
            try:
                socket = twitch.Socket(
                    client, session, http, user=identity.user_id, url=self._account.urls.eventsub,
                    welcome=self._welcome, silence=self._silence, linger=self._linger,
                )  # fmt: skip
                await socket.connect()
                client.attach(socket, identity.user_id)
                heard = await self._subscribe(client, identity, broadcaster)
                self._events.user = identity.user_id
                self._events.rewards.heard = REDEEMED in heard
                watches = [
                    _watched(session, self._watch_subscriptions(client, session)),
                    _watched(session, self._watch_login(session, identity)),
                ]
                yield SourceState(SOURCE, self.channel, State.READY)
                while True:
                    event = self._events.event(await session.next())
                    if event is not None:
                        yield event
            finally:
                for watch in watches:
                    watch.cancel()
                await asyncio.gather(*watches, return_exceptions=True)
                await client.stop()

    async def _broadcaster(self, identity: Identity, login: str) -> str:
        """The channel's id."""
        if identity.login == login:
            return identity.user_id
        try:
            answer = await self._account.helix("GET", f"users?login={quote(login)}")
            users = answer.get("data")
            if isinstance(users, list) and users:
                return str(users[0]["id"])
        except HelixRefused as refused:
            raise SourceDropped(f"Twitch refused to look up the channel: {refused}") from None
        except (KeyError, TypeError):
            raise SourceDropped("Twitch's answer about the channel could not be read") from None
        raise SourceFailed(f'Twitch knows no channel "{login}": check the spelling of twitch.channel')

    async def _subscribe(self, client: Client, identity: Identity, broadcaster: str) -> set[str]:
        """Subscribes to all that the login allows; returns the types."""
        may, may_not = allowed(identity, broadcaster)
        heard: set[str] = set()
        for wanted in may:
            refused = await self._ask_for(client, wanted, broadcaster, identity.user_id)
            if refused:
                log.info("twitch %s: no %s: %s", self.channel, wanted.what, refused)
                may_not.append(wanted)
            else:
                heard.add(wanted.type)
        missed = ", ".join(dict.fromkeys(wanted.what for wanted in may_not if wanted.what))
        if missed and missed != self._missed:
            self._missed = missed
            whose = "this login" if identity.user_id == broadcaster else "a login other than the streamer's"
            log.info("twitch %s: %s does not hear: %s", self.channel, whose, missed)
        return heard

    async def _ask_for(self, client: Client, wanted: Wanted, broadcaster: str, user: str) -> str:
        """ "" if subscribed, else why Twitch refused something that the session can do without."""
        try:
            refused = await client.subscribe(wanted, broadcaster, user)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # What twitchio raises when an answer is not what it expects.
            log.warning("twitch %s: %s: %s", self.channel, wanted.type, type(error).__name__)
            raise SourceDropped("Twitch's answer to a subscription could not be read") from None
        if refused is None:
            return ""
        status, message = refused
        if not wanted.needed:
            return message
        if status == 403:
            raise SourceFailed(
                f'Twitch does not let this account read the chat of "{self.channel}": is it banned there? '
                f"If not, {LOG_IN}"
            )
        if status == 401:
            raise SourceFailed(f"Twitch no longer accepts this login; {LOG_IN}")
        raise SourceDropped(f"Twitch refused to tell of {wanted.what}: {message}")

    # ------------------------------------------------------------------ what must not go unseen

    async def _watch_subscriptions(self, client: Client, session: Session) -> None:
        """Ends the session if nothing has been subscribed to for `deaf_after`: such a client is deaf."""
        now = asyncio.get_running_loop().time
        since = now()
        while True:
            if client.websocket_subscriptions():
                since = now()
            elif now() - since >= self._deaf_after:
                session.end(SourceDropped("Twitch has stopped telling what happens"))
                return
            await asyncio.sleep(self._deaf_after / 10)

    async def _watch_login(self, session: Session, identity: Identity) -> None:
        """Twitch wants a login checked every hour. While Twitch cannot be asked, chat may still come."""
        while True:
            await asyncio.sleep(self._check_login)
            try:
                checked = await self._account.identity()
            except SourceDropped as dropped:
                log.info("twitch %s: the login could not be checked: %s", self.channel, dropped)
                continue
            if checked.user_id != identity.user_id:
                session.end(SourceDropped("another account has logged in", at_once=True))
                return


def _watched(session: Session, watch: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A watch that ends, whyever, ends the session: nothing would be watched any more."""
    task = asyncio.create_task(watch)

    def done(task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, SourceError):
            session.end(error)
            return
        if error is not None:
            log.error("twitch: a watch failed: %s", type(error).__name__)
        session.end(SourceDropped("the watch over the connection ended"))

    task.add_done_callback(done)
    return task


def _twitch_client() -> ModuleType:
    """Imports twitchio, which only a logged-in bot needs."""
    with warnings.catch_warnings():
        # twitchio makes a subclass of aiohttp's web.Application, which aiohttp discourages.
        warnings.filterwarnings("ignore", "Inheritance class", DeprecationWarning)
        from bot.sources import twitch_client
    return twitch_client
