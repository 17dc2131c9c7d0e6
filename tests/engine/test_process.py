"""The engine as a process: what it prints, how it ends, and what it imports."""

from __future__ import annotations

import ast
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from bot.engine.__main__ import main
from tests.engine.running import EngineProcess, StartEngine

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bot.engine", "--engine.name=espeak"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
    )


def gone(pid: int) -> bool:
    """True if the process ended, also if nobody waited for it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_in_the_midst_of_speech(
    start_engine: StartEngine, number: signal.Signals
) -> None:
    engine = start_engine("--watch-stdin", stderr=subprocess.PIPE)
    body = json.dumps({"input": "hello there. " * 300, "voice": "mei"})
    with socket.create_connection(("127.0.0.1", engine.port)) as connection:
        connection.sendall(
            f"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        engine.process.send_signal(number)
        assert engine.process.wait(5) == 0
        assert time.monotonic() - began < 0.5
    assert engine.process.stdout is not None
    assert engine.process.stderr is not None
    assert engine.process.stdout.read() == ""  # the one line was all
    assert engine.process.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
def test_a_signal_ends_it_cleanly_while_f5_is_on_its_way(start_engine: StartEngine) -> None:
    engine = start_engine(
        *("--engine.name=f5", "--engine.f5.hub=http://127.0.0.1:9", "--engine.f5.cache=no-such-folder"),
        stderr=subprocess.DEVNULL,
    )
    with urllib.request.urlopen(engine.url + "/health", timeout=5) as answer:
        found = json.load(answer)
    assert (found["status"], found["settled"]) == ("ready", False)  # espeak's voices speak already
    engine.process.send_signal(signal.SIGTERM)
    assert engine.process.wait(5) == 0


def test_it_ends_with_its_standard_input(start_engine: StartEngine) -> None:
    engine = start_engine("--watch-stdin")
    assert engine.process.stdin is not None
    engine.process.stdin.write("ignored\n")
    engine.process.stdin.flush()
    assert engine.process.poll() is None
    engine.process.stdin.close()
    assert engine.process.wait(1) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="uses SIGKILL")
def test_it_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(60)\n",
            *COMMAND,
            "--watch-stdin",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert "listening" in json.loads(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
        parent.wait(5)
        deadline = time.monotonic() + 1
        while not gone(pid):
            assert time.monotonic() < deadline, "the engine outlives its parent"
            time.sleep(0.005)


def test_a_port_in_use(engine: EngineProcess) -> None:
    ended = run("--port", str(engine.port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "cannot listen" in ended.stderr
    assert "in use" in ended.stderr.lower()
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["no.such.host.invalid", "x" * 300])
def test_a_host_that_is_not_here(host: str) -> None:
    ended = run("--host", host)
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_no_folder_of_voices(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--voices", "no-such-folder"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "no-such-folder" in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port", "70000"], ["--nonsense"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_it_listens_before_anything_heavy_is_imported() -> None:
    code = (
        "import sys, bot.engine.__main__; print([name for name in"
        " ('numpy', 'soxr', 'pydantic', 'rich', 'torch', 'espeakng_loader') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_engine_imports_nothing_of_ours_around_it() -> None:
    for path in (ROOT / "bot" / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                names = [node.module or ""]
                if names == ["bot"] and [alias.name for alias in node.names] == ["__version__"]:
                    continue
            for name in names:
                assert name.partition(".")[0] != "bot" or name.startswith("bot.engine"), f"{path}: {name}"
                assert name.partition(".")[0] not in ("pydantic", "pydantic_settings", "rich"), (
                    f"{path}: {name}"
                )
