"""The sound of `audio.output = "browser"`: a stream to every page that asks, one of which is to be heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from aiohttp import WSMsgType, web
from pydantic import StringConstraints

from bot.web.access import Role
from bot.web.errors import ApiError
from bot.web.routes import Call, Route
from bot.web.shapes import Key, Shape

NO_SOUND, TOO_SLOW = 4404, 1013  # close codes: the output is another one; the page does not keep up
_BEHIND = 100  # frames (2 s) that may wait for a page
_STUCK = 5.0  # seconds for which a page may read nothing at all
_MOST_TEXT = 1024  # bytes of a page's message


class Choose(Shape):
    """The page that is to be heard; null: none."""

    page: Annotated[str, StringConstraints(max_length=64)] | None


class AudioQuery(Shape):
    token: Key = ""  # the overlay's


class Chosen(Shape):
    """The page that is heard; "": none."""

    audible: str


class FrameOutput(Protocol):
    """An output that hands its sound on in frames (see `playback.browser.frame`)."""

    @property
    def rate(self) -> int: ...

    def listen(self, listener: Callable[[bytes], None]) -> Callable[[], None]:
        """Has every frame handed to `listener`; returns what ends that."""


class AudioPages:
    """Who listens. Pages that are not audible get the same frames, and stay in step without a sound."""

    def __init__(self, *, jitter: float, most: int = 64, clock: Callable[[], float] = time.monotonic) -> None:
        """`jitter`: seconds that pages hold sound back. `most` of them may listen."""
        self.jitter = jitter
        self._most = most
        self.audible = ""
        self.underruns = 0  # as pages report them
        self._clock = clock
        self._output: FrameOutput | None = None
        self._pages: dict[str, _Page] = {}
        self._stop: Callable[[], None] = lambda: None

    @property
    def count(self) -> int:
        return len(self._pages)

    def play_from(self, output: FrameOutput | None) -> None:
        """What is sent from now on; None: sound goes elsewhere, and every page is told so."""
        self._stop()
        self._output = output
        if output is None:
            self._stop = lambda: None
            for page in self._pages.values():
                page.end(NO_SOUND)
        else:
            self._stop = output.listen(self._send)

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/audio", self.audio, Role.OVERLAY, "The sound, as it is spoken", socket=True),
            Route("POST", "/api/audible", self.choose, Role.MODERATOR, "Chooses the page that is heard"),
        ]

    async def choose(self, call: Call, body: Choose) -> Chosen:
        if body.page is not None and body.page not in self._pages:
            raise ApiError(404, "That page is open no more.", code="not_found", param="body.page")
        self._give(body.page or "")
        return Chosen(audible=self.audible)

    async def audio(self, call: Call, query: AudioQuery) -> web.StreamResponse:
        if len(self._pages) >= self._most:
            raise ApiError(429, f"{self._most} pages listen already.", code="slow_down", retry=10)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=_MOST_TEXT, compress=False, timeout=1.0)
        await socket.prepare(call.request)
        if self._output is None:
            await socket.close(code=NO_SOUND, message=b"the sound goes elsewhere")
            return socket
        name = secrets.token_hex(6)
        page = self._pages[name] = _Page(socket, call.request.transport, call.role)
        page.tell(
            type="stream",
            page=name,
            rate=self._output.rate,
            jitter=self.jitter,
            audible=False,
            at=self._clock(),
        )
        writer = asyncio.create_task(page.write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(name, page, message.data)
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            del self._pages[name]
            if self.audible == name:
                self._hand_over()
        return socket

    def _send(self, frame: bytes) -> None:
        for page in self._pages.values():
            page.give(frame)

    def _hear(self, name: str, page: _Page, text: str) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return
        match said:
            case {"type": "clock", "sent": float() | int() as sent}:
                page.tell(type="clock", sent=sent, at=self._clock())
            case {"type": "audible", "want": bool(want)}:
                page.wants = want
                # An overlay's link is seen by others: with it nobody silences the page that is heard.
                takes = said.get("take") is True and page.role > Role.OVERLAY
                if want and (not self.audible or takes):
                    self._give(name)
                elif not want and self.audible == name:
                    self._hand_over()
            case {"type": "report", "underruns": int(underruns)} if 0 <= underruns < 1_000_000:
                self.underruns += underruns

    def _hand_over(self) -> None:
        """To the page that has wanted it longest; without one nobody hears anything."""
        self._give(next((name for name, page in self._pages.items() if page.wants), ""))

    def _give(self, name: str) -> None:
        before, self.audible = self.audible, name
        for changed in {before, name} & self._pages.keys():
            self._pages[changed].tell(type="audible", page=changed, audible=changed == name)


class _Page:
    """One page's socket, and what waits for it. Nothing here waits for the page but its own writer."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, role: Role
    ) -> None:
        self.role = role
        self.wants = False
        self._transport = transport
        self._socket = socket
        self._waiting: deque[bytes | str] = deque()
        self._ended = 0
        self._more = asyncio.Event()

    def give(self, frame: bytes | str) -> None:
        if len(self._waiting) >= _BEHIND:
            self.end(TOO_SLOW)
        elif not self._ended:
            self._waiting.append(frame)
            self._more.set()

    def tell(self, **said: Any) -> None:
        self.give(json.dumps(said))

    def end(self, code: int) -> None:
        self._ended = self._ended or code
        self._waiting.clear()
        self._more.set()

    async def write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self._ended:
                await self._more.wait()
                self._more.clear()
                while self._waiting:
                    await self._send(self._waiting.popleft())
            await self._socket.close(code=self._ended)

    async def _send(self, one: bytes | str) -> None:
        try:
            async with asyncio.timeout(_STUCK):
                await (self._socket.send_str(one) if isinstance(one, str) else self._socket.send_bytes(one))
        except TimeoutError:  # a closing handshake would wait behind what is not read
            if self._transport is not None:
                self._transport.abort()
            raise ConnectionAbortedError from None
