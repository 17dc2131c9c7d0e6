"""The engine's command line: python -m bot.engine."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from bot.engine.serve import serve
from bot.engine.voices import DEFAULT_FOLDER, find_folder


def main(arguments: list[str] | None = None, program: str = "python -m bot.engine") -> int:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serves text to speech over HTTP, in the manner of OpenAI's speech API.",
        epilog=f"Example: {program} --port 8880 --voices voices"
        "   (BOT_ENGINE__TOKEN in the environment sets a bearer token)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port, 0 for any free one (default: 0)")
    parser.add_argument("--voices", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="folder of voices")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input does")
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    given = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=given.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    return serve(
        host=given.host,
        port=given.port,
        voices=find_folder(given.voices),
        token=os.environ.get("BOT_ENGINE__TOKEN", ""),
        watch_stdin=given.watch_stdin,
    )


def _port(value: str) -> int:
    if value.isascii() and value.isdigit() and int(value) <= 65535:
        return int(value)
    raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")


if __name__ == "__main__":
    sys.exit(main())
