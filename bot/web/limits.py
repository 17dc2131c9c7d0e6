"""What one client may ask for: how often, how much, and how slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from bot.web.errors import ApiError

_REMEMBERED = 4096  # clients
_SMALL = 64 * 1024  # bytes that come at once, if their sender means well


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate` points a second come back to each client, up to `burst`; a request costs one or more."""

    rate: float = 40.0
    burst: float = 120.0
    connections: int = 256  # that are open; one more, and the one that has been idle longest is closed
    pages: int = 64  # WebSockets
    head: float = 10.0  # seconds in which a request must have begun, and its head be whole
    body: float = 10.0  # seconds without a byte of a body
    whole: float = 120.0  # seconds for the largest body
    answer: float = 300.0  # seconds that any answer but a WebSocket may take


class Buckets:
    """Token buckets by client (en.wikipedia.org/wiki/Token_bucket); the longest unseen is forgotten."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # client -> (points, when)

    def take(self, client: str, cost: float = 1.0) -> float:
        """0.0 if the client may; else the seconds until they may."""
        points = self.left(client)
        now = self._clock()
        self._left.pop(client, None)
        if points < cost:
            self._left[client] = points, now
            return (cost - points) / self._rate
        self._left[client] = points - cost, now
        if len(self._left) > _REMEMBERED:
            del self._left[next(iter(self._left))]
        return 0.0

    def left(self, client: str) -> float:
        """Points that a client has now."""
        now = self._clock()
        points, at = self._left.get(client, (self._burst, now))
        return min(self._burst, points + (now - at) * self._rate)


async def read_body(request: web.Request, most: int, limits: Limits) -> bytes:
    """The body, of at most `most` bytes; ApiError if it is larger, or comes too slowly."""
    parts = bytearray()
    try:
        async with asyncio.timeout(limits.whole if most > _SMALL else limits.body):
            while True:
                async with asyncio.timeout(limits.body):
                    part = await request.content.readany()
                if not part:
                    return bytes(parts)
                parts += part
                if len(parts) > most:
                    raise too_large(most)
    except TimeoutError:
        raise ApiError(408, "The body came too slowly.", code="slow") from None
    except (web.RequestPayloadError, ContentEncodingError):
        raise ApiError(400, "The body cannot be read.", code="body") from None


def too_large(most: int) -> ApiError:
    return ApiError(413, f"The body may have {most} bytes at most.", code="too_large")
