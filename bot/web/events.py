"""Hands events to every open page: each is made into bytes once, and a page that does not read is dropped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic_core import to_json

from bot.web.errors import ApiError

log = logging.getLogger(__name__)

View = Literal["panel", "overlay"]
Event = dict[str, Any]

GATHER = 0.1  # seconds over which events that are not urgent go out together
_MOST_FRAMES = 100  # that wait for one page
_MOST_BYTES = 2 << 20
_LARGEST_MESSAGE = 1024  # bytes from a page
_PING_EVERY = 20.0  # seconds


class Hub:
    """`publish` costs nothing while no page of a view is open. Belongs to the event loop's thread.

    `tick` is called every `GATHER` seconds while a page is open, to publish what has changed meanwhile.
    `most` pages of each view may be open: those with an overlay's link cannot shut a panel out.
    """

    def __init__(self, tick: Callable[[], None] = lambda: None, *, most: int = 64) -> None:
        self._tick = tick
        self._most = most
        self._views: dict[View, _Channel] = {"panel": _Channel(), "overlay": _Channel()}
        self._opened = asyncio.Event()
        self._fault = ""  # the last one of `tick`
        self.dropped = 0  # pages that did not read

    async def run(self) -> None:
        try:
            while True:
                self._opened.clear()
                if not len(self):
                    await self._opened.wait()
                await asyncio.sleep(GATHER)
                self._look()
                for channel in self._views.values():
                    self.dropped += channel.flush()
        finally:
            for channel in self._views.values():
                channel.close()

    def _look(self) -> None:
        """A fault in what is told costs the pages that, and neither them nor the speech anything more."""
        try:
            self._tick()
        except Exception as error:
            if (kind := repr(error)) != self._fault:  # ten times a second would fill the log
                self._fault = kind
                log.exception("the pages were not told what has changed")

    def __len__(self) -> int:
        """How many pages are open."""
        return sum(len(channel.clients) for channel in self._views.values())

    def count(self, view: View) -> int:
        return len(self._views[view].clients)

    def publish(self, view: View, event: Event, *, urgent: bool = False) -> None:
        """To every page of a view, in order; an urgent one goes out now, with what came before it."""
        channel = self._views[view]
        if not channel.clients:
            return
        channel.pending.append(to_json(event))
        if urgent:
            self.dropped += channel.flush()

    async def serve(
        self, request: web.Request, view: View, snapshot: Callable[[], Event]
    ) -> web.WebSocketResponse:
        """Until the page goes away. ApiError: there are too many."""
        channel = self._views[view]
        if len(channel.clients) >= self._most:
            raise ApiError(429, f"{self._most} pages are open already.", code="slow_down", retry=10)
        socket = web.WebSocketResponse(
            heartbeat=_PING_EVERY, max_msg_size=_LARGEST_MESSAGE, compress=False, timeout=1.0
        )
        await socket.prepare(request)
        self.dropped += channel.flush()  # what came before is in the snapshot
        client = _Client(request.transport)
        client.put(_frame(channel.sequence, [to_json(snapshot())]))
        channel.clients.add(client)
        self._opened.set()
        writing = asyncio.create_task(client.write(socket))
        try:
            await _listen(socket)
        finally:
            channel.clients.discard(client)
            if client.closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(writing), 0.5)
            writing.cancel()
            await asyncio.wait((writing,))
        return socket


class _Channel:
    """The pages of one view, and what is on its way to them."""

    def __init__(self) -> None:
        self.clients: set[_Client] = set()
        self.pending: list[bytes] = []
        self.sequence = 0

    def flush(self) -> int:
        """Sends what is pending; returns how many pages were dropped for not reading."""
        if not self.pending:
            return 0
        self.sequence += 1
        frame = _frame(self.sequence, self.pending)
        self.pending = []
        slow = [client for client in self.clients if not client.put(frame)]
        for client in slow:
            self.clients.discard(client)
            client.abort()
        return len(slow)

    def close(self) -> None:
        for client in self.clients:
            client.put(b"")


class _Client:
    """Frames that wait for one page; they are shared by all, so that only the list of them costs memory."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self.closing = False

    def put(self, frame: bytes) -> bool:
        """False: too much waits already. An empty frame closes it once the others are out."""
        self.closing = self.closing or not frame
        self._frames.append(frame)
        self._bytes += len(frame)
        self._news.set()
        # What waits is a frame alone, or little: a large snapshot by itself drops nobody.
        return len(self._frames) == 1 or (len(self._frames) <= _MOST_FRAMES and self._bytes <= _MOST_BYTES)

    async def write(self, socket: web.WebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                while self._frames:
                    frame = self._frames.popleft()
                    self._bytes -= len(frame)
                    if not frame:
                        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the bot ends")
                        return
                    await socket.send_frame(frame, WSMsgType.TEXT)
                self._news.clear()
                await self._news.wait()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def _listen(socket: web.WebSocketResponse) -> None:
    """A page has nothing to say here; one that talks is closed."""
    said = 0
    async for _message in socket:
        said += 1
        if said > 20:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"nothing is to be said here")


def _frame(sequence: int, events: list[bytes]) -> bytes:
    return b'{"seq":%d,"events":[%b]}' % (sequence, b",".join(events))


def read_frame(text: str) -> list[Event]:
    """A frame's events, for programs that listen."""
    events: list[Event] = json.loads(text)["events"]
    return events
