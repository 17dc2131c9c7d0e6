"""What fails on a real evening, with real processes: sound, engine, chat, disk, and the streamer's Ctrl-C."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bot.speech.clauses import clauses
from tests.app.listening import RATE, engine_samples, find
from tests.fakes.bot_process import ROOT, gone, run_bot
from tests.fakes.pulse import PulseServer, pulse
from tests.fakes.speech_server import Answer, SpeechServer
from tests.fakes.twitch_irc import FakeTwitch
from tests.waiting import until

__all__ = ["pulse"]

LONG = "This is the first part of a long story, and here is the second one, then comes the third part of it, "
LONG += "after that the fourth part follows, and with the fifth part the story ends."


# Other tests share the two cores: what is compared sample by sample must outlast their turns.
UNSHAKEN = ("--audio.latency", "0.2")


def settings(twitch: FakeTwitch, folder: Path, output: str = "device") -> list[str]:
    return [
        *("--twitch.channel", "teststreamer", "--twitch.url", twitch.url),
        *("--store", str(folder / "store.sqlite3"), "--audio.output", output),
        *("--viewers.voices", "same", "--templates.cheer", "{text}"),
    ]


@pytest.mark.parametrize("what", ["server", "sink"])
async def test_sound_goes_on_after_the_device_has_been_away(
    pulse: PulseServer, tmp_path: Path, what: str
) -> None:
    async with (
        FakeTwitch() as twitch,
        run_bot(*settings(twitch, tmp_path), "--speech.speed", "2", env=pulse.env) as bot,
    ):
        await twitch.joined()
        await bot.ready()
        await twitch.privmsg(LONG, "Alice")
        await bot.speaking(LONG)
        await asyncio.to_thread(pulse.kill if what == "server" else pulse.unload_sink)
        waiting = await bot.until("OutputState", lambda entry: entry["state"] == "waiting")
        assert waiting["detail"]
        await twitch.privmsg("said while it was away", "Bob")
        await bot.until("Queued", lambda entry: entry["utterance"]["text"] == "said while it was away")
        await asyncio.to_thread(pulse.start if what == "server" else pulse.load_sink)
        back = time.monotonic()
        async with pulse.record() as recording:
            heard = await recording.until_heard()
            assert recording.arrived(heard) - back < 2
            # The queue was kept: what was cut off goes on, and the next one follows.
            await bot.spoken(LONG, timeout=30)
            await bot.spoken("said while it was away")


async def test_an_engine_killed_in_mid_word_goes_on_from_the_cut_clause(
    pulse: PulseServer, tmp_path: Path
) -> None:
    async with FakeTwitch() as twitch, pulse.record() as recording:
        async with run_bot(*settings(twitch, tmp_path), *UNSHAKEN, env=pulse.env) as bot:
            await twitch.joined()
            await bot.ready()
            await twitch.privmsg(LONG, "Alice")
            await bot.speaking(LONG)
            await recording.until(await recording.until_heard() + RATE)
            killed = bot.engine_pid()
            os.kill(killed, signal.SIGKILL)
            await bot.until("EngineState", lambda entry: entry["state"] == "ready")
            assert bot.engine_pid() != killed
            await bot.spoken(LONG, timeout=30)
            await twitch.privmsg("and the next message", "Bob")
            await bot.spoken("and the next message")
            samples = recording.samples[:, 0]
    parts = clauses(LONG)
    assert len(parts) >= 4
    reference = await engine_samples(parts)
    places = [find(samples, reference[part]) for part in parts]
    assert all(place.likeness > 0.98 for place in places if place is not places[0]), places
    silences = [after.start - before.end for before, after in itertools.pairwise(places)]
    assert all(-RATE // 100 < silence < 2 * RATE for silence in silences), silences


async def test_an_engine_that_hangs_is_replaced(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch:
        arguments = [*settings(twitch, tmp_path, "null"), "--engine.answer_timeout", "0.5"]
        async with run_bot(*arguments) as bot:
            await twitch.joined()
            await bot.ready()
            hung = bot.engine_pid()
            os.kill(hung, signal.SIGSTOP)
            await twitch.privmsg("is anybody there", "Alice")
            await bot.spoken("is anybody there")
            assert bot.engine_pid() != hung
            await gone(hung, 1)


async def test_a_dropped_chat_is_rejoined_and_says_so(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path, "null")) as bot:
        await twitch.joined()
        await bot.ready()
        await twitch.drop()
        waiting = await bot.until("SourceState", lambda entry: entry["state"] == "waiting")
        assert "trying again" in waiting["detail"]
        await twitch.joined()
        await bot.until("SourceState", lambda entry: entry["state"] == "ready")
        await twitch.privmsg("back again", "Alice")
        await bot.spoken("back again")


async def test_a_channel_that_does_not_exist_is_named(tmp_path: Path) -> None:
    async with FakeTwitch(channels={"somebody_else"}) as twitch:
        async with run_bot(*settings(twitch, tmp_path, "null")) as bot:
            waiting = await bot.until("SourceState", lambda entry: entry["state"] == "waiting", timeout=30)
            assert "teststreamer" in waiting["detail"]
            assert "spelling" in waiting["detail"]


async def test_an_impossible_channel_ends_the_bot_with_a_sentence(tmp_path: Path) -> None:
    arguments = ("--twitch.channel", "no such channel!", "--store", str(tmp_path / "s"))
    async with run_bot(*arguments, "--audio.output", "null") as bot:
        assert await bot.ended() == 1
        assert "no such channel!" in bot.errors
        assert "Traceback" not in bot.errors


async def test_a_deleted_message_is_silenced_and_a_queued_one_never_begins(
    pulse: PulseServer, tmp_path: Path
) -> None:
    async with FakeTwitch() as twitch, pulse.record() as recording:
        async with run_bot(*settings(twitch, tmp_path), env=pulse.env) as bot:
            await twitch.joined()
            await bot.ready()
            playing = await twitch.privmsg(LONG, "Troll")
            queued = await twitch.privmsg("this one waits", "Alice")
            await twitch.privmsg("this is a ban evader", "Banned")
            await bot.speaking(LONG)
            await recording.until(await recording.until_heard() + RATE)
            await twitch.delete(queued)
            await twitch.time_out("Banned")
            await twitch.delete(playing)
            deleted = recording.frames
            for _ in range(3):
                entry = await bot.until("Dropped")
                assert entry["reason"] == "deleted"
            await recording.until(deleted + 2 * RATE)
            samples = recording.samples[:, 0]
            await twitch.privmsg("a clean one", "Bob")
            await bot.spoken("a clean one")
            assert bot.texts("Speaking") == [LONG, "a clean one"]
    after = np.flatnonzero(np.abs(samples[deleted:]) > 1e-4)
    silent = (after[-1] / RATE) if len(after) else 0.0
    # What the device had taken already (audio.latency) plays out; then nothing more.
    assert silent < 0.4, silent


async def test_clearing_the_chat_silences_everything(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path, "null")) as bot:
        await twitch.joined()
        await bot.ready()
        for i in range(3):
            await twitch.privmsg(f"message {'abc'[i]}", f"Viewer{i}")
        await bot.speaking("message a")
        await twitch.clear()
        for _ in range(3):
            await bot.until("Dropped", lambda entry: entry["reason"] == "deleted")
        await twitch.privmsg("after", "Alice")
        await bot.spoken("after")
        assert bot.texts("Speaking") == ["message a", "after"]


async def test_a_view_that_nobody_reads_stops_no_speech(tmp_path: Path) -> None:
    """As Ctrl-S, a selection in a Windows console and a program that hangs behind a pipe do it."""
    wave = tmp_path / "spoken.wav"
    async with FakeTwitch() as twitch:
        bot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *settings(twitch, tmp_path, f"wav:{wave}"), "--view", "json"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            limit=1,  # so that what it writes stays in the pipe
        )
        try:
            await twitch.joined()
            for number in range(300):  # each is told in more than 500 bytes
                await twitch.privmsg(f"message number {number}", f"viewer{number}")
            await until(wave.exists, 20)
            size = wave.stat().st_size
            await until(lambda: wave.stat().st_size > size + 10 * 2 * 24_000, 20)
        finally:
            bot.kill()
            await bot.communicate()


@pytest.mark.parametrize("busy", [False, True])
async def test_ctrl_c_ends_within_a_second_and_leaves_nothing_behind(tmp_path: Path, busy: bool) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path, "null")) as bot:
        await twitch.joined()
        await bot.ready()
        if busy:
            await twitch.privmsg(LONG, "Alice")
            await bot.speaking(LONG)
        engine = bot.engine_pid()
        pressed = time.monotonic()
        bot.interrupt()
        assert await bot.ended() == 0
        assert time.monotonic() - pressed < 1
        await gone(engine, 0.5)
        assert "Traceback" not in bot.errors


async def test_ctrl_c_with_a_sound_server_that_hangs(pulse: PulseServer, tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path), env=pulse.env) as bot:
        await twitch.joined()
        await bot.ready()
        engine = bot.engine_pid()
        pulse.freeze()
        await bot.until("OutputState", lambda entry: entry["state"] == "waiting")
        bot.interrupt()
        assert await bot.ended() == 0
        await gone(engine, 1)


async def test_a_second_ctrl_c_does_not_wait_for_the_first(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path, "null")) as bot:
        await twitch.joined()
        await bot.ready()
        engine = bot.engine_pid()
        # Both reach it in one instant, with no time between them to stop in good order; two of the same
        # number would be one to the system.
        for which in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            bot.process.send_signal(which)
        assert await bot.ended() == 130
        await gone(engine, 1)


async def test_a_killed_bot_takes_its_engine_along(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path, "null")) as bot:
        await twitch.joined()
        await bot.ready()
        engine = bot.engine_pid()
        bot.process.kill()
        await gone(engine, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
async def test_a_full_disk_is_told_once_and_speech_goes_on(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch:
        arguments = [*settings(twitch, tmp_path, "wav:/dev/full"), "--record", "/dev/full"]
        async with run_bot(*arguments) as bot:
            await twitch.joined()
            await bot.until("EngineState", lambda entry: entry["state"] == "ready")
            for text in ("one message", "another message"):
                await twitch.privmsg(text, "Alice")
                await bot.spoken(text)
            told = [entry["detail"] for entry in bot.entries if entry["kind"] == "Trouble"]
            assert len(told) == 1
            assert "disk is full" in told[0]
            outputs = [entry for entry in bot.entries if entry["kind"] == "OutputState"]
            assert 1 <= len(outputs) <= 2


async def test_a_paid_message_survives_a_kill_and_is_spoken_once(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch:
        async with run_bot(*settings(twitch, tmp_path, "null")) as bot:
            await twitch.joined()
            await bot.ready()
            await twitch.privmsg(LONG, "Alice")
            await bot.speaking(LONG)
            await twitch.privmsg("Cheer100 thank you for the stream", "Bob", tags={"bits": "100"})
            await bot.until("Queued", lambda entry: "thank you" in entry["utterance"]["text"])
            bot.process.kill()
            await bot.ended()
        for expected in (["thank you for the stream"], []):
            async with run_bot(*settings(twitch, tmp_path, "null")) as bot:
                await bot.ready()
                if expected:
                    await bot.spoken("thank you for the stream")
                await twitch.privmsg("the next one", "Carol")
                await bot.spoken("the next one")
                assert bot.texts("Speaking") == [*expected, "the next one"]


async def test_a_paid_message_that_the_engine_refuses_is_spoken_after_a_restart(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, SpeechServer() as server:
        server.script(Answer(status=401))
        arguments = [*settings(twitch, tmp_path, "null"), "--engine.url", server.url]
        async with run_bot(*arguments) as bot:
            await twitch.joined()
            await bot.ready()
            await twitch.privmsg("Cheer100 thank you", "Bob", tags={"bits": "100"})
            await bot.until("Dropped", lambda entry: entry["reason"] == "engine")
        async with run_bot(*arguments) as bot:
            await bot.spoken("thank you")


async def test_an_engine_elsewhere_with_its_token(tmp_path: Path) -> None:
    env = os.environ | {"BOT_ENGINE__TOKEN": "a-secret-of-the-test"}
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "engine"), env=env, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert engine.stdout
        url = json.loads(await engine.stdout.readline())["listening"]
        async with FakeTwitch() as twitch:
            arguments = [*settings(twitch, tmp_path, "null"), "--engine.url", url]
            async with run_bot(*arguments, env=env) as bot:
                await twitch.joined()
                await bot.ready()
                await twitch.privmsg("hello from afar", "Alice")
                await bot.spoken("hello from afar")
                assert "a-secret-of-the-test" not in bot.errors + json.dumps(bot.entries)
            without = {key: value for key, value in env.items() if key != "BOT_ENGINE__TOKEN"}
            async with run_bot(*arguments, env=without) as bot:
                await twitch.joined()
                await twitch.privmsg("hello again", "Alice")
                await bot.until("Dropped", lambda entry: entry["reason"] == "engine")
    finally:
        engine.terminate()
        await engine.wait()


async def test_a_second_bot_leaves_the_store_of_the_first_alone(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, SpeechServer() as server:
        arguments = [*settings(twitch, tmp_path, "null"), "--engine.url", server.url]
        async with run_bot(*arguments) as first:
            await twitch.joined()
            await first.ready()
            async with run_bot(*arguments) as second:
                assert await second.ended() == 1
            assert second.errors.count("\n") == 1
            assert "another bot uses the store" in second.errors
            assert "--store" in second.errors
            listing = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "readings", "list", *arguments), cwd=ROOT
            )
            assert await listing.wait() == 0
            first.process.kill()
            await first.ended()
        async with run_bot(*arguments) as third:  # what was killed holds nothing
            await third.ready()
