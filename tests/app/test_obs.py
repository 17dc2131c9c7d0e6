"""On stream: OBS records the virtual cable while the bot speaks, and every utterance is in the recording."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.listening import RATE, Found, engine_samples, find, outside
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


async def test_obs_records_every_utterance_whole(cable: PulseServer, tmp_path: Path) -> None:
    arguments = [
        *("--twitch.channel", "teststreamer", "--store", str(tmp_path / "store.sqlite3")),
        *("--viewers.voices", "same", "--queue.fastest", "1", "--audio.device", "Chat Aloud"),
    ]
    async with FakeTwitch() as twitch, run_obs(tmp_path / "obs", "chat_aloud.monitor", cable.env) as obs:
        await obs.start_recording()
        async with run_bot(*arguments, "--twitch.url", twitch.url, env=cable.env) as bot:
            await twitch.joined()
            await bot.ready()
            for i, line in enumerate(LINES):
                await twitch.privmsg(line, f"Viewer{i}")
            await bot.spoken(LINES[-1])
            bot.interrupt()
            await bot.ended()
        samples = await obs.stop_recording()
    reference = await engine_samples(LINES)
    found: list[Found] = []
    for line in LINES:
        place = find(samples[:, 0], reference[line], found[-1].end if found else 0)
        assert place.likeness > 0.99, (line, place)
        assert place.worst > 0.98, (line, place)
        found.append(place)
    print([(round(f.likeness,6), round(f.worst,6)) for f in found], [b.start-a.end for a,b in itertools.pairwise(found)], outside(samples[:,0], found))
    # OBS lines up what it captures by the clock and may move it by a few samples between two utterances.
    gaps = [after.start - before.end for before, after in itertools.pairwise(found)]
    assert all(abs(gap - 0.25 * RATE) <= 0.01 * RATE for gap in gaps), gaps
    assert outside(samples[:, 0], found) < 1e-3
