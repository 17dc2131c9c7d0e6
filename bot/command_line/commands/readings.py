"""Writes what viewers have taught to a file, or takes such a file up; the bot need not run."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bot.chat.judgement import Judgement
from bot.chat.readings_file import export, import_into
from bot.command_line.dispatch import CommandError
from bot.command_line.places import a_running_bot, open_store
from bot.config import Settings
from bot.speech.estimate import seconds
from bot.store import StoreError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "export", "import"])
    parser.add_argument("file", nargs="?", type=Path, help="tab-separated: word, reading")


def main(settings: Settings, args: argparse.Namespace) -> int:
    if args.action != "list" and args.file is None:
        raise CommandError(f"name a file: python -m bot readings {args.action} readings.tsv")
    store = open_store(settings)
    try:
        readings = Judgement(settings, store, time.monotonic, seconds).readings
        if args.action == "import":
            taught, faults = import_into(readings, args.file.read_text("utf-8"), "import", args.file.name)
            for fault in faults:
                print(fault)
            later = a_running_bot(settings, "takes them up at its next start") if taught else ""
            print(f"{taught} readings taken up{later}")
            return 1 if faults else 0
        text = export(readings.every())
        if args.action == "list":
            print(text, end="")
        else:
            args.file.write_text(text, "utf-8")
            print(f"{len(readings)} readings in {args.file}")
    except OSError as error:
        raise CommandError(f"{args.file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{args.file} is not UTF-8 text: save it as UTF-8") from None
    except StoreError as error:
        raise CommandError(str(error)) from None
    finally:
        store.close()
    return 0
