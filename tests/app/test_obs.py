"""On stream: OBS records the virtual cable while the bot speaks, and every utterance is in the recording."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.app.listening import RATE, Samples, engine_samples, find
from tests.fakes.bot_process import ROOT, run_bot
from tests.fakes.obs import Obs, run_obs
from tests.fakes.pulse import PulseServer
from tests.fakes.twitch_irc import FakeTwitch

LINES = [
    "Hello everyone, good evening from Berlin.",
    "主播晚上好，今天打什么游戏？",
    "这把 boss 打得过吗? I think so",
    "That was the last word of tonight.",
]
PIECE = RATE // 4
ASIDE = RATE // 2  # frames that a piece may stand aside of its place


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[PulseServer]:
    """A sound server whose only sink scripts/virtual_cable has made."""
    if reason := PulseServer.missing() or Obs.missing():
        pytest.skip(reason)
    server = PulseServer(sink="chat_aloud")
    server.start(sink=False)
    try:
        script = [str(ROOT / "scripts" / "virtual_cable"), "create"]
        subprocess.run(script, env=server.env, check=True, capture_output=True, timeout=30)
        yield server
    finally:
        server.stop()


async def test_obs_records_every_utterance(cable: PulseServer, tmp_path: Path) -> None:
    arguments = [
        *("--twitch.channel", "teststreamer", "--store", str(tmp_path / "store.sqlite3")),
        *("--viewers.voices", "same", "--queue.fastest", "1", "--audio.device", "Chat Aloud"),
    ]
    async with FakeTwitch() as twitch, run_obs(tmp_path / "obs", "chat_aloud.monitor", cable.env) as obs:
        await obs.start_recording()
        async with run_bot(*arguments, "--twitch.url", twitch.url, env=cable.env) as bot:
            await bot.ready()
            await twitch.joined()
            for i, line in enumerate(LINES):
                await twitch.privmsg(line, f"Viewer{i}")
            await bot.spoken(LINES[-1])
            bot.interrupt()
            await bot.ended()
        samples = await obs.stop_recording()
    reference = await engine_samples(LINES)
    end = 0
    for line in LINES:
        place = find(samples[:, 0], reference[line], end)
        assert heard(samples[:, 0], reference[line], place.start) > 0.75, (line, place)
        end = place.end
    assert np.max(np.abs(samples)) < 0.9
    assert np.array_equal(samples[:, 0], samples[:, 1])


def heard(recording: Samples, sound: Samples, start: int) -> float:
    """How much of the sound stands in the recording at `start`, by quarters of a second that are not silence.

    On an idle machine it is all of it, sample by sample. OBS goes by the clock: where a busy machine keeps
    it from listening for 70 ms, it cuts or stretches what it has, and the rest stands a little aside.
    """
    loud = float(np.sqrt(np.mean(sound**2))) * 0.1
    starts = [i for i in range(0, len(sound) - PIECE + 1, PIECE) if _level(sound[i : i + PIECE]) > loud]
    there = 0
    for i in starts:
        around = recording[max(start + i - ASIDE, 0) : start + i + PIECE + ASIDE]
        there += len(around) > PIECE and find(around, sound[i : i + PIECE]).likeness > 0.98
    return there / len(starts)


def _level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))
