"""Real OBS without a screen: it captures one PulseAudio source and records it to a WAV file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import wave
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

DEADLINE = 30.0  # seconds that anything here may take on a busy machine
OUTPUTS = 1 << 6  # obs-websocket's events of recording
PCM_S16LE = 0x10000  # FFmpeg's AV_CODEC_ID_PCM_S16LE

GLOBAL = """\
[General]
FirstRun=true
LastVersion=486604803
InfoIncrement=99
EnableAutoUpdates=false
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AuthRequired=false
AlertsEnabled=false
"""
# "Custom Output (FFmpeg)" of the advanced recording settings: the samples as they are, and no video.
PROFILE = """\
[General]
Name=Test
[Output]
Mode=Advanced
FilenameFormatting=recording
OverwriteIfExists=true
[AdvOut]
RecType=FFmpeg
FFOutputToFile=true
FFFilePath={folder}
FFExtension=wav
FFFormat=wav
FFVEncoderId=0
FFAEncoderId={codec}
FFAEncoder=pcm_s16le
FFAudioMixes=1
[Video]
BaseCX={width}
BaseCY={height}
OutputCX={width}
OutputCY={height}
FPSCommon=10
[Audio]
SampleRate=48000
ChannelSetup=Stereo
"""


class Obs:
    """OBS that runs. `ask` is obs-websocket's protocol, version 5."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._asked = 0
        self._events: list[dict[str, Any]] = []

    @staticmethod
    def missing() -> str:
        """The reason why there can be no OBS on this machine, or nothing."""
        gone = [name for name in ("obs", "Xvfb") if shutil.which(name) is None]
        return f"not installed: {', '.join(gone)}" if gone else ""

    async def ask(self, request: str, **data: object) -> dict[str, Any]:
        """The answer to a request. RuntimeError: OBS refuses it."""
        self._asked += 1
        about = {"requestType": request, "requestId": str(self._asked), "requestData": data}
        await self._connection.send_json({"op": 6, "d": about})
        answer = await self._receive(7)
        assert answer["requestId"] == str(self._asked)
        if not answer["requestStatus"]["result"]:
            raise RuntimeError(f"{request}: {answer['requestStatus'].get('comment', 'refused')}")
        return dict(answer.get("responseData") or {})

    async def start_recording(self) -> None:
        await self.ask("StartRecord")
        await self._recording("STARTED")

    async def stop_recording(self) -> NDArray[np.float32]:
        """What was recorded: float32 [frames, 2] at 48 kHz."""
        file = (await self.ask("StopRecord"))["outputPath"]
        await self._recording("STOPPED")
        async with asyncio.timeout(DEADLINE):
            # OBS says that it has stopped before it writes the last samples, and how many there are.
            while (samples := _samples(Path(file))) is None:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
        return samples

    async def _recording(self, state: str) -> None:
        """Waits until recording is in this state."""
        wanted = f"OBS_WEBSOCKET_OUTPUT_{state}"
        while True:
            while self._events:
                event = self._events.pop(0)
                if event["eventType"] == "RecordStateChanged" and event["eventData"]["outputState"] == wanted:
                    return
            self._events.append(await self._receive(5))

    async def _receive(self, kind: int) -> dict[str, Any]:
        """The next message of this kind; events before it are kept."""
        async with asyncio.timeout(DEADLINE):
            while True:
                message = await self._connection.receive_json()
                if message["op"] == kind:
                    return dict(message["d"])
                if message["op"] == 5:
                    self._events.append(message["d"])


