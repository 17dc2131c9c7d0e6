"""Waits for what other threads, processes or servers do, which tell nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], within: float = 5) -> None:
    """Returns once `condition()` is true. Raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - nothing tells when it changes
            await asyncio.sleep(0.001)
