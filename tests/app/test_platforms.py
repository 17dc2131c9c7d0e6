"""Logins and platforms as the command line builds them, against servers that speak the real protocols."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.app import Bot
from bot.command_line.commands import login as login_command
from bot.config import Settings, load_settings
from bot.credentials import Credentials
from bot.feed import Feed
from bot.messages import Answered, FeedEntry, Queued, SourceState, State
from bot.platforms import kept, live
from bot.sources.bilibili import Bilibili
from bot.sources.twitch_eventsub import TwitchEventSub
from bot.sources.twitch_irc import TwitchIrc
from tests.app.test_command_line import bot
from tests.fakes.bilibili import ROOM, FakeBilibili
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID


def settings(folder: Path, **flags: str) -> Settings:
    given = {"store": str(folder / "s"), "logins": str(folder / "logins"), "audio.output": "null"}
    return load_settings(given | {key.replace("__", "."): value for key, value in flags.items()}, None)


async def test_login_twitch_shows_a_code_and_keeps_the_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with FakeTwitchEventSub() as twitch:
        twitch.interval = 1
        logins = Credentials(tmp_path / "logins")
        wanted = settings(tmp_path, twitch__client_id=CLIENT_ID)
        task = asyncio.create_task(login_command._twitch(wanted, logins, twitch.urls))
        async with asyncio.timeout(20):
            await twitch.until(lambda: bool(twitch.devices))
            twitch.approve("streamer")
            await task
        shown = capsys.readouterr().out
        assert "check that it shows" in shown
        assert "█" in shown
        assert "Logged in as streamer" in shown
        kept = logins.load("twitch")
        assert kept
        assert all(token not in shown for token in kept.values() if len(token) > 15)


def test_login_needs_a_client_id_and_can_be_forgotten(tmp_path: Path) -> None:
    code, _, errors = bot("login", "twitch", "--logins", str(tmp_path))
    assert code == 2
    assert "dev.twitch.tv" in errors
    Credentials(tmp_path).save("bilibili", {"sessdata": "x"})
    code, _, _ = bot("login", "bilibili", "--forget", "--logins", str(tmp_path))
    assert code == 0
    assert Credentials(tmp_path).load("bilibili") == {}
    (tmp_path / "bilibili.json").write_text("{broken")
    code, _, errors = bot("--bilibili.room", "6", "--logins", str(tmp_path), "--audio.output", "null")
    assert code == 1
    assert "login bilibili" in errors
    assert "broken" in errors


def test_every_channel_and_room_is_a_platform(tmp_path: Path) -> None:
    wanted = settings(tmp_path, twitch__channel="one, two", bilibili__room="6,https://live.bilibili.com/22")
    assert [(p.source, p.channel) for p in live(wanted)] == [
        ("twitch", "one"),
        ("twitch", "two"),
        ("bilibili", "6"),
        ("bilibili", "22"),
    ]
    assert all(platform.answer is None for platform in live(wanted))


def test_a_login_makes_another_reader_that_can_answer(tmp_path: Path) -> None:
    Credentials(tmp_path / "logins").save("twitch", {"access_token": "a", "refresh_token": "r"})
    with_login = settings(
        tmp_path, twitch__channel="one", twitch__client_id="c", bilibili__room="6",
        bilibili__cookies="SESSDATA=abc; bili_jct=def",
    )  # fmt: skip
    assert all(platform.answer is not None for platform in live(with_login))
    assert "abc" not in repr(with_login)
    assert TwitchIrc.name == TwitchEventSub.name == "twitch"


async def test_bilibili_is_heard_and_answered_through_the_whole_bot(tmp_path: Path) -> None:
    entries: list[FeedEntry] = []
    news = asyncio.Event()

    def show(entry: FeedEntry) -> None:
        entries.append(entry)
        news.set()

    async with FakeBilibili() as fake:
        feed = Feed()
        feed.subscribe(show)
        wanted = settings(tmp_path, commands__cooldown="0")
        # Every host of Bilibili's is this server; the addresses themselves stay as they are.
        platforms = [kept(Bilibili(str(ROOM), session=fake.session))]
        running = asyncio.create_task(Bot(wanted, platforms, feed, voices=Path("voices")).run())
        try:
            async with asyncio.timeout(20):
                while not any(isinstance(e, SourceState) and e.state is State.READY for e in entries):
                    news.clear()
                    await news.wait()
                await fake.danmu("主播晚上好", "观众一号")
                await fake.danmu("!声音 leo", "观众一号")
                while not any(isinstance(e, Answered) for e in entries):
                    news.clear()
                    await news.wait()
        finally:
            running.cancel()
            await asyncio.wait((running,))
    queued = [entry.utterance.text for entry in entries if isinstance(entry, Queued)]
    assert queued == ["主播晚上好"]
    answered = [entry.text for entry in entries if isinstance(entry, Answered)]
    assert answered == ["观众一号：你的声音换成了 leo"]
