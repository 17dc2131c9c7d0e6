"""A process that plays to a device as the bot does, told what to do on its standard input, a line at a time.

play ID SECONDS (a sine of full scale in 24 kHz chunks) · ramp SECONDS (a counter, past the player) ·
cut ID · volume X · probe N (first-sample latency) · quit · die. It prints one JSON line per event.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable

import numpy as np

from bot.messages import AudioChunk, OutputState, Utterance
from bot.playback.device import DeviceOutput
from bot.playback.player import Player

RATE = 24_000


def say(event: str, **more: object) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), **more}), flush=True)


def state(new: OutputState) -> None:
    say("state", state=new.state, detail=new.detail)


def sine(
    seconds: float, rate: int = RATE, level: float = 0.5
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return (level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def counter(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Every sample tells its own number: n / 2**20, exact in float32."""
    return (np.arange(1, round(seconds * 48_000) + 1) / 2**20).astype(np.float32)


async def speak(player: Player, utterance_id: str, seconds: float) -> None:
    utterance = Utterance(id=utterance_id, text="", voice="v")
    whole = sine(seconds)
    for start in range(0, len(whole), RATE // 5):
        if not await player.play(AudioChunk(utterance, whole[start : start + RATE // 5], RATE)):
            return
    await player.end(utterance)


async def probe(player: Player, count: int) -> None:
    """How long a first sample waits for the device."""
    began: asyncio.Future[float]

    def started(_: Utterance, at: float) -> None:
        began.set_result(at)

    before: Callable[[Utterance, float], None] = player.on_started
    player.on_started = started
    waits = []
    for number in range(count):
        began = asyncio.get_running_loop().create_future()
        utterance = Utterance(id=f"probe{number}", text="", voice="p")
        now = time.monotonic()
        await player.play(AudioChunk(utterance, sine(0.1), RATE))
        await player.end(utterance)
        waits.append(await began - now)
        await player.drain()
        await asyncio.sleep(0.3 + 0.003 * (number % 7))  # past the pause after it
    player.on_started = before
    say("probed", waits=waits)


async def main() -> None:
    output = DeviceOutput(sys.argv[1], float(sys.argv[2]), state)
    player = Player(
        output,
        on_started=lambda utterance, at: say("started", id=utterance.id, heard_from=at),
        on_finished=lambda utterance, at, whole: say("finished", id=utterance.id, heard=at, whole=whole),
    )
    running = asyncio.create_task(player.run())
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tasks = []
    while line := (await lines.readline()).decode().split():
        match line:
            case ["play", name, seconds]:
                tasks.append(asyncio.create_task(speak(player, name, float(seconds))))
            case ["ramp", seconds]:
                player._buffer.append("ramp", counter(float(seconds)))
            case ["cut", name]:
                player.cut(name)
                say("cut")
            case ["volume", volume]:
                player.volume = float(volume)
            case ["probe", count]:
                tasks.append(asyncio.create_task(probe(player, int(count))))
            case ["cost", seconds]:
                used = time.process_time()
                await asyncio.sleep(float(seconds))
                say("cost", share=(time.process_time() - used) / float(seconds))
            case ["quit"]:
                running.cancel()
                await asyncio.wait([running])
                break
            case ["die"]:
                break  # asyncio.run cancels what runs, as a bot that ends on an error does
    say("bye", breaks=output.breaks, gaps=player.gaps, latency=output.latency)


if __name__ == "__main__":
    asyncio.run(main())
