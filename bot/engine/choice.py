"""Which engines a process runs: the light one always, F5 where it is asked for or can be fast."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, get_args

from bot.engine.engine import Engine, EngineAbsent, EngineFault
from bot.engine.f5.settings import ANSWER_TIMEOUT, F5Settings
from bot.engine.f5.threads import yield_the_processor
from bot.engine.f5.watchdog import Watchdog

Name = Literal["auto", "f5", "espeak"]
NAMES: tuple[Name, ...] = get_args(Name)


def engines(
    name: Name, f5: F5Settings, has_voices: Callable[[], bool], answer_timeout: float = ANSWER_TIMEOUT
) -> Mapping[str, Callable[[], Engine]]:
    """How each engine is made, the lightest first; what it needs is imported when it is made.

    Making F5 raises EngineAbsent where "auto" does without it, and EngineFault where "f5" cannot.
    `has_voices`: whether any voice is for F5; "auto" does without it where none is. `answer_timeout`: as
    `F5Engine` has it.
    """

    def make_f5() -> Engine:
        from bot.engine.f5.availability import missing

        yield_the_processor(os.environ)
        if name == "auto":
            if reason := _why_not(has_voices):
                raise EngineAbsent(f"f5 is not used: {reason}")
        elif lacking := missing():
            raise EngineFault(lacking)
        from bot.engine.f5.engine import F5Engine

        engine: Engine = F5Engine(f5, answer_timeout=answer_timeout)
        return engine

    return {"espeak": _espeak} if name == "espeak" else {"espeak": _espeak, "f5": make_f5}


def _why_not(has_voices: Callable[[], bool]) -> str:
    """Why F5 is missing or would be slow here, asked in the order of what that costs; "" if neither."""
    from bot.engine.f5.availability import why_absent, why_slow

    watchdog = Watchdog(time.monotonic)
    watching = partial(watchdog.watching, loading=True)
    try:
        if absent := why_absent(watching):
            return absent
        if not has_voices():  # those that come with f5-tts are there with it alone
            return "no voice is for it; python -m bot voices add makes one of a recording."
        return why_slow(watching)
    finally:
        watchdog.close()


def _espeak() -> Engine:
    # Here, not above: numpy would hold up the listening by 0.2 s.
    from bot.engine.espeak import EspeakEngine

    return EspeakEngine()