@contextlib.asynccontextmanager
async def run_obs(
    folder: Path,
    source: str,
    env: Mapping[str, str],
    *,
    name: str = "Chat Aloud",
    screen: str = "640x480x24",
    size: tuple[int, int] = (320, 180),
    more: tuple[str, ...] = (),
) -> AsyncIterator[Obs]:
    """OBS, ready, with "Audio Output Capture" of `source` as its only source.

    `folder` becomes its home; `env` says where the sound server is; `more` are arguments for Xvfb.
    """
    port = _free_port()
    _configure(folder, source, name, port, size)
    async with contextlib.AsyncExitStack() as stack:
        display = await stack.enter_async_context(_screen(screen, more))
        private = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "DISPLAY": f":{display}",
            "QT_QPA_PLATFORM": "xcb",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            # It would ask its makers for news, which is nothing that a test should do.
            "http_proxy": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
        }
        arguments = ("--multi", "--collection", "Test", "--profile", "Test")
        with (folder / "obs.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *("obs", *arguments), env={**env, **private}, stdout=log, stderr=log, cwd=folder
            )
        stack.push_async_callback(_end, process)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        try:
            connection = await _connect(session, port, process)
        except (TimeoutError, RuntimeError) as error:
            said = (folder / "obs.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"OBS does not answer ({error}): {said}") from None
        stack.push_async_callback(connection.close)
        yield Obs(connection)


def _configure(folder: Path, source: str, name: str, port: int, size: tuple[int, int]) -> None:
    config = folder / "config" / "obs-studio"
    (config / "basic" / "scenes").mkdir(parents=True)
    (config / "basic" / "profiles" / "Test").mkdir(parents=True)
    (config / "global.ini").write_text(GLOBAL.format(port=port))
    (config / "basic" / "profiles" / "Test" / "basic.ini").write_text(
        PROFILE.format(folder=folder, codec=PCM_S16LE, width=size[0], height=size[1])
    )
    item = {"name": name, "id": 1, "visible": True}
    scenes = {
        "name": "Test",
        "current_scene": "Scene",
        "current_program_scene": "Scene",
        "scene_order": [{"name": "Scene"}],
        "sources": [
            {"id": "scene", "name": "Scene", "settings": {"id_counter": 1, "items": [item]}},
            {
                "id": "pulse_output_capture",
                "name": name,
                "mixers": 255,
                "settings": {"device_id": source},
            },
        ],
    }
    (config / "basic" / "scenes" / "Test.json").write_text(json.dumps(scenes))


@contextlib.asynccontextmanager
async def _screen(size: str, more: tuple[str, ...]) -> AsyncIterator[int]:
    """An X server's free display number."""
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", *more),
            pass_fds=(writing,),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    finally:
        os.close(writing)
    try:
        async with asyncio.timeout(DEADLINE):
            with os.fdopen(reading) as told:
                number = await asyncio.to_thread(told.readline)
        if not number.strip():
            raise RuntimeError("Xvfb did not start")
        yield int(number)
    finally:
        await _end(process)


async def _connect(
    session: aiohttp.ClientSession, port: int, process: asyncio.subprocess.Process
) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(DEADLINE):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"it ended with {process.returncode}")
            with contextlib.suppress(aiohttp.ClientError):
                connection = await session.ws_connect(
                    f"http://127.0.0.1:{port}", protocols=("obswebsocket.json",), max_msg_size=0
                )
                break
            await asyncio.sleep(0.1)
        assert (await connection.receive_json())["op"] == 0
        identify = {"rpcVersion": 1, "eventSubscriptions": OUTPUTS}
        await connection.send_json({"op": 1, "d": identify})
        assert (await connection.receive_json())["op"] == 2
    obs = Obs(connection)
    async with asyncio.timeout(DEADLINE):
        while True:  # it answers before its scenes are loaded
            try:
                await obs.ask("GetSceneList")
                return connection
            except RuntimeError:
                await asyncio.sleep(0.1)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 3)
    except TimeoutError:
        process.kill()
        await process.wait()


def _samples(file: Path) -> NDArray[np.float32] | None:
    """What a WAV file holds, None while it is not as long as it says."""
    with wave.open(str(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (2, 2, 48_000)
        data = np.frombuffer(opened.readframes(opened.getnframes()), "<i2")
        if len(data) != 2 * opened.getnframes():
            return None
    return (data.reshape(-1, 2) / np.float32(32_768)).astype(np.float32)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
