"""Tells the engine what it will be asked for next, so that a slow one makes it while nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from bot.messages import FeedEntry, Utterance
from bot.speech.engine_link import EngineLink

if TYPE_CHECKING:
    from aiohttp import ClientSession

_MOST = 8  # requests that are named
_GATHER = 0.05  # seconds over which changes are told as one
_TOLD = 202  # what a server answers that makes use of it
_ALONE = 30.0  # seconds

Requests = Callable[[Utterance], Iterable[Mapping[str, str | float]]]


class Ahead:
    """Subscribe `show` to a feed. `coming`: what is spoken now and what waits, in order.

    An engine that does not know `POST /v1/audio/ahead`, or is quick without it, is left alone for a while.
    """

    def __init__(
        self,
        link: EngineLink,
        session: Callable[[], ClientSession],
        coming: Callable[[], Iterable[Utterance]],
        requests: Requests,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._session = session
        self._coming = coming
        self._requests = requests
        self._clock = clock
        self._changed = asyncio.Event()

    def show(self, entry: FeedEntry) -> None:
        self._changed.set()

    async def run(self) -> None:
        told: tuple[str, list[Mapping[str, str | float]]] = ("", [])  # whom, and what
        deaf, until = "", 0.0
        while True:
            await self._changed.wait()
            await asyncio.sleep(_GATHER)
            self._changed.clear()
            base = await self._link.address()
            wanted = list(islice(self._all(), _MOST))
            if (base, wanted) == told or not (wanted or told[1]):
                continue
            if base == deaf and self._clock() < until:
                continue
            if await self._tell(base, wanted) == _TOLD:
                told = (base, wanted)
            else:
                deaf, until = base, self._clock() + _ALONE

    def _all(self) -> Iterator[Mapping[str, str | float]]:
        for utterance in self._coming():
            yield from self._requests(utterance)

    async def _tell(self, base: str, wanted: list[Mapping[str, str | float]]) -> int:
        """The status of the answer; 0: there was none, which whoever asks for speech finds out too."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=5)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            body = {"requests": wanted}
            async with self._session().post(f"{base}/v1/audio/ahead", json=body, timeout=timeout) as answer:
                return answer.status
        return 0
