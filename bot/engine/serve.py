"""Runs the engine as a process: listens, says where, and ends on a signal or with its parent."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from aiohttp import web

from bot.engine.choice import Name, engines
from bot.engine.f5.settings import ANSWER_TIMEOUT, F5Settings
from bot.engine.host import Host
from bot.engine.server import Server

log = logging.getLogger(__name__)

_GRACE = 0.1  # seconds that speech under way is given when the process is told to end


def serve(
    *,
    host: str,
    port: int,
    voices: Path,
    name: Name = "auto",
    f5: F5Settings | None = None,
    answer_timeout: float = ANSWER_TIMEOUT,
    token: str = "",
    watch_stdin: bool = False,
) -> int:
    """Serves until SIGINT or SIGTERM; to be called on the main thread. Returns the exit code.

    `name`, `f5`, `answer_timeout`: as `engines` has them. Prints {"listening": "http://host:port"} as soon as
    it listens, before an engine is ready. Port 0 is any free one. With `watch_stdin` the process ends at once
    when its standard input does.
    """
    if not voices.is_dir():
        return _fail(f"There is no folder of voices at {voices}; name it with --voices.")
    if watch_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True, name="watch-stdin").start()
    chosen = engines(name, f5 or F5Settings(), lambda: bool(engine.shelf.of("f5")), answer_timeout)
    engine: Host = Host(chosen, voices)
    code = asyncio.run(_serve(host, port, engine, token))
    # Loading, or deep in a piece, it would be waited for; torch and a GPU take a second to be put away.
    if engine.busy or engine.is_slow:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    return code


async def _serve(host: str, port: int, engine: Host, token: str) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not loop.add_signal_handler, which Windows lacks.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))

    runner = web.AppRunner(
        Server(engine, token, engine.shelf.folder).application(),
        handler_cancellation=True,
        shutdown_timeout=_GRACE,
        access_log=None,
    )
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, OverflowError, UnicodeError) as fault:
            return _fail(f"The engine cannot listen on {host}:{port}: {_reason(fault)}.")
        address = runner.addresses[0]
        if not token and not _is_loopback(address[0]):
            log.warning("anyone who reaches %s can use this engine: no BOT_ENGINE__TOKEN is set", address[0])
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        sys.stdout.write(json.dumps({"listening": f"http://{shown}:{address[1]}"}) + "\n")
        sys.stdout.flush()
        engine.start()
        await stop.wait()
        return 0
    finally:
        await runner.cleanup()
        engine.close()


def _end_with_stdin() -> None:
    """Blocks until the parent's end of the pipe closes, which it does however the parent died."""
    # os.read, not sys.stdin.buffer: a thread that waits in it with its lock breaks the interpreter's end.
    descriptor = sys.stdin.fileno()
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        pass
    os._exit(0)


def _reason(fault: Exception) -> str:
    # asyncio wraps the system's words in its own; a resolver's error numbers are not the system's.
    if isinstance(fault, OSError) and not isinstance(fault, socket.gaierror) and fault.errno:
        return os.strerror(fault.errno)
    return (fault.strerror if isinstance(fault, OSError) else None) or str(fault)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _fail(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1
