"""The command line: `python -m bot`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> int:
    if sys.argv[1:2] == ["engine"]:
        # The engine imports nothing of the bot around it, and starts sooner for it.
        from bot.engine.__main__ import main as engine

        return engine(sys.argv[2:], program="python -m bot engine")
    from bot.command_line.dispatch import dispatch

    return dispatch(sys.argv[1:])


def run() -> NoReturn:
    """Ends the process with `main`'s exit code."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a thread that hangs in a dead sound server would hold the end up for ever, or crash it.
    os._exit(code)


if __name__ == "__main__":
    run()
