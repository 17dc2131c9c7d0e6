"""From the settings to an engine: the link to it, and the command line of one of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import F5, Engine
from bot.speech.engine_child import EngineChild
from bot.speech.engine_link import EngineAt, EngineLink, Report

if TYPE_CHECKING:
    from aiohttp import ClientSession


def link_to(engine: Engine, voices: Path, session: Callable[[], ClientSession], report: Report) -> EngineLink:
    """The streamer's own engine, or a child of ours with the folder `voices`; to be run."""
    if engine.url:
        return EngineAt(engine.url, session, report)
    arguments = engine_arguments(engine)
    return EngineChild(voices, session, report, arguments=arguments, start_timeout=engine.start_timeout)


def engine_arguments(engine: Engine) -> list[str]:
    """They are no secrets: anyone on this machine can read a command line."""
    usual = F5()
    given = [f"--engine.name={engine.name}"]
    if engine.answer_timeout != Engine().answer_timeout:
        given.append(f"--engine.answer_timeout={engine.answer_timeout}")
    for key in F5.model_fields:
        value = getattr(engine.f5, key)
        if value != getattr(usual, key):
            given.append(f"--engine.f5.{key}={str(value).lower() if isinstance(value, bool) else value}")
    return given
