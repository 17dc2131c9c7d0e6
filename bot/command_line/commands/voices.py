"""Lists the voices, adds one from a recording, removes it, brings it back, and lets one be heard."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.command_line.dispatch import CommandError
from bot.command_line.places import voices_folder
from bot.command_line.voice_adding import WHISPER, add, own_folder, print_report
from bot.config import Settings
from bot.engine.voices import Voice, VoiceError, load_voices
from bot.terminal.wording import printable


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, summary: str, example: str) -> argparse.ArgumentParser:
        return actions.add_parser(
            name, help=summary, description=f"{summary}.", epilog=f"example: python -m bot voices {example}"
        )

    action("list", "List the voices (what happens without an action)", "list")

    add = action(
        "add",
        "Clone a voice from 3 to 8 seconds of clear speech",
        'add anna anna.m4a --text "What is said in it, word for word."',
    )
    add.add_argument("name", help="what to call it: a-z, 0-9, _ and -")
    add.add_argument("file", type=Path, help="WAV, FLAC, MP3, OGG, Opus …; M4A, MP4, WebM with ffmpeg")
    add.add_argument("--text", default="", help="what is said in it, word for word")
    add.add_argument("--from", dest="begin", type=float, metavar="SECONDS", help="take it from here on")
    add.add_argument("--to", dest="end", type=float, metavar="SECONDS", help="take it up to here")
    add.add_argument("--language", action="append", default=[], metavar="CODE", help="zh, en …; repeatable")
    add.add_argument("--display", default="", metavar="NAME", help="its name as it is shown")
    add.add_argument("--describe", default="", metavar="TEXT", help="how it sounds, in a few words")
    add.add_argument("--credits", default="", metavar="TEXT", help="whose voice it is")
    add.add_argument("--licence", default="", metavar="TEXT", help="what it may be used for")
    add.add_argument("--replace", action="store_true", help="take the place of a voice of this name")
    add.add_argument("--check", action="store_true", help="only say how good it is")
    add.add_argument("--transcribe", action="store_true", help="have whisper write the words down")
    add.add_argument("--whisper", default=WHISPER, metavar="MODEL", help="which (default: %(default)s)")

    action("show", "Show all of a voice", "show anna").add_argument("name")

    hear = action("try", "Hear a voice", 'try anna "你好 hello"')
    hear.add_argument("name")
    hear.add_argument("text", nargs="?", default="你好，hello!")
    hear.add_argument("--out", type=Path, metavar="FILE.wav", help="write a file instead of playing")

    action("remove", "Set a voice aside (restore brings it back)", "remove anna").add_argument("name")

    restore = action("restore", "Bring back what was removed or replaced last", "restore anna")
    restore.add_argument("name")
    restore.add_argument("--replace", action="store_true", help="set aside the voice that is there now")


def main(settings: Settings, args: argparse.Namespace) -> int:
    actions: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
        "add": add,
        "show": _show,
        "try": _try,
        "remove": _remove,
        "restore": _restore,
    }
    try:
        return actions.get(args.action or "list", _list)(settings, args)
    except VoiceError as fault:
        raise CommandError(str(fault)) from None


def _list(settings: Settings, args: argparse.Namespace) -> int:
    problems: list[str] = []
    if settings.engine.url:
        rows = asyncio.run(_elsewhere(settings))
    else:
        voices, problems = load_voices(voices_folder(settings))
        rows = [
            (
                voice.id,
                voice.engine,
                ", ".join(voice.languages),
                _seconds(voice, problems),
                voice.description,
                _first_clause(voice.licence),
            )
            for voice in voices.values()
        ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
    for row in rows:
        mark = "*" if row[0] == settings.speech.voice else " "
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False) if width]
        print(f"{mark} {'  '.join([*cells, row[5]])}".rstrip())
    for problem in problems:
        print(problem)
    if not rows:
        raise CommandError("there are no voices")
    return 0


def _first_clause(text: str) -> str:
    return printable(text.partition(" (")[0].partition(";")[0].partition(",")[0], 40)


def _seconds(voice: Voice, problems: list[str]) -> str:
    """How long a cloned voice's reference is; a broken one is among the problems."""
    if voice.engine != "f5":
        return ""
    from bot.engine.references import load_reference

    try:
        return f"{load_reference(voice).speech_seconds:.1f} s"
    except VoiceError as fault:
        problems.append(f"The voice {voice.id} cannot be used: {fault}")
        return "?"


def _show(settings: Settings, args: argparse.Namespace) -> int:
    voice = _voice(settings, args.name)
    facts = {
        "name": voice.name,
        "description": voice.description,
        "engine": voice.engine,
        "languages": ", ".join(voice.languages),
        "credits": voice.credits,
        "licence": voice.licence,
        "folder": str(voice.folder),
    }
    if voice.engine != "f5":
        _print_facts(facts)
        return 0
    from bot.engine.references import load_reference
    from bot.engine.references.load import read_settings

    facts["recording"] = str(read_settings(voice).file)
    facts["transcript"] = read_settings(voice).text
    _print_facts(facts)
    reference = load_reference(voice)
    silence = (reference.samples.size - reference.speech) / 24_000
    print(f"{'reference':<12} {reference.speech_seconds:.2f} s of speech, then {silence:.2f} s of silence")
    print_report(reference.report)
    return 0


def _print_facts(facts: dict[str, str]) -> None:
    for key, fact in facts.items():
        if fact:
            print(f"{key:<12} {printable(fact, 600)}")


def _try(settings: Settings, args: argparse.Namespace) -> int:
    from bot.command_line.commands import say

    return say.main(settings, argparse.Namespace(text=args.text, voice=args.name, out=args.out))


def _remove(settings: Settings, args: argparse.Namespace) -> int:
    from bot.engine.references import store

    folder = own_folder(settings)
    if args.name == settings.speech.voice:
        raise CommandError(f"{args.name} is the voice in use: set speech.voice to another one first")
    store.remove(folder, args.name)
    print(f"{args.name} is removed; python -m bot voices restore {args.name} brings it back.")
    return 0


def _restore(settings: Settings, args: argparse.Namespace) -> int:
    from bot.engine.references import store

    print(f"{store.restore(own_folder(settings), args.name, replace=args.replace)} is back.")
    return 0


def _voice(settings: Settings, name: str) -> Voice:
    voices, problems = load_voices(own_folder(settings))
    if name not in voices:
        broken = next((problem for problem in problems if f" {name} " in problem), "")
        raise CommandError(broken or f"there is no voice {name!r}; python -m bot voices lists them")
    return voices[name]


async def _elsewhere(settings: Settings) -> list[tuple[str, str, str, str, str, str]]:
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
                        printable(str(voice.get("engine", "")), 20),
                        printable(", ".join(map(str, voice.get("languages", [])))),
                        "",
                        printable(str(voice.get("description", ""))),
                        "",
                    )
                    for voice in voices
                ]
            except (ValueError, KeyError, TypeError, AttributeError):
                raise CommandError(f"{url} does not answer with a list of voices") from None
