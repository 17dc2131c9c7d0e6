"""Lists the voices of the folder, or of the engine elsewhere."""

from __future__ import annotations

import argparse
import asyncio

from bot.command_line.dispatch import CommandError
from bot.command_line.places import voices_folder
from bot.config import Settings
from bot.terminal.wording import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def main(settings: Settings, args: argparse.Namespace) -> int:
    if settings.engine.url:
        rows = asyncio.run(_elsewhere(settings))
        problems: list[str] = []
    else:
        from bot.engine.voices import load_voices

        voices, problems = load_voices(voices_folder(settings))
        rows = [(voice.id, ", ".join(voice.languages), voice.description) for voice in voices.values()]
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, languages, description in rows:
        mark = "*" if name == settings.speech.voice else " "
        print(f"{mark} {name:<{width}}  {languages:<8}  {description}".rstrip())
    for problem in problems:
        print(problem)
    if not rows:
        raise CommandError("there are no voices")
    return 0


async def _elsewhere(settings: Settings) -> list[tuple[str, str, str]]:
    from bot.command_line.engine_session import engine

    async with engine(settings) as (link, session):
        url = f"{await link.address()}/v1/voices"
        async with session.get(url) as response:
            if response.status != 200:
                raise CommandError(f"{url} answered {response.status}: this engine does not list its voices")
            try:
                voices = (await response.json(content_type=None))["voices"]
                return [
                    (
                        printable(str(voice["id"]), 40),
                        ", ".join(map(str, voice.get("languages", []))),
                        printable(str(voice.get("description", ""))),
                    )
                    for voice in voices
                ]
            except (ValueError, KeyError, TypeError, AttributeError):
                raise CommandError(f"{url} does not answer with a list of voices") from None
