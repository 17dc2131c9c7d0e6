"""The settings of an engine of our own as its command line's arguments: those that are not as usual."""

from __future__ import annotations

from bot.config import F5, Engine


def engine_arguments(engine: Engine) -> list[str]:
    """They are no secrets: anyone on this machine can read a command line."""
    usual = F5()
    given = [f"--engine.name={engine.name}"]
    for key in F5.model_fields:
        value = getattr(engine.f5, key)
        if value != getattr(usual, key):
            given.append(f"--engine.f5.{key}={str(value).lower() if isinstance(value, bool) else value}")
    return given
