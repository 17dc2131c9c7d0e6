"""Web servers on loopback, and what all fakes share: they start, stop, and come back where they were."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, MutableSequence
from contextlib import asynccontextmanager
from typing import Protocol, Self, TypeVar

from aiohttp import web


class Loopback:
    """`application` is what is served; `drop` cuts who is connected, and comes before every end."""

    port: int = 0  # a free one at the first start, and the same one at every later
    tls: ssl.SSLContext | None = None
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def application(self) -> web.Application:
        raise NotImplementedError

    async def drop(self) -> None: ...

    async def start(self) -> Self:
        self._runner = await _serve(self.application(), self.port, tls=self.tls)
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        await self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class Connected(Protocol):
    @property
    def transport(self) -> asyncio.Transport | None: ...


C = TypeVar("C", bound=Connected)


def cut(connections: MutableSequence[C]) -> None:
    """Ends them all without a goodbye, as a network does, and forgets them."""
    for connection in connections:
        if connection.transport is not None:
            connection.transport.abort()
    connections.clear()


@asynccontextmanager
async def serving(application: web.Application, *, cancelling: bool = False) -> AsyncIterator[str]:
    """`application` at the address that is given; `cancelling`: who goes away cancels what answers them."""
    runner = await _serve(application, cancelling=cancelling)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _serve(
    app: web.Application, port: int = 0, *, tls: ssl.SSLContext | None = None, cancelling: bool = False
) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=cancelling, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    return runner
