"""A fresh process that loads the engine and says so: from its start to a voice that is ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bot.bench.engine.contestant import Files
from bot.bench.engine.remote import WorkerFault

_ROOT = Path(__file__).parents[3]


def seconds_to_ready(files: Files, precision: str = "auto") -> float:
    """From the start of a Python that knows nothing until `F5Engine.load` is done, without torch.compile.

    Raises WorkerFault.
    """
    settings = {
        "model": files.model,
        "architecture": files.architecture,
        "vocabulary": files.vocabulary,
        "vocoder": str(Path(files.vocoder)),
        "device": files.device,
        "precision": precision,
        "compile": "off",
    }
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "bot.bench.engine.startup", json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        took = time.perf_counter() - began
        if line.strip() != "ready":
            words = process.stderr.read().strip().splitlines()
            raise WorkerFault(words[-1] if words else "it ended without a word")
    return took


def main(settings: str) -> None:
    from bot.engine.f5.engine import F5Engine
    from bot.engine.f5.settings import F5Settings

    F5Engine(F5Settings(**json.loads(settings))).load(lambda _share, _sentence: None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
