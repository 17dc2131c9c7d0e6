"""Writes into the chat of a Bilibili room, within its limits of rate and length."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from bot.sources.bilibili import USER_AGENT, session
from bot.sources.bilibili_account import BilibiliLogin, put_cookies
from bot.sources.bilibili_fields import integer
from bot.sources.bilibili_http import BilibiliApi
from bot.sources.bilibili_room import room_number
from bot.sources.connection import Clock
from bot.sources.errors import SourceError

log = logging.getLogger(__name__)

SEND = "https://api.live.bilibili.com/msg/send"
TOO_FAST = 10031
_MEMORY = 60.0  # seconds after which a reply does not come back any more
_PROBLEMS = {
    -101: "Bilibili does not accept the login any more: run `python -m bot login bilibili`",
    -111: "Bilibili does not accept the login's bili_jct: run `python -m bot login bilibili`",
    TOO_FAST: "Bilibili says that replies come too fast",
    1003212: "Bilibili says that the reply is too long: lower bilibili.reply_length",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one: how many messages were sent, and a sentence on what kept the rest."""

    sent: int
    problem: str = ""


def split(text: str, length: int, most: int) -> list[str]:
    """`text` in at most `most` pieces of up to `length` characters, cut between words; ends in "…" if cut."""
    rest = " ".join(text.split())
    pieces: list[str] = []
    while rest and len(pieces) < most:
        if len(rest) <= length:
            return [*pieces, rest]
        if len(pieces) == most - 1:
            return [*pieces, rest[: length - 1].rstrip() + "…"]
        cut = rest.rfind(" ", length // 2, length + 1)
        cut = cut if cut > 0 else length
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return pieces


class BilibiliReplies:
    """Sends one message after the other, `gap` seconds apart, each of at most `length` characters.

    A reply is at most `most` messages, and is refused while `waiting` others wait. Use `own` as the source's:
    it tells what this account's danmaku the bot itself wrote, so that the streamer's own are still read.
    """

    def __init__(
        self,
        login: BilibiliLogin,
        room: str,
        *,
        user_agent: str = USER_AGENT,
        length: int = 20,
        gap: float = 3.0,
        most: int = 3,
        waiting: int = 5,
        session: Callable[[], aiohttp.ClientSession] = session,
        clock: Clock = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        timeout: float = 10.0,
    ) -> None:
        self._login = login
        self._room = room_number(room)
        self._room_id = 0
        self._user_agent = user_agent
        self._length = max(2, length)
        self._gap = gap
        self._most = most
        self._waiting = waiting
        self._session = session
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._timeout = timeout
        self._next = float("-inf")
        self._queued = 0
        self._lock = asyncio.Lock()
        self._written: deque[tuple[float, str]] = deque(maxlen=50)

    def own(self, uid: str, text: str) -> bool:
        """True once for every message that was sent from here."""
        if not self._written or (self._login.uid and uid != self._login.uid):
            return False
        now, said = self._clock(), _squeezed(text)
        for entry in self._written:
            if entry[1] == said and abs(now - entry[0]) < _MEMORY:
                self._written.remove(entry)
                return True
        return False

    async def send(self, text: str) -> Reply:
        """Sends `text`, in pieces if it is long. Never raises what Bilibili does; it is told in the Reply."""
        if not self._login.bili_jct.get_secret_value():
            return Reply(0, "replies need a login with its bili_jct: run `python -m bot login bilibili`")
        if self._room is None:
            return Reply(0, "replies need a room: set bilibili.room")
        if self._queued >= self._waiting:
            return Reply(0, "too many replies are waiting")
        self._queued += 1
        sent = 0
        try:
            async with self._lock, self._session() as session:
                put_cookies(session.cookie_jar, self._login.cookies())
                api = BilibiliApi(session, self._user_agent, timeout=self._timeout, wall=self._wall)
                if not self._room_id:
                    self._room_id = (await api.room(self._room)).id
                for piece in split(text, self._length, self._most):
                    problem = await self._piece(api, piece)
                    if problem:
                        log.info("bilibili %s: a reply was not sent: %s", self._room, problem)
                        return Reply(sent, problem)
                    sent += 1
        except SourceError as error:
            return Reply(sent, str(error))
        finally:
            self._queued -= 1
        return Reply(sent)

    async def _piece(self, api: BilibiliApi, piece: str) -> str:
        """Sends one message; returns what went wrong."""
        for last in (False, True):
            wait = min(self._gap, self._next - self._clock())
            if wait > 0:
                await self._sleep(wait)
            self._next = self._clock() + self._gap
            # Before it is sent: the chat can be faster than the answer.
            written = (self._clock(), _squeezed(piece))
            self._written.append(written)
            problem, again = await self._post(api, piece)
            if problem and written in self._written:
                self._written.remove(written)
            if not again or last:
                return problem
        return ""

    async def _post(self, api: BilibiliApi, piece: str) -> tuple[str, bool]:
        """(what went wrong, whether it is worth a second try)"""
        csrf = self._login.bili_jct.get_secret_value()
        answer = await api.post(
            SEND,
            {
                "csrf": csrf,
                "csrf_token": csrf,
                "roomid": str(self._room_id),
                "msg": piece,
                "rnd": str(int(self._wall())),
                "fontsize": "25",
                "color": "16777215",
                "mode": "1",
                "bubble": "0",
            },
        )
        code = integer(answer.get("code")) if "code" in answer else -1
        if code == 0:
            said = answer.get("message") or answer.get("msg") or ""
            if said:  # "f": by Bilibili's filter, "k": by the room's
                return "Bilibili swallowed the reply: its words are not allowed in this chat", False
            return "", False
        return _PROBLEMS.get(code, f"Bilibili refused the reply (code {code})"), code == TOO_FAST


def _squeezed(text: str) -> str:
    return "".join(text.split())
