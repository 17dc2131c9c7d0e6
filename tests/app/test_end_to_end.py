"""The whole bot, heard: a Twitch chat on loopback, the bot as a process, a real sound server's recording."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

import numpy as np

from tests.app.listening import RATE, Found, engine_samples, find, outside
from tests.fakes.bot_process import BotProcess, run_bot
from tests.fakes.pulse import PulseServer, pulse
from tests.fakes.twitch_irc import FakeTwitch

__all__ = ["pulse"]


def _arguments(twitch: FakeTwitch, folder: Path) -> list[str]:
    return [
        *("--twitch.channel", "teststreamer", "--twitch.url", twitch.url),
        *("--store", str(folder / "store.sqlite3"), "--viewers.voices", "same"),
        *("--queue.fastest", "1", "--rules.same_words", "0", "--rules.same_viewer", "0"),
        # A virtual machine may stand still for longer than the usual latency, which this does not look for.
        *("--audio.latency", "0.2"),
    ]


async def test_chat_is_heard_in_order_and_whole(pulse: PulseServer, tmp_path: Path) -> None:
    spoken = [
        ("Hello everyone, good evening from Berlin.", "Hello everyone, good evening from Berlin."),
        ("主播晚上好，今天打什么游戏？", "主播晚上好，今天打什么游戏？"),
        ("这把 boss 打得过吗? I think so", "这把 boss 打得过吗? I think so"),
        ("look at https://example.com/x?y=1 please", "look at link please"),
        ("\x01ACTION waves at all of you\x01", "waves at all of you"),
    ]
    refused = ["!voice leo", "     ", "(╯°□°)╯︵ ┻━┻", "😀😀😀"]
    async with FakeTwitch() as twitch, pulse.record() as recording:
        async with run_bot(*_arguments(twitch, tmp_path), env=pulse.env) as bot:
            await twitch.joined()
            await bot.ready()
            for i, (typed, _) in enumerate(spoken):
                await twitch.privmsg(typed, f"Viewer{i}")
                await twitch.privmsg(refused[i % len(refused)], "Noise")
                await twitch.privmsg("Follow the rules!", "Nightbot")
            await bot.spoken(spoken[-1][1])
            texts = bot.texts("Speaking")
            await recording.until(recording.frames + RATE // 2)
        samples = recording.samples
    assert texts == [text for _, text in spoken]
    reference = await engine_samples(texts)
    found: list[Found] = []
    for text in texts:
        place = find(samples[:, 0], reference[text], found[-1].end if found else 0)
        assert place.likeness > 0.99, (text, place)
        assert place.worst > 0.98, (text, place)
        found.append(place)
    # One after the other with the pause of the settings between them, and nothing else is ever heard.
    gaps = [after.start - before.end for before, after in itertools.pairwise(found)]
    assert all(abs(gap - 0.25 * RATE) <= 2 for gap in gaps), gaps
    assert outside(samples[:, 0], found) < 1e-4
    assert np.array_equal(samples[:, 0], samples[:, 1])


async def test_a_minute_of_speech_has_no_gap_and_no_clipping_under_a_flood(
    pulse: PulseServer, tmp_path: Path
) -> None:
    async with FakeTwitch() as twitch, pulse.record() as recording:
        async with run_bot(*_arguments(twitch, tmp_path), env=pulse.env) as bot:
            await twitch.joined()
            await bot.ready()
            sent = await _flood(twitch, bot, seconds=62, rate=500)
            bot.skip()
            end = await bot.until("Spoken")
            samples = recording.samples
        texts = [
            entry["utterance"]["text"]
            for entry in bot.entries
            if entry["kind"] == "Speaking" and entry["at"] < end["at"]
        ]
    assert sent >= 500 * 60
    reference = await engine_samples(texts)
    found: list[Found] = []
    for text in texts[:-1]:  # the last one may still be sounding
        window = samples[: (found[-1].end if found else 0) + len(reference[text]) + 12 * RATE, 0]
        place = find(window, reference[text], found[-1].end if found else 0)
        assert place.worst > 0.98, (text, place)
        found.append(place)
    assert found[-1].end - found[0].start > 55 * RATE
    gaps = [after.start - before.end for before, after in itertools.pairwise(found)]
    assert all(abs(gap - 0.25 * RATE) <= 2 for gap in gaps), gaps
    assert np.max(np.abs(samples)) < 0.9


_WORDS = [
    a + b + c for a in ("ba", "de", "fi", "go") for b in ("na", "so", "ri", "te", "mu") for c in "kntls"
]
_HAN = [a + b for a in "天地山水火风云雨雪" for b in "高低大小多少长短远近"]


async def _flood(twitch: FakeTwitch, bot: BotProcess, *, seconds: float, rate: int) -> int:
    """Sends `rate` different lines a second, in bursts of a fiftieth of a second; returns how many."""
    started = time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - started) < seconds:
        due = int(elapsed * rate) - sent
        for _ in range(due):
            sent += 1
            await twitch.privmsg(
                f"line number {sent} of the flood, 第{sent}条弹幕来了", f"viewer{sent % 400}"
            )
        await asyncio.sleep(0.02)
    return sent
