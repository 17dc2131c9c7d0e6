"""The command line: `python -m bot`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import NoReturn

_INTERRUPTED = 130  # a shell's exit code for Ctrl-C


def main() -> int:
    """Runs the subcommand; returns its exit code."""
    if sys.argv[1:2] == ["engine"]:
        # The engine imports nothing of the bot around it, and starts sooner for it.
        from bot.engine.__main__ import main as engine

        return engine(sys.argv[2:], program="python -m bot engine")
    from bot.command_line.dispatch import dispatch

    return dispatch(sys.argv[1:])


def run() -> NoReturn:
    """Ends the process with `main`'s exit code."""
    _mend_streams()
    try:
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        code = 1
    except OSError as error:
        sys.stderr.write(f"the output cannot be written: {error.strerror}\n")
        code = 1
    # Not sys.exit: a thread that hangs in a dead sound server would hold the end up for ever, or crash it.
    os._exit(code)


def _mend_streams() -> None:
    """A stream that was closed is an empty one, and one that cannot encode a character writes "?"."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open to the end
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    run()
