"""Starts the engine as a real process, and ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class EngineProcess:
    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


StartEngine = Callable[..., EngineProcess]


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with urllib.request.urlopen(url + "/health", timeout=5) as answer:
            if json.load(answer)["status"] in ("ready", "failed"):
                return
        time.sleep(0.01)
    raise AssertionError("the engine did not get ready")


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def start(*arguments: str, token: str = "", stderr: IO[str] | int | None = None) -> EngineProcess:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.engine", "--engine.name=espeak", *arguments],
        cwd=ROOT,
        env=os.environ | {"BOT_ENGINE__TOKEN": token},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        url = cast("str", json.loads(line)["listening"])
        _wait_until_ready(url)
    except BaseException:
        end(process)
        raise
    return EngineProcess(process, url)
