"""A contestant in a process of its own, so that its memory, its libraries and its faults are its alone."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.bench.engine.contestant import Files

_ROOT = Path(__file__).parents[3]


class WorkerFault(Exception):
    """What was asked of a contestant failed; the message says why."""


class Remote:
    """Starts the process; `ask` blocks until it has answered."""

    def __init__(self, files: Files) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-W", "ignore", "-m", "bot.bench.engine.worker", json.dumps(asdict(files))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Raises WorkerFault."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFault(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "fault" in answer:
            raise WorkerFault(answer["fault"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(BrokenPipeError):
                if file:
                    file.close()

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return f"its process ended with {code}" + (f" ({lines[-1][:300]})" if lines else "")
