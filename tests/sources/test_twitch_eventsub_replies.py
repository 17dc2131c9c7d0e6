"""Writing into a Twitch chat: limits, refusals, and that the bot does not hear itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.messages import State
from bot.sources.twitch_account import TwitchAccount
from bot.sources.twitch_eventsub import TwitchEventSub
from bot.sources.twitch_replies import ReplyDropped, ReplySent, TwitchReplies, fit
from bot.sources.twitch_subscriptions import READ_CHAT
from tests.fakes import twitch_payloads as p
from tests.fakes.twitch_eventsub import FakeTwitchEventSub
from tests.fakes.twitch_id import CLIENT_ID
from tests.fakes.twitch_irc import user_id
from tests.sources.conftest import Listener, VirtualTime
from tests.sources.twitch_credentials import CountedCredentials

CHAT = "channel.chat.message"


@pytest.fixture
def store(tmp_path: Path, server: FakeTwitchEventSub) -> CountedCredentials:
    made = CountedCredentials(tmp_path)
    made.save("twitch", server.grant("some_bot"))
    return made


@pytest.fixture
def account(server: FakeTwitchEventSub, store: CountedCredentials) -> TwitchAccount:
    return TwitchAccount(CLIENT_ID, store, urls=server.urls)


@pytest.fixture
def replies(account: TwitchAccount, time: VirtualTime) -> TwitchReplies:
    return TwitchReplies("streamer", account, clock=time.clock, sleep=time.sleep)


async def test_an_answer(replies: TwitchReplies, server: FakeTwitchEventSub) -> None:
    sent = await replies.send("pong", "message-1")
    (said,) = server.said
    assert sent == ReplySent(said.pop("id"))
    assert said == {
        "broadcaster_id": user_id("streamer"),
        "sender_id": user_id("some_bot"),
        "message": "pong",
        "reply_parent_message_id": "message-1",
    }
    await replies.send("no answer")
    assert "reply_parent_message_id" not in server.said[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi", "hi"),
        ("  a\r\nPRIVMSG #b :c\t\x00 ", "a PRIVMSG #b :c"),
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 499 + "…"),
        ("word " * 200, "word " * 98 + "word…"),
        (" \n", ""),
    ],
)
def test_what_fits(text: str, expected: str) -> None:
    assert fit(text) == expected
    assert len(fit(text)) <= 500


async def test_one_a_second_and_twenty_in_thirty(
    account: TwitchAccount, server: FakeTwitchEventSub, time: VirtualTime
) -> None:
    replies = TwitchReplies("streamer", account, clock=time.clock, sleep=time.sleep, patience=60)
    began, at = time.now, []
    for number in range(21):
        assert isinstance(await replies.send(str(number)), ReplySent)
        at.append(time.now - began)
    assert at == [*map(float, range(20)), 30.0]


async def test_who_would_wait_too_long_is_told_so(replies: TwitchReplies, server: FakeTwitchEventSub) -> None:
    results = await asyncio.gather(*(replies.send(str(number)) for number in range(30)))
    dropped = [result for result in results if isinstance(result, ReplyDropped)]
    assert len(server.said) == 11
    assert len(dropped) == 19
    assert {result.reason for result in dropped} == {"too many replies at once: Twitch allows 20 in 30 s"}


async def test_what_twitch_drops(replies: TwitchReplies, server: FakeTwitchEventSub) -> None:
    server.drop_message = "your message was held by AutoMod"
    assert await replies.send("hi") == ReplyDropped(
        "Twitch dropped the reply: your message was held by AutoMod"
    )


async def test_a_twitch_that_is_away(replies: TwitchReplies, server: FakeTwitchEventSub) -> None:
    await replies.send("hi")
    server.fail_with = 503
    assert await replies.send("hi") == ReplyDropped("Twitch has trouble (HTTP 503)")
    await server.stop()
    assert await replies.send("hi") == ReplyDropped("Twitch cannot be reached: is this computer online?")


async def test_a_login_that_does_not_allow_it(
    replies: TwitchReplies, server: FakeTwitchEventSub, store: CountedCredentials
) -> None:
    store.save("twitch", server.grant("some_bot", (READ_CHAT,)))
    dropped = await replies.send("hi")
    assert isinstance(dropped, ReplyDropped)
    assert "python -m bot login twitch" in dropped.reason


async def test_nothing_to_say_and_nowhere_to_say_it(
    replies: TwitchReplies, account: TwitchAccount, server: FakeTwitchEventSub
) -> None:
    assert isinstance(await replies.send(" \n "), ReplyDropped)
    assert isinstance(await TwitchReplies("no channel!", account).send("hi"), ReplyDropped)
    server.known = set()
    assert await replies.send("hi") == ReplyDropped('Twitch knows no channel "streamer"')


async def test_a_token_that_ran_out_is_renewed_on_the_way(
    replies: TwitchReplies, server: FakeTwitchEventSub, store: CountedCredentials
) -> None:
    await replies.send("one")
    server.expire()
    assert isinstance(await replies.send("two"), ReplySent)
    assert store.load("twitch")["access_token"] == server.tokens[-1].access


async def test_the_bot_does_not_hear_itself(
    account: TwitchAccount, replies: TwitchReplies, server: FakeTwitchEventSub
) -> None:
    listener = Listener(TwitchEventSub("streamer", account, linger=0.05).events())
    await listener.state(State.READY)
    sent = await replies.send("pong")
    assert isinstance(sent, ReplySent)
    await server.send(CHAT, p.message("pong", "Some_Bot", message_id=sent.message_id))
    await server.send(CHAT, p.message("pong", "Some_Bot"))  # a person, with the same account
    assert (await listener.message()).id != sent.message_id
    await listener.close()
