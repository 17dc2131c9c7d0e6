"""Asks the engine for an utterance, clause by clause, and goes on where it was cut when the engine dies."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from bot.messages import Asked, AudioChunk, Part, Utterance
from bot.speech.clauses import clauses
from bot.speech.engine_link import UNAUTHORIZED, EngineError, EngineLink, EngineLost, EngineRefused

if TYPE_CHECKING:
    import numpy as np
    from aiohttp import ClientResponse, ClientSession
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_RATE = 24_000  # of the API's "pcm", unless the answer says otherwise
_TRIES = 3  # a clause that kills the engine this often is given up
_PIECE = 9_600  # bytes: 0.2 s at 24 kHz
_UNHURRIED = 0.02  # seconds for what was received to be taken: more is a wait
_RATES = range(4_000, 192_001)
# What a server answers with that does not know "pcm": it would sound as noise.
_NO_PCM = re.compile(
    r"text/|application/json|audio/(x-)?(mpeg|mp3|mp4|aac|m4a|wav|wave|ogg|opus|flac|webm)\b", re.I
)


class Synthesizer:
    """A client of the OpenAI speech API (`POST /v1/audio/speech`, 16-bit mono PCM, streamed)."""

    def __init__(
        self,
        link: EngineLink,
        session: Callable[[], ClientSession],
        *,
        model: str = "tts-1",
        answer_timeout: float = 20,
        measured: Callable[[Asked], None] = lambda asked: None,
    ) -> None:
        """`measured` is told how each request went, but for those that were given up in the midst."""
        self._link = link
        self._session = session
        self._model = model
        self._answer_timeout = answer_timeout
        self._measured = measured

    async def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]:
        """The utterance's sound as it is made.

        When the engine dies its successor is asked for the cut clause again: if it begins with the very
        bytes that were already given out, it goes on behind them, else the clause is heard again from its
        start. Raises EngineRefused, or EngineLost when one clause has cost several engines.
        """
        for request in self.requests(utterance):
            given = bytearray()
            for attempt in range(_TRIES):
                base = await self._link.address()
                try:
                    async with aclosing(self._clause(base, request, given)) as pieces:
                        async for pcm, rate in pieces:
                            yield AudioChunk(utterance, _samples(pcm), rate)
                    break
                except EngineLost as error:
                    log.warning("utterance %s: %s", utterance.id, error)
                    self._link.suspect()
                    if attempt == _TRIES - 1:
                        raise

    def requests(self, utterance: Utterance) -> Iterator[dict[str, str | float]]:
        """A request a clause, in the order in which they are spoken."""
        for part in utterance.parts or (Part(utterance.voice, utterance.text),):
            for clause in clauses(part.text):
                yield {
                    "model": self._model,
                    "input": clause,
                    "voice": part.voice,
                    "speed": utterance.speed,
                    "response_format": "pcm",
                }

    async def _clause(
        self, base: str, request: dict[str, str | float], given: bytearray
    ) -> AsyncGenerator[tuple[bytes, int]]:
        """PCM in whole samples, of at most 0.2 s each, without the `given` bytes if it begins with them.

        `given` is kept: it grows with what is yielded, and begins anew where that does.
        """
        import aiohttp

        stopwatch = _Stopwatch()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=self._answer_timeout)
        try:
            async with self._session().post(
                f"{base}/v1/audio/speech", json=request, timeout=timeout
            ) as response:
                if response.status >= 500:
                    raise EngineLost(f"the engine answered {response.status}")
                if response.status != 200:
                    raise EngineRefused(await _message(response))
                rate = _rate(response.headers.get("Content-Type", ""))
                held = b""
                repeats = len(given)  # bytes that may be heard already
                async for received in response.content.iter_any():
                    stopwatch.received(len(received))
                    held += received
                    if repeats and given.startswith(held[:repeats]):
                        if len(held) < repeats:
                            continue
                        held = held[repeats:]
                    elif repeats:
                        given.clear()
                    repeats = 0
                    whole = len(held) & ~1
                    for start in range(0, whole, _PIECE):
                        piece = held[start : min(start + _PIECE, whole)]
                        given += piece
                        yield piece, rate
                    held = held[whole:]
                    stopwatch.yielded()
                self._measured(stopwatch.asked(rate))
        except EngineError:
            self._measured(Asked(0.0, 0.0, 0.0, failed=True))
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._measured(Asked(0.0, 0.0, 0.0, failed=True))
            raise EngineLost(f"the engine broke off ({type(error).__name__})") from None


class _Stopwatch:
    """Times one answer: from the request on, until we first make the engine wait."""

    def __init__(self) -> None:
        self._began = self._at = time.perf_counter()
        self._bytes = self._counted = 0
        self._first = self._took = 0.0
        self._waits = False

    def received(self, size: int) -> None:
        self._at = time.perf_counter()
        self._first = self._first or self._at - self._began
        self._bytes += size
        if not self._waits:
            self._took, self._counted = self._at - self._began, self._bytes

    def yielded(self) -> None:
        # What was given out was waited for: from here on the engine may be ahead of us.
        self._waits = self._waits or time.perf_counter() - self._at > _UNHURRIED

    def asked(self, rate: int) -> Asked:
        second = 2 * rate
        return Asked(self._first, self._took, self._counted / second, self._bytes / second)


def _samples(pcm: bytes) -> NDArray[np.float32]:
    # Here, not above: the engine's process is started before this one has spent 0.15 s on numpy.
    import numpy as np

    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def _rate(content_type: str) -> int:
    """The rate of "audio/pcm;rate=24000;channels=1"; raises EngineRefused for what cannot be played."""
    if _NO_PCM.match(content_type):
        raise EngineRefused(f"the engine sent {content_type[:60]!r} where PCM was asked for")
    for part in content_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == "rate" and value.strip().isdecimal():
            rate = int(value.strip()[:9])
            if rate not in _RATES:
                raise EngineRefused(f"the engine sent PCM at {rate} samples per second")
            return rate
    return _RATE


async def _message(response: ClientResponse) -> str:
    """The error's own words, or its status."""
    if response.status == 401:
        return UNAUTHORIZED
    try:
        answer = await response.json(content_type=None)
        return str(answer["error"]["message"])[:300]
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"the engine answered {response.status}"
