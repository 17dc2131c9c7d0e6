"""Decodes a stranger's file in a process of its own, which has little memory, little time, and may crash."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from bot.engine.references.decode import MOST_SECONDS, Undecodable, decode
from bot.engine.references.sound import RATE, Sound

_SECONDS = 45.0  # for all of it; a minute of MP3 takes 0.3
_MEMORY = 2 << 30
_FILES = 256 << 20
_PROJECT = Path(__file__).parents[3]


def decode_isolated(path: Path, begin: float = 0.0, end: float | None = None, *, shown: str = "") -> Sound:
    """As `decode`. Raises Undecodable, also where the decoder crashed or took too long.

    `shown`: what the file is called in sentences, if not by its own name. Blocks; to be called in a thread.
    """
    name = shown or path.name
    command = [sys.executable, "-m", __name__, str(path.resolve()), repr(begin), repr(end), name]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BOT_")}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_PROJECT)}
    process = subprocess.Popen(  # noqa: S603 - a list, and no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # so that an ffmpeg that it has started ends with it
    )
    try:
        output, _ = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise Undecodable(f"{name} took longer than {_SECONDS:g} s to decode.") from None
    finally:
        _end(process)
    return _read(output, name)


def _read(output: bytes, name: str) -> Sound:
    head, newline, rest = output.partition(b"\n")
    broken = Undecodable(f"{name} cannot be decoded: the decoder broke down over it.")
    if not newline:
        raise broken
    facts = json.loads(head)
    if "error" in facts:
        raise Undecodable(facts["error"])
    samples = np.frombuffer(rest, "<f4")
    if samples.size != facts.pop("samples") or samples.size > (MOST_SECONDS + 1) * RATE:
        raise broken
    return Sound(samples.astype(np.float32), **facts)


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _limit() -> None:
    """What the system can hold this process, and an ffmpeg that it starts, to."""
    if os.name != "posix":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, int(_SECONDS)),
        (resource.RLIMIT_FSIZE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set, or this system knows none
            resource.setrlimit(what, (most, most))


def main(path: str, begin: str, end: str, name: str) -> None:
    """The child: a line of JSON on standard output, then the samples."""
    _limit()
    try:
        sound = decode(Path(path), float(begin), None if end == "None" else float(end), shown=name)
        facts: dict[str, object] = {
            "samples": sound.samples.size,
            "rate": sound.rate,
            "channels": sound.channels,
            "clipped": sound.clipped,
            "begin": sound.begin,
            "more": sound.more,
        }
        samples = sound.samples.astype("<f4").tobytes()
    except Undecodable as fault:
        facts, samples = {"error": str(fault)}, b""
    except MemoryError:
        facts, samples = {"error": f"{name} needs more memory to decode than it is given."}, b""
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + samples)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:5])
