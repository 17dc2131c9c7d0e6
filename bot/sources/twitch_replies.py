"""Writes into a Twitch chat with the bot's login, within Twitch's limits of rate and length."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from bot.sources.connection import Clock
from bot.sources.errors import SourceError
from bot.sources.twitch_account import LOG_IN, HelixRefused, TwitchAccount
from bot.sources.twitch_channel import channel_login
from bot.sources.twitch_subscriptions import WRITE_CHAT

LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class ReplySent:
    message_id: str


@dataclass(frozen=True, slots=True)
class ReplyDropped:
    """It did not reach the chat; `reason` is for the streamer."""

    reason: str


class TwitchReplies:
    """Sends one message after the other into `channel`.

    Times are seconds: at most `most` messages in `window`, and `apart` between two; a message that would have
    to wait longer than `patience` is dropped: an answer that comes late answers nothing.
    """

    def __init__(
        self,
        channel: str,
        account: TwitchAccount,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        most: int = 20,
        window: float = 30.0,
        apart: float = 1.0,
        patience: float = 10.0,
    ) -> None:
        self._login = channel_login(channel)
        self._account = account
        self._clock = clock
        self._sleep = sleep
        self._window = window
        self._apart = apart
        self._patience = patience
        self._sent: deque[float] = deque(maxlen=most)  # when; the next may come `window` after the oldest
        self._turn = asyncio.Lock()
        self._broadcaster = ""

    async def send(self, text: str, reply_to: str | None = None) -> ReplySent | ReplyDropped:
        """Says `text`, cut to 500 characters, as an answer to the message with the id `reply_to` if given."""
        text = fit(text)
        if not text:
            return ReplyDropped("there is nothing to say")
        if self._login is None:
            return ReplyDropped("twitch.channel is no channel")
        asked = self._clock()
        async with self._turn:
            wait = self._wait()
            if self._clock() + wait - asked > self._patience:
                return ReplyDropped("too many replies at once: Twitch allows 20 in 30 s")
            if wait > 0:
                await self._sleep(wait)
            self._sent.append(self._clock())
            try:
                async with self._account.connected():
                    return await self._post(text, reply_to, self._login)
            except HelixRefused as refused:
                if refused.status in (401, 403):
                    return ReplyDropped(
                        f"Twitch does not let the bot write here: {refused.message}; {LOG_IN}"
                    )
                return ReplyDropped(f"Twitch refused the reply: {refused.message}")
            except SourceError as error:
                return ReplyDropped(str(error))

    def _wait(self) -> float:
        if not self._sent:
            return 0.0
        due = self._sent[-1] + self._apart
        if len(self._sent) == self._sent.maxlen:
            due = max(due, self._sent[0] + self._window)
        return max(0.0, due - self._clock())

    async def _post(self, text: str, reply_to: str | None, login: str) -> ReplySent | ReplyDropped:
        identity = await self._account.known()
        if WRITE_CHAT not in identity.scopes:
            return ReplyDropped(f"the Twitch login does not allow writing; {LOG_IN}")
        if not self._broadcaster:
            users = (await self._account.helix("GET", f"users?login={quote(login)}")).get("data")
            if not isinstance(users, list) or not users or not isinstance(users[0], dict):
                return ReplyDropped(f'Twitch knows no channel "{login}"')
            self._broadcaster = str(users[0].get("id", ""))
        body = {"broadcaster_id": self._broadcaster, "sender_id": identity.user_id, "message": text}
        if reply_to:
            body["reply_parent_message_id"] = reply_to
        own, id_ = self._account.own, ""
        own.sending(text)
        try:
            rows = (await self._account.helix("POST", "chat/messages", body)).get("data")
            row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
            if row.get("is_sent") is True:
                id_ = str(row.get("message_id", ""))
                return ReplySent(id_)
            why = row.get("drop_reason")
            reason = str(why.get("message", "")) if isinstance(why, dict) else ""
            return ReplyDropped(f"Twitch dropped the reply: {reason[:200] or 'no reason given'}")
        finally:
            own.sent(text, id_)


def fit(text: str) -> str:
    """One line of at most 500 characters, cut at a space if one is near, with "…" for what is missing."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - 1]
    space = cut.rfind(" ", LONGEST - 60)
    return (cut[:space] if space > 0 else cut) + "…"
