"""Speaks a text on the sound device, or writes it to a WAV file."""

from __future__ import annotations

import argparse
import asyncio
import wave
from pathlib import Path

from bot.command_line.dispatch import CommandError, UsageError
from bot.command_line.session import run_session
from bot.command_line.sound import missing_sound
from bot.config import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", help="what to say")
    parser.add_argument("--voice", default="", help="one of `python -m bot voices`")
    parser.add_argument("--out", type=Path, metavar="FILE.wav", help="write a file instead of playing")


def main(settings: Settings, args: argparse.Namespace) -> int:
    if not args.text.strip():
        raise UsageError("there is nothing to say in an empty text")
    if args.voice:
        speech = settings.speech.model_copy(update={"voice": args.voice})
        settings = settings.model_copy(update={"speech": speech})
    if args.out:
        seconds = asyncio.run(_write(settings, args.text, args.out))
        print(f"{args.out}: {seconds:.1f} s")
        return 0
    if fault := missing_sound(settings):
        raise CommandError(fault)
    return run_session(settings, [], lines=[args.text], quiet=True)


async def _write(settings: Settings, text: str, file: Path) -> float:
    """Writes the engine's own samples to `file`; returns how many seconds they last."""
    import numpy as np

    from bot.command_line.engine_session import engine, own_voice
    from bot.messages import Utterance
    from bot.speech.engine_link import EngineError
    from bot.speech.synthesizer import Synthesizer

    utterance = Utterance(id="say", text=text, voice=settings.speech.voice, speed=settings.speech.speed)
    frames = 0
    async with engine(settings) as (link, session):
        await own_voice(settings, link, session)
        synthesizer = Synthesizer(
            link,
            lambda: session,
            model=settings.engine.model,
            answer_timeout=settings.engine.answer_timeout,
        )
        rate = 24_000
        pieces = []
        try:
            async for chunk in synthesizer.speak(utterance):
                rate = chunk.rate
                pieces.append(np.round(chunk.samples * 32768).astype("<i2"))
                frames += len(chunk.samples)
        except EngineError as error:
            raise CommandError(str(error)) from None
    if not frames:
        raise CommandError("there is nothing in this text that can be said")
    try:
        with file.open("wb") as opened, wave.open(opened, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(np.concatenate(pieces).tobytes())
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror or error}") from None
    return frames / rate
