"""The subcommands, and how an argument list becomes one of them with its settings."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bot import __version__
from bot.config import CONFIG_FILE, Settings, SettingsError, keys, load_settings


class CommandError(Exception):
    """What went wrong while running, in one sentence that says what to do; exit code 1."""


class UsageError(Exception):
    """A wrong argument, in one sentence; exit code 2."""


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: its module in `commands` has `arguments(parser)` and `main(settings, args) -> int`."""

    module: str
    summary: str
    example: str


COMMANDS = {
    "run": Command("run", "read a chat aloud (what happens without a subcommand)",
                   "python -m bot --twitch.channel NAME"),
    "demo": Command("demo", "speak a recorded evening of chat; nothing to set up", "python -m bot demo"),
    "replay": Command("replay", "speak a recording made with --record",
                      "python -m bot replay evening.jsonl --speed 2"),
    "say": Command("say", "speak a text, or write it to a file",
                   'python -m bot say "你好 hello" --voice leo'),
    "preview": Command("preview", "show what would be said of each line, and why not",
                       'python -m bot preview "look: https://example.com" "!voice leo"'),
    "voices": Command("voices", "list the voices", "python -m bot voices"),
    "devices": Command("devices", "list the sound devices", "python -m bot devices"),
    "doctor": Command("doctor", "check what is missing, and say what mends it", "python -m bot doctor"),
    "login": Command("login", "log in to Twitch or Bilibili", "python -m bot login bilibili"),
    "readings": Command("readings", "list, export or import what viewers have taught",
                        "python -m bot readings export readings.tsv"),
    "paid": Command("paid", "list the paid messages that are still unread, speak one again or mark it read",
                    "python -m bot paid speak 0c1d2e3f"),
    "weights": Command("weights", "download what the voice-cloning engine needs, and say where it is",
                       "python -m bot weights --engine.f5.hub https://hf-mirror.com"),
    "engine": Command("engine", "serve the speech engine alone", "python -m bot engine --port 8000"),
    "bench": Command("bench", "measure this machine", "python -m bot bench pipeline"),
}  # fmt: skip

_ROOT_KEYS = {key for key in keys() if "." not in key}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument in one sentence, with the nearest flag that there is."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            word = unknown.split()[0]
            flags = [flag for action in self._actions for flag in action.option_strings]
            flags += [f"--{key}" for key in keys()]
            close = difflib.get_close_matches(word, flags, n=1, cutoff=0.6)
            message = f"{word} is not an argument here" + (f"; did you mean {close[0]}?" if close else "")
        raise UsageError(f"{message} ({self.prog} --help shows what there is)")


def dispatch(arguments: Sequence[str]) -> int:
    """Runs the subcommand that `arguments` name; returns the exit code. Errors go to standard error."""
    try:
        if list(arguments) in (["-h"], ["--help"]):
            print(overview())
            return 0
        if list(arguments) == ["--version"]:
            print(f"chat-aloud {__version__}")
            return 0
        main, settings, args = parse(arguments)
        return main(settings, args)
    except (UsageError, SettingsError) as error:
        return _fail(str(error), 2)
    except CommandError as error:
        return _fail(str(error), 1)
    except SystemExit as end:  # argparse has shown a subcommand's help
        return int(end.code or 0)


Main = Callable[[Settings, argparse.Namespace], int]


def parse(arguments: Sequence[str]) -> tuple[Main, Settings, argparse.Namespace]:
    """What is to be run, and with what. Raises UsageError or SettingsError."""
    flags, rest = split(arguments)
    name = rest.pop(0) if rest and not rest[0].startswith("-") else "run"
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f'did you mean "{close[0]}"?' if close else "python -m bot --help lists what there is"
        raise UsageError(f'there is no subcommand "{name}"; {hint}')
    command = COMMANDS[name]
    module = importlib.import_module(f"bot.command_line.commands.{command.module}")
    parser = _Parser(
        prog=f"python -m bot {name}",
        description=command.summary[0].upper() + command.summary[1:] + ".",
        epilog=f"example: {command.example}",
    )
    module.arguments(parser)
    # The engine's own arguments are the engine's to read.
    args = argparse.Namespace(rest=rest) if name == "engine" else parser.parse_args(rest)
    main: Main = module.main
    return main, _settings(flags), args


def split(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Settings (`--audio.latency 0.2`, `--audio.latency=0.2`) apart from the subcommand's own arguments."""
    flags: dict[str, str] = {}
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            return flags, [*rest, "--", *remaining] if rest else remaining
        name, equals, value = argument.removeprefix("--").partition("=")
        is_setting = argument.startswith("--") and ("." in name or name in _ROOT_KEYS or name == "config")
        if not is_setting:
            rest.append(argument)
        elif equals:
            flags[name] = value
        elif remaining:
            flags[name] = remaining.pop(0)
        else:
            raise UsageError(f"{argument} wants a value")
    return flags, rest


def overview() -> str:
    """The help of `python -m bot` itself."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join([
        "Reads live chat aloud.",
        "",
        "  python -m bot --twitch.channel NAME    read this channel's chat; no account is needed",
        "  python -m bot demo                     hear a recorded chat first",
        "",
        *lines,
        "",
        "Each has --help. Every setting of config.toml is a flag too (--audio.volume 0.5) and an environment",
        "variable (BOT_AUDIO__VOLUME=0.5). --config FILE reads another file.",
    ])  # fmt: skip


def _settings(flags: dict[str, str]) -> Settings:
    named = flags.pop("config", "") or os.environ.get(CONFIG_FILE, "")
    default = Path("config.toml")
    file = Path(named) if named else default if default.exists() else None
    return load_settings(flags, file, new=default)


def _fail(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code
