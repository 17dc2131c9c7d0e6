"""Chat commands through the whole bot: a Twitch chat on loopback, the bot as a process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.bot_process import BotProcess, run_bot
from tests.fakes.twitch_irc import FakeTwitch

SUBSCRIBER = {"badges": "subscriber/3", "badge-info": "subscriber/3", "subscriber": "1"}
MODERATOR = {"badges": "moderator/1", "mod": "1"}
LONG = "this one takes a while to say, and then it goes on for a bit, and on, and on, until it ends."


def settings(twitch: FakeTwitch, folder: Path) -> list[str]:
    return [
        *("--twitch.channel", "teststreamer", "--twitch.url", twitch.url, "--audio.output", "null"),
        *("--store", str(folder / "store.sqlite3"), "--commands.cooldown", "0"),
        *("--rules.blocklist", str(folder / "blocklist.txt"), "--rules.same_viewer", "0"),
        *("--speech.speed", "2"),
    ]


async def answer(bot: BotProcess) -> str:
    return str((await bot.until("Answered"))["text"])


async def started(twitch: FakeTwitch, bot: BotProcess) -> None:
    await twitch.joined()
    await bot.ready()


async def test_a_voice_is_chosen_and_kept_over_a_restart(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch:
        async with run_bot(*settings(twitch, tmp_path)) as bot:
            await started(twitch, bot)
            await twitch.privmsg("!voice bruno", "Alice")
            assert await answer(bot) == "Alice: your voice is bruno now"
            await twitch.privmsg("!voice brno", "Alice")
            assert "bruno" in await answer(bot)
            await twitch.privmsg("!voice ../../etc/passwd", "Alice")
            assert "there is no voice ../../etc/passwd" in await answer(bot)
            await twitch.privmsg("!声音列表", "Alice")
            assert (await answer(bot)).startswith("声音：bruno, leo, mei, pixel")
            await twitch.privmsg("hello there", "Alice")
            assert (await bot.speaking("hello there"))["utterance"]["voice"] == "bruno"
        async with run_bot(*settings(twitch, tmp_path)) as bot:
            await started(twitch, bot)
            await twitch.privmsg("hello again", "Alice")
            assert (await bot.speaking("hello again"))["utterance"]["voice"] == "bruno"


async def test_everyone_keeps_a_voice_of_their_own(tmp_path: Path) -> None:
    chosen: list[dict[str, str]] = []
    for _ in range(2):
        async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
            await started(twitch, bot)
            voices = {}
            for name in ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal"):
                await twitch.privmsg(f"i am {name}", name)
                queued = await bot.until("Queued")
                voices[name] = queued["utterance"]["voice"]
            chosen.append(voices)
    assert chosen[0] == chosen[1]
    assert len(set(chosen[0].values())) >= 3


async def test_no_voice_is_offered_before_its_engine_is_there(tmp_path: Path) -> None:
    """Not even in the moment in which the engine has not yet said which voices it has."""
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path), "--engine.name", "f5") as bot:
        await twitch.joined()
        await twitch.privmsg("!voices", "Alice")
        assert await answer(bot) == "voices: bruno, leo, mei, pixel"


async def test_a_voice_changes_within_a_message(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        await twitch.privmsg("[leo] hello [bruno] goodbye", "Alice")
        spoken = await bot.until("Speaking")
        said = [(part["voice"], part["text"]) for part in spoken["utterance"]["parts"]]
        assert said == [("leo", "hello"), ("bruno", "goodbye")]
        await bot.until("Spoken")


async def test_skip_is_for_ones_own_and_for_moderators(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        await twitch.privmsg(LONG, "Alice")
        await bot.speaking(LONG)
        await twitch.privmsg("!skip", "Bob")
        assert await answer(bot) == "nothing of yours is being read"
        await twitch.privmsg("!skip", "Alice")
        assert await answer(bot) == "skipped"
        await twitch.privmsg(LONG, "Carol")
        await bot.speaking(LONG)
        await twitch.privmsg("!跳过", "Mod", tags=MODERATOR)
        assert await answer(bot) == "已跳过"
        dropped = [entry["reason"] for entry in bot.entries if entry["kind"] == "Dropped"]
        assert dropped == ["skipped", "skipped"]


async def test_pause_resume_clear_and_off_are_for_moderators(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        for command in ("!pause", "!clear", "!tts off", "!volume 10", "!mute Alice", "!block x", "!nonsense"):
            await twitch.privmsg(command, "Alice")
        await twitch.privmsg("!pause", "Mod", tags=MODERATOR)
        assert await answer(bot) == "paused"
        await twitch.privmsg("while it is paused", "Alice")
        await twitch.privmsg("!queue", "Mod", tags=MODERATOR)
        assert (await answer(bot)).startswith("1 waiting")
        await twitch.privmsg("!clear", "Mod", tags=MODERATOR)
        assert await answer(bot) == "1 messages are gone"
        await twitch.privmsg("after that", "Alice")
        await twitch.privmsg("!resume", "Mod", tags=MODERATOR)
        await bot.spoken("after that")
        await twitch.privmsg("!tts off", "Mod", tags=MODERATOR)
        await twitch.privmsg("nobody hears this", "Alice")
        assert await bot.until("Refused", lambda entry: entry["reason"] == "off")
        await twitch.privmsg("!tts on", "Mod", tags=MODERATOR)
        await twitch.privmsg("this is heard", "Alice")
        await bot.spoken("this is heard")
        await twitch.privmsg("!volume 30", "Mod", tags=MODERATOR)
        assert await answer(bot) == "volume 30 %"
        assert bot.texts("Speaking") == ["after that", "this is heard"]


async def test_a_muted_viewer_is_not_read_until_unmuted(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        await twitch.privmsg(LONG, "Alice")
        await bot.speaking(LONG)
        await twitch.privmsg("!mute @alice", "Mod", tags=MODERATOR)
        await bot.until("Dropped", lambda entry: entry["reason"] == "muted")
        assert await answer(bot) == "Alice is not read any more"
        await twitch.privmsg("hello?", "Alice")
        await bot.until("Refused", lambda entry: entry["reason"] == "muted")
        await twitch.privmsg("!unmute Alice", "Mod", tags=MODERATOR)
        await twitch.privmsg("back", "Alice")
        await bot.spoken("back")


async def test_words_are_taught_blocked_and_forgotten(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        await twitch.privmsg("!teach ghoti = goat", "Bob")
        await bot.spoken("goat")
        await twitch.privmsg("ghoti is for Bob alone", "Carol")
        await bot.spoken("ghoti is for Bob alone")
        await twitch.privmsg("!forget ghoti", "Bob")
        assert "as usual again" in (await bot.until("Answered"))["text"]
        await twitch.privmsg("!teach ghoti = fish", "Alice", tags=SUBSCRIBER)
        assert await answer(bot) == "Alice: ghoti is read fish"
        await bot.spoken("fish")  # the bot says it once, as it is read now
        await twitch.privmsg("I like ghoti", "Bob")
        await bot.spoken("I like fish")
        await twitch.privmsg("!readings", "Bob")
        assert await answer(bot) == "readings: ghoti = fish"
        await twitch.privmsg("!forget ghoti", "Mod", tags=MODERATOR)
        await bot.until("Answered")
        await twitch.privmsg("ghoti again", "Bob")
        await bot.spoken("ghoti again")
        await twitch.privmsg("!block cucumber", "Mod", tags=MODERATOR)
        assert await answer(bot) == "c… is blocked"
        await twitch.privmsg("I like CU-CUM-BER", "Bob")
        assert (await bot.until("Refused", lambda entry: entry["reason"] != "command"))["reason"] == "blocked"
        await twitch.privmsg("!unblock cucumber", "Mod", tags=MODERATOR)
        await bot.until("Answered")
        await twitch.privmsg("cucumber time", "Bob")
        await bot.spoken("cucumber time")


async def test_answers_come_in_the_language_of_the_command_and_hold_hostile_names(tmp_path: Path) -> None:
    async with FakeTwitch() as twitch, run_bot(*settings(twitch, tmp_path)) as bot:
        await started(twitch, bot)
        for name in ("{0.__class__}", "%s%n", "<img src=x>", "\u202eevil", "爱丽丝"):
            await twitch.privmsg("!speed 1.5", name)
            assert (await answer(bot)).endswith("your speed is 1.5 now")
            await twitch.privmsg("!语速 快", name)
            assert (await answer(bot)).endswith("语速是 0.5 到 2 的数字")
        await twitch.privmsg("!叫我小明", "Alice")
        assert await answer(bot) == "Alice：以后叫你 小明"
        await twitch.privmsg("!help", "Alice")
        assert "voice" in await answer(bot)
        await asyncio.sleep(0)
