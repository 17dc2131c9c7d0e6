"""A server of the OpenAI speech API on loopback that answers, breaks off, hangs or lies as it is told.

    async with SpeechServer() as server:        # server.url is the setting engine.url
        server.script(Answer(cut_after=1001), Answer())
        ...
        assert server.inputs == ["hello", "hello"]

What it says of a text is `sound(text)`: the same bytes at every request, unless `server.salt` changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from tests.fakes.loopback import Loopback


def sound(text: str, salt: str = "") -> bytes:
    """0.1 s of noise at 24 kHz for each character: no two texts begin alike."""
    seed = int.from_bytes(hashlib.sha256(f"{salt}{text}".encode()).digest()[:8])
    noise = np.random.default_rng(seed).integers(-20_000, 20_000, 2400 * len(text), dtype=np.int16)
    return noise.astype("<i2").tobytes()


def heard(text: str, salt: str = "") -> NDArray[np.float32]:
    """`sound` as the samples that the bot must play."""
    return np.frombuffer(sound(text, salt), "<i2").astype(np.float32) / np.float32(32768)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered.

    `cut_after`: the connection breaks after so many bytes; `hang_after`: nothing more comes, until `release`.
    `sizes`: the bytes of the first writes, each of which reaches the client by itself.
    """

    status: int = 200
    body: bytes | None = None  # None: the sound of the text
    content_type: str = "audio/pcm"
    cut_after: int | None = None
    hang_after: int | None = None
    sizes: tuple[int, ...] = ()


@dataclass
class SpeechServer(Loopback):
    """`health` is what /health answers, None: there is no such path. `token`: what must be shown."""

    health: Mapping[str, Any] | None = field(default_factory=lambda: {"status": "ready"})
    token: str = ""
    salt: str = ""
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    health_asked: int = 0
    ahead: int = 404  # what POST /v1/audio/ahead is answered with
    told_ahead: list[list[dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answers: deque[Answer] = deque()
        self._released = asyncio.Event()
        self._asked = asyncio.Condition()

    @property
    def inputs(self) -> list[str]:
        return [request["input"] for request in self.requests]

    def script(self, *answers: Answer) -> None:
        """The next requests are answered so; those after them with the sound of their text."""
        self._answers.extend(answers)

    def release(self) -> None:
        self._released.set()

    async def asked(self, times: int, timeout: float = 5) -> None:
        """Waits until speech was asked for so many times in all."""
        async with asyncio.timeout(timeout), self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= times)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_post("/v1/audio/ahead", self._ahead)
        return app

    async def stop(self) -> None:
        self._released.set()
        await super().stop()

    def _authorized(self, request: web.Request) -> bool:
        return not self.token or request.headers.get("Authorization") == f"Bearer {self.token}"

    async def _health(self, request: web.Request) -> web.Response:
        self.health_asked += 1
        if not self._authorized(request):
            return web.Response(status=401)
        if self.health is None:
            return web.Response(status=404, text="<h1>no such page</h1>", content_type="text/html")
        return web.json_response(dict(self.health))

    async def _ahead(self, request: web.Request) -> web.Response:
        self.told_ahead.append(json.loads(await request.read())["requests"])
        return web.Response(status=self.ahead)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        wanted = json.loads(await request.read())
        async with self._asked:
            self.requests.append(wanted)
            self._asked.notify_all()
        answer = self._answers.popleft() if self._answers else Answer()
        if not self._authorized(request):
            answer = Answer(401, b'{"error": {"message": "no"}}')
        body = sound(wanted["input"], self.salt) if answer.body is None else answer.body
        if answer.status != 200:
            return web.Response(
                status=answer.status, body=body, headers={"Content-Type": answer.content_type}
            )
        response = web.StreamResponse(headers={"Content-Type": answer.content_type})
        await response.prepare(request)
        sent = 0
        for size in answer.sizes:
            await response.write(body[sent : sent + size])
            sent += size
            # The client's turn of the loop, so that this piece is read before the next one is written.
            await asyncio.sleep(0.002)
        for stop in (answer.cut_after, answer.hang_after):
            if stop is not None:
                await response.write(body[sent:stop])
                sent = max(sent, stop)
        if answer.hang_after is not None:
            await self._released.wait()
        if answer.cut_after is not None:
            assert request.transport
            # Closed, not aborted: what was written still arrives, and the chunked body has no end.
            request.transport.close()
            return response
        await response.write(body[sent:])
        await response.write_eof()
        return response
