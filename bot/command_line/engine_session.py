"""An engine for one command: the streamer's, or a child of our own, ready to be asked."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator

import aiohttp

from bot.command_line.dispatch import CommandError
from bot.command_line.places import voices_folder
from bot.config import Settings
from bot.messages import EngineState, State
from bot.speech.engine_arguments import link_to
from bot.speech.engine_link import EngineError, EngineLink, session_to, until_own


@contextlib.asynccontextmanager
async def engine(settings: Settings) -> AsyncGenerator[tuple[EngineLink, aiohttp.ClientSession]]:
    """Yields the engine once it is ready. CommandError says why it did not get there."""
    last = EngineState(State.STARTING)

    def report(state: EngineState) -> None:
        nonlocal last
        last = state

    async with session_to(settings.engine.url, settings.engine.token.get_secret_value()) as session:
        link = link_to(settings.engine, voices_folder(settings), lambda: session, report)
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


async def own_voice(settings: Settings, link: EngineLink, session: aiohttp.ClientSession) -> None:
    """Waits, telling how it comes on, until nobody stands in for the voice; CommandError: that stays so."""
    voice = settings.speech.voice
    try:
        why = await until_own(session, await link.address(), voice, _tell)
    except EngineError as error:
        raise CommandError(str(error)) from None
    if why and voice in {path.parent.name for path in voices_folder(settings).glob("*/voice.toml")}:
        raise CommandError(f"the voice {voice} cannot speak now: {why}")


def _tell(sentence: str) -> None:
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr)
