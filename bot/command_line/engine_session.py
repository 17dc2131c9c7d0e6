"""An engine for one command: the streamer's, or a child of our own, ready to be asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import aiohttp

from bot.command_line.dispatch import CommandError
from bot.command_line.places import voices_folder
from bot.config import Settings
from bot.messages import EngineState, State
from bot.speech.engine_child import EngineChild
from bot.speech.engine_link import EngineAt, EngineLink


@contextlib.asynccontextmanager
async def engine(settings: Settings) -> AsyncGenerator[tuple[EngineLink, aiohttp.ClientSession]]:
    """Yields the engine once it is ready. CommandError says why it did not get there."""
    token = settings.engine.token.get_secret_value() if settings.engine.url else ""
    last = EngineState(State.STARTING)

    def report(state: EngineState) -> None:
        nonlocal last
        last = state

    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"} if token else {}
    ) as session:
        link: EngineLink = (
            EngineAt(settings.engine.url, lambda: session, report)
            if settings.engine.url
            else EngineChild(
                voices_folder(settings),
                lambda: session,
                report,
                start_timeout=settings.engine.start_timeout,
            )
        )
        running = asyncio.create_task(link.run())
        try:
            try:
                await asyncio.wait_for(link.address(), settings.engine.start_timeout)
            except TimeoutError:
                raise CommandError(f"the engine is not ready: {last.detail}") from None
            yield link, session
        finally:
            running.cancel()
            await asyncio.wait((running,))
