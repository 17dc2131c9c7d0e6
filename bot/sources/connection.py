"""The one loop that keeps a source connected: waits with jitter, states for the streamer, no event twice."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bot.messages import ChatEvent, SourceState, State
from bot.sources.errors import SourceDropped, SourceFailed
from bot.sources.recent import Recent

log = logging.getLogger(__name__)

Clock = Callable[[], float]  # monotonic seconds
Sleep = Callable[[float], Awaitable[object]]


class Source(Protocol):
    """Where events come from. `events` is one session: it yields SourceState READY once it is live, ends by
    raising SourceDropped or SourceFailed, and returns only when there can be no more (a recording's end).

    A generator, not any iterator, because whoever stops early must be able to close the session.
    """

    @property
    def name(self) -> str: ...  # the platform: "twitch"

    @property
    def channel(self) -> str: ...

    @property
    def malformed(self) -> Counter[str] | int: ...  # how much could not be read, by kind or all in all

    def events(self) -> AsyncGenerator[ChatEvent | SourceState, None]: ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` to `most` seconds, drawn from their upper half.

    The draw keeps many bots from returning to a platform in the same second after its outage.
    """

    first: float = 1.0
    most: float = 60.0
    steady: float = 30.0  # a session that was live for this long starts the waits anew

    def delay(self, failures: int, rng: Random) -> float:
        """Seconds to wait after `failures` sessions in a row had already failed before this one."""
        ceiling = min(self.most, self.first * 2.0 ** min(failures + 1, 32))
        return rng.uniform(max(self.first, ceiling / 2), ceiling)


async def keep(
    source: Source,
    *,
    clock: Clock = time.monotonic,
    sleep: Sleep = asyncio.sleep,
    rng: Random | None = None,
    backoff: Backoff = Backoff(),
    remember: int = 2000,
) -> AsyncGenerator[ChatEvent | SourceState, None]:
    """Yields the events of one session of `source` after the other, and how the connection is doing.

    Tries again for ever after SourceDropped, ends after SourceFailed or the source's own end. An event whose
    id is among the last `remember` is not yielded again. Any other exception is a bug and passes through.
    """
    rng = rng or Random()
    seen = Recent(remember)
    failures = 0

    def state(value: State, detail: str = "") -> SourceState:
        return SourceState(source.name, source.channel, value, detail)

    yield state(State.STARTING)
    while True:
        live_since: float | None = None
        try:
            async with aclosing(source.events()) as events:
                async for event in events:
                    if isinstance(event, SourceState):
                        if event.state is State.READY and live_since is None:
                            live_since = clock()
                        yield event
                    elif not event.id or seen.add((event.source, event.id)):
                        yield event
            return
        except SourceFailed as failed:
            ending: SourceDropped | SourceFailed = failed
        except SourceDropped as dropped:
            ending = dropped
        if isinstance(ending, SourceFailed):
            log.info("%s %s: %s", source.name, source.channel, ending)
            yield state(State.FAILED, str(ending))
            return
        if live_since is not None and clock() - live_since >= backoff.steady:
            failures = 0
        # Only the first try goes at once: a server that only ever says "reconnect" must not be hammered.
        delay = 0.0 if ending.at_once and not failures else backoff.delay(failures, rng)
        failures += 1
        when = f"in {max(1, round(delay))} s" if delay else "now"
        log.info("%s %s: trying again %s: %s", source.name, source.channel, when, ending)
        yield state(State.WAITING, f"trying again {when}: {ending}")
        await sleep(delay)
