"""Adds a voice from a recording: says how good it is, and what to do where it will not do."""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.command_line.dispatch import CommandError, UsageError
from bot.command_line.places import voices_folder
from bot.config import Settings
from bot.engine.voices import VoiceError, check_id, check_language
from bot.terminal.wording import printable

if TYPE_CHECKING:
    from bot.engine.references import Report, Sound

WHISPER = "openai/whisper-large-v3-turbo"


def add(settings: Settings, args: argparse.Namespace) -> int:
    """`python -m bot voices add`. Raises UsageError, CommandError, VoiceError."""
    folder = own_folder(settings)
    try:
        check_id(args.name)
        for code in args.language:
            check_language(code)
    except VoiceError as fault:
        raise UsageError(str(fault)) from None
    if not args.file.is_file():
        raise UsageError(f"there is no file {args.file}")
    if (folder / args.name).exists() and not (args.replace or args.check):
        raise CommandError(f"there is a voice {args.name} already: --replace takes its place")

    from bot.engine.references import Refused, store
    from bot.engine.references.recording import from_recording

    try:
        prepared = from_recording(
            args.file,
            args.text,
            begin=args.begin or 0.0,
            end=args.end,
            listen=_listener(args) if args.transcribe else None,
        )
    except Refused as refusal:
        print_report(refusal.report)
        _print_proposals(refusal.report, args)
        raise CommandError(_advice(refusal.report)) from None
    about = store.about(
        args.name,
        name=args.display,
        languages=args.language,
        text=prepared.text,
        description=args.describe,
        credit=args.credits,
        licence=args.licence,
    )
    print_report(prepared.report)
    if args.transcribe and not args.text:
        print(f"heard  {printable(prepared.text, 600)}")
        print("       (a word that it misheard spoils the voice: give the right ones with --text --replace)")
    if args.check:
        print("Nothing was kept: --check.")
        return 0
    target = store.add(folder, args.name, prepared, about, replace=args.replace)
    print(f"{target} is written; hear it: python -m bot voices try {args.name}")
    if settings.engine.name == "espeak":
        print('It speaks once engine.name is "auto" or "f5": espeak stands in for it until then.')
    elif importlib.util.find_spec("torch") is None:
        print("It speaks once the f5 engine is installed (README): espeak stands in for it until then.")
    return 0


def _listener(args: argparse.Namespace) -> Callable[[Sound], str]:
    from bot.engine.references.listening import listen

    language = args.language[0] if args.language else ""

    def hear(sound: Sound) -> str:
        return listen(
            sound, language=language, model=args.whisper, report=lambda doing: print(doing, file=sys.stderr)
        )

    return hear


def _advice(report: Report) -> str:
    """The faults as a sentence; without a transcript, also how one can be had."""
    from bot.engine.references.listening import can_listen

    faults = [check.sentence for check in report.faults]
    if any(check.code == "no_transcript" for check in report.faults):
        way = 'Give it with --text "…"'
        if can_listen():
            way += f", or --transcribe has {WHISPER} hear it (a download of 1.6 GB the first time)"
        faults.append(f"{way}.")
    return " ".join(faults)


def print_report(report: Report) -> None:
    """A line for each thing that was looked at."""
    for check in report.checks:
        print(f"{check.verdict:<5}  {check.sentence}")


def _print_proposals(report: Report, args: argparse.Namespace) -> None:
    if report.proposals:
        print("These parts would do. Listen to one, and set its words right:")
    for part in report.proposals:
        words = [
            *("python", "-m", "bot", "voices", "add", args.name, str(args.file)),
            *("--from", f"{part.begin:.2f}", "--to", f"{part.end:.2f}", "--text", part.text or "…"),
        ]
        print(f"  {shlex.join(words)}")


def own_folder(settings: Settings) -> Path:
    """The folder of voices, where it is on this machine. Raises CommandError."""
    if settings.engine.url:
        raise CommandError("the voices are those of the engine at engine.url: do this where it runs")
    return voices_folder(settings)
