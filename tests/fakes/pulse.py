"""A private PulseAudio server with a virtual cable, and a recorder of what was really played into it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 48_000
CHANNELS = 2
FRAME = 4 * CHANNELS  # bytes of float32
DEADLINE = 10.0  # seconds that anything here may take on a busy machine


class Recording:
    """What the cable carried: read `samples` at any time, also while it grows."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._arrivals: list[tuple[int, float]] = []  # (frames so far, monotonic seconds)
        self._news = asyncio.Event()

    @property
    def samples(self) -> NDArray[np.float32]:
        """float32 [frames, channels] at 48 kHz"""
        whole = len(self._data) // FRAME * FRAME
        return np.frombuffer(bytes(self._data[:whole]), np.float32).reshape(-1, CHANNELS)

    @property
    def frames(self) -> int:
        return len(self._data) // FRAME

    def arrived(self, frame: int) -> float:
        """The monotonic time at which this frame had come in."""
        return next(at for count, at in self._arrivals if count > frame)

    async def until(self, frames: int, timeout: float = DEADLINE) -> None:
        """Waits until there are so many frames."""
        async with asyncio.timeout(timeout):
            while self.frames < frames:
                await self._more()

    async def until_heard(self, timeout: float = DEADLINE, *, after: int = 0) -> int:
        """Waits for the first frame from `after` on that is not silence; its number."""
        async with asyncio.timeout(timeout):
            while True:
                loud = np.flatnonzero(self.samples[after:, 0])
                if len(loud):
                    return after + int(loud[0])
                await self._more()

    def add(self, data: bytes) -> None:
        self._data += data
        self._arrivals.append((len(self._data) // FRAME, time.monotonic()))
        self._news.set()

    async def _more(self) -> None:
        self._news.clear()
        await self._news.wait()


class PulseServer:
    """Give `env` to the child process that plays. Start and stop block for some 100 ms."""

    def __init__(self, sink: str = "vcable") -> None:
        self.sink = sink
        self._folder = Path(tempfile.mkdtemp(prefix="pulse-"))
        self._socket = self._folder / "native"
        self._process: subprocess.Popen[bytes] | None = None
        private = {
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
        }
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PULSE_")} | private

    @staticmethod
    def missing() -> str:
        """The reason why there can be no server on this machine, or nothing."""
        gone = [name for name in ("pulseaudio", "pactl", "parec") if shutil.which(name) is None]
        return f"not installed: {', '.join(gone)}" if gone else ""

    def start(self, *, sink: bool = True) -> None:
        self._socket.unlink(missing_ok=True)
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        command += ["--disable-shm=yes", "--log-target=stderr", "--log-level=error"]
        command += ["-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"]
        if sink:
            command += ["-L", " ".join(self._sink_module())]
        self._process = subprocess.Popen(command, env=self.env, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"pulseaudio ended with {self._process.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError("pulseaudio does not answer")
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends the server, softly if it listens, and removes its folder."""
        self._end(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """A killed or running server comes back at the same address, with its sink."""
        self._end(signal.SIGKILL)
        self.start()

    def freeze(self) -> None:
        """The server is there and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def load_sink(self) -> None:
        self.pactl("load-module", *self._sink_module())

    def unload_sink(self) -> None:
        self.pactl("unload-module", "module-null-sink")

    def pactl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pactl", *arguments], env=self.env, check=True, capture_output=True, text=True, timeout=DEADLINE
        )
        return done.stdout

    @contextlib.asynccontextmanager
    async def record(self) -> AsyncIterator[Recording]:
        """Records the cable from now on. It ends early if the sink goes away."""
        recording = Recording()
        parec = await asyncio.create_subprocess_exec(
            *("parec", "-d", f"{self.sink}.monitor", "--format=float32le", f"--rate={RATE}"),
            *(f"--channels={CHANNELS}", "--latency-msec=10"),
            env=self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert parec.stdout is not None
        output = parec.stdout

        async def read() -> None:
            while data := await output.read(1 << 16):
                recording.add(data)

        reader = asyncio.create_task(read())
        try:
            await recording.until(1)
            yield recording
        finally:
            with contextlib.suppress(ProcessLookupError):
                parec.kill()
            await reader
            await parec.wait()

    def _sink_module(self) -> list[str]:
        # Without norewinds the start of playback is swallowed.
        return [
            "module-null-sink",
            f"sink_name={self.sink}",
            f"rate={RATE}",
            "channels=2",
            "format=float32le",
            "norewinds=1",
        ]

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        asked = subprocess.run(
            ["pactl", "info"], env=self.env, capture_output=True, check=False, timeout=DEADLINE
        )
        return asked.returncode == 0

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(DEADLINE)


@pytest.fixture
def pulse() -> Iterator[PulseServer]:
    """A running server of the test's own. Import it where it is used."""
    if reason := PulseServer.missing():
        pytest.skip(reason)
    server = PulseServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
