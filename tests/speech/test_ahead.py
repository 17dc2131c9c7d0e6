"""What comes next is told to an engine that makes use of it, once for each change, and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.messages import EngineState, Queued, State, Utterance
from bot.speech.ahead import Ahead
from bot.speech.synthesizer import Synthesizer
from tests.fakes.speech_server import SpeechServer
from tests.waiting import until


class Link:
    def __init__(self, base: str) -> None:
        self.base = base

    async def run(self) -> None: ...

    async def address(self) -> str:
        return self.base

    def suspect(self) -> None: ...


class Bot:
    """A queue that tells of its changes."""

    def __init__(self, server: SpeechServer, session: aiohttp.ClientSession) -> None:
        self.waiting: list[Utterance] = []
        self.now = 0.0
        self.link = link = Link(server.url)
        requests = Synthesizer(link, lambda: session).requests
        self.looked = 0  # how often it was asked what waits
        self.ahead = Ahead(link, lambda: session, self.coming, requests, lambda: self.now)

    def coming(self) -> list[Utterance]:
        self.looked += 1
        return self.waiting

    def put(self, text: str) -> None:
        utterance = Utterance(id=text, text=text, voice="anna")
        self.waiting.append(utterance)
        self.ahead.show(Queued(utterance))

    def take(self) -> None:
        self.ahead.show(Queued(self.waiting.pop(0)))


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    async with SpeechServer(ahead=202) as server:
        yield server


@pytest.fixture
async def bot(server: SpeechServer) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        bot = Bot(server, session)
        running = asyncio.create_task(bot.ahead.run())
        yield bot
        running.cancel()


def named(server: SpeechServer) -> list[list[str]]:
    return [[one["input"] for one in each] for each in server.told_ahead]


async def test_all_that_waits_is_named_in_order_clause_by_clause(server: SpeechServer, bot: Bot) -> None:
    bot.put("hello there everybody. how are you today?")
    bot.put("第二条")
    await until(lambda: bool(server.told_ahead))
    assert named(server) == [["hello there everybody.", "how are you today?", "第二条"]]
    assert server.told_ahead[0][0]["voice"] == "anna"


async def test_each_change_is_told_anew(server: SpeechServer, bot: Bot) -> None:
    bot.put("one")
    await until(lambda: len(server.told_ahead) == 1)
    bot.put("two")
    await until(lambda: len(server.told_ahead) == 2)
    bot.take()
    await until(lambda: len(server.told_ahead) == 3)
    assert named(server) == [["one"], ["one", "two"], ["two"]]


async def test_what_did_not_change_is_not_told(server: SpeechServer, bot: Bot) -> None:
    bot.put("one")
    await until(lambda: len(server.told_ahead) == 1)
    looked = bot.looked
    bot.ahead.show(Queued(bot.waiting[0]))
    await until(lambda: bot.looked > looked)
    bot.put("two")
    await until(lambda: len(server.told_ahead) == 2)
    assert named(server) == [["one"], ["one", "two"]]


async def test_only_so_many_are_named(server: SpeechServer, bot: Bot) -> None:
    for number in range(40):
        bot.put(f"message {number}")
    await until(lambda: bool(server.told_ahead))
    assert named(server) == [[f"message {number}" for number in range(8)]]


async def test_an_engine_that_was_started_anew_is_told_again(server: SpeechServer, bot: Bot) -> None:
    bot.put("one")
    await until(lambda: len(server.told_ahead) == 1)
    async with SpeechServer(ahead=202) as anew:
        bot.link.base = anew.url
        bot.ahead.show(EngineState(State.READY, "Ready."))
        await until(lambda: len(anew.told_ahead) == 1)
    assert named(anew) == [["one"]]


async def test_an_engine_that_was_left_alone_is_told_what_has_not_changed(
    server: SpeechServer, bot: Bot
) -> None:
    server.ahead = 501
    bot.put("one")
    await until(lambda: len(server.told_ahead) == 1)
    looked = bot.looked
    bot.ahead.show(EngineState(State.READY, "Ready."))
    await until(lambda: bot.looked > looked)  # so the answer has come
    server.ahead, bot.now = 202, 31.0
    bot.ahead.show(EngineState(State.READY, "Ready."))
    await until(lambda: len(server.told_ahead) == 2)
    assert named(server) == [["one"], ["one"]]


async def test_an_engine_that_does_not_know_it_is_left_alone_for_a_while(
    server: SpeechServer, bot: Bot
) -> None:
    server.ahead = 404
    bot.put("one")
    await until(lambda: len(server.told_ahead) == 1)
    looked = bot.looked
    bot.put("two")
    await until(lambda: bot.looked > looked)
    bot.now = 31.0
    bot.put("three")
    await until(lambda: len(server.told_ahead) == 2)
    assert named(server) == [["one"], ["one", "two", "three"]]
