"""Which engines a process runs: the light one always, F5 where it is asked for or can be fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from bot.engine.engine import Engine, EngineAbsent, EngineFault
from bot.engine.f5.settings import F5Settings
from bot.engine.f5.watchdog import Watchdog

Name = Literal["auto", "f5", "espeak"]
NAMES: tuple[Name, ...] = get_args(Name)


def engines(name: Name, f5: F5Settings, has_voices: Callable[[], bool]) -> Mapping[str, Callable[[], Engine]]:
    """How each engine is made, the lightest first; what it needs is imported when it is made.

    Making F5 raises EngineAbsent where "auto" does without it, and EngineFault where "f5" cannot.
    `has_voices`: whether any voice is for F5; "auto" does without it where none is.
    """

    def make_f5() -> Engine:
        from bot.engine.f5.availability import missing, why_slow

        if name == "auto":
            if not has_voices():
                raise EngineAbsent(
                    "f5 is not used: no voice is for it; python -m bot voices add makes one of a recording."
                )
            watchdog = Watchdog(time.monotonic)
            try:
                reason = why_slow(lambda: watchdog.watching(loading=True))
            finally:
                watchdog.close()
            if reason:
                raise EngineAbsent(f"f5 is not used: {reason}")
        elif lacking := missing():
            raise EngineFault(lacking)
        from bot.engine.f5.engine import F5Engine

        engine: Engine = F5Engine(f5)
        return engine

    return {"espeak": _espeak} if name == "espeak" else {"espeak": _espeak, "f5": make_f5}


def _espeak() -> Engine:
    # Here, not above: numpy would hold up the listening by 0.2 s.
    from bot.engine.espeak import EspeakEngine

    return EspeakEngine()
