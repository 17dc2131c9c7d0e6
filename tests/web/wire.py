"""Requests as a program sends them: byte by byte, or with a token."""

from __future__ import annotations

import asyncio
import contextlib


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def raw(port: int, request: bytes, *, end: bool = False) -> bytes:
    """What the server answers to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    if end:
        writer.write_eof()
    async with asyncio.timeout(10):
        answer = await reader.read(65536)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer
