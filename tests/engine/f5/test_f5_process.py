"""The F5 engine in its process: it ends at once whatever it does, and espeak answers meanwhile."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from bot.engine.voices import packaged_file
from tests.engine.conftest import start_engine  # noqa: F401 - a fixture
from tests.engine.f5.random_weights import small_files
from tests.engine.running import EngineProcess, StartEngine

SECONDS = 60  # for torch to be loaded on a machine that is busy


@pytest.fixture
def f5(start_engine: StartEngine, tmp_path: Path) -> EngineProcess:  # noqa: F811
    if packaged_file("infer/examples/basic/basic_ref_en.wav") is None:
        pytest.skip("f5-tts is not installed, whose recordings this needs: scripts/test installs it")
    files = small_files(tmp_path)
    return start_engine(
        *("--engine.name=f5", "--engine.f5.device=cpu", "--engine.f5.finished_megabytes=0"),
        *(
            f"--engine.f5.model={files}/F5TTS_v1_Base.safetensors",
            f"--engine.f5.vocoder={files}/vocos.safetensors",
        ),
        stderr=subprocess.DEVNULL,
    )


def health(engine: EngineProcess) -> dict[str, Any]:
    with urllib.request.urlopen(engine.url + "/health", timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def until_settled(engine: EngineProcess) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while not (found := health(engine))["settled"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def asked(engine: EngineProcess, text: str, voice: str) -> socket.socket:
    """A connection on which the speech has begun."""
    body = json.dumps({"input": text, "voice": voice})
    connection = socket.create_connection(("127.0.0.1", engine.port), timeout=SECONDS)
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall((head + body).encode())
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return connection


def ends(engine: EngineProcess) -> float:
    """Seconds from the signal to the end."""
    began = time.monotonic()
    engine.process.send_signal(signal.SIGTERM)
    assert engine.process.wait(10) == 0
    return time.monotonic() - began


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
@pytest.mark.parametrize("speaks", [False, True])
def test_it_ends_within_a_second(f5: EngineProcess, speaks: bool) -> None:
    found = until_settled(f5)
    assert "gaia" in [voice["id"] for voice in voices(f5)], found["detail"]
    if speaks:
        with asked(f5, "hello there, how are you? " * 100, "gaia"):
            assert ends(f5) < 1
    else:
        assert ends(f5) < 1


def voices(engine: EngineProcess) -> list[dict[str, Any]]:
    with urllib.request.urlopen(engine.url + "/v1/voices", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)["voices"]
        return found


def test_idle_it_uses_no_processor(f5: EngineProcess) -> None:
    psutil = pytest.importorskip("psutil")
    until_settled(f5)
    process = psutil.Process(f5.process.pid)
    before = process.cpu_times()
    time.sleep(1)  # what is measured is a second of rest
    after = process.cpu_times()
    assert after.user + after.system - before.user - before.system < 0.1
