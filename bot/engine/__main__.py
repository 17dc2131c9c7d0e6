"""The engine's command line: python -m bot.engine."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from bot.engine.choice import NAMES
from bot.engine.f5.settings import ANSWER_TIMEOUT, F5Settings, SettingError
from bot.engine.serve import serve
from bot.engine.voices import DEFAULT_FOLDER, find_folder

_ENGINE = "auto: f5 where it can be fast, beside espeak; f5: on any machine; espeak: alone (default: auto)"


def main(arguments: list[str] | None = None, program: str = "python -m bot.engine") -> int:
    parser = _Parser(
        prog=program,
        description="Serves text to speech over HTTP, in the manner of OpenAI's speech API.",
        epilog=f"Example: {program} --port 8880 --voices voices"
        "   (BOT_ENGINE__TOKEN in the environment sets a bearer token)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port, 0 for any free one (default: 0)")
    parser.add_argument("--voices", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="folder of voices")
    parser.add_argument("--engine.name", dest="name", default="auto", choices=NAMES, help=_ENGINE)
    parser.add_argument(
        "--engine.answer_timeout",
        dest="answer_timeout",
        type=_seconds,
        default=ANSWER_TIMEOUT,
        metavar="SECONDS",
        help="without sound, after which a client gives up (default: %(default)g)",
    )
    for field in fields(F5Settings):
        setting = f"engine.f5.{field.name}"
        usual = "..." if field.default == "" else str(field.default).lower()
        parser.add_argument(f"--{setting}", metavar="VALUE", help=f"as in config.toml ({usual})")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input does")
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    given = parser.parse_args(arguments)
    texts = {field.name: getattr(given, f"engine.f5.{field.name}") for field in fields(F5Settings)}
    try:
        f5 = F5Settings.read({name: text for name, text in texts.items() if text is not None})
    except SettingError as fault:
        parser.error(str(fault))
    logging.basicConfig(
        stream=sys.stderr,
        level=given.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    return serve(
        host=given.host,
        port=given.port,
        voices=find_folder(given.voices),
        name=given.name,
        f5=f5,
        answer_timeout=given.answer_timeout,
        token=os.environ.get("BOT_ENGINE__TOKEN", ""),
        watch_stdin=given.watch_stdin,
    )


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message} ({self.prog} --help shows what there is)\n")


def _port(value: str) -> int:
    if value.isascii() and value.isdigit() and int(value) <= 65535:
        return int(value)
    raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if seconds > 0:
        return seconds
    raise argparse.ArgumentTypeError("it is a number of seconds above 0")


if __name__ == "__main__":
    sys.exit(main())
