"""The server around an engine of our own: loading, failing, taking turns, breaking half way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.engine.host import Host
from bot.engine.server import MAX_ACTIVE
from tests.engine.hosted import URL, add_voice, client_of, health, hosting
from tests.fakes.engine import FakeEngine
from tests.waiting import until


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine("fake", pieces=5, rehearsal="1")


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    for name, engine in (("good", "fake"), ("bad", "fake"), ("other", "f5")):
        add_voice(tmp_path, name, engine)
    return tmp_path


@pytest.fixture
async def host(fake: FakeEngine, voices: Path) -> AsyncIterator[Host]:
    async with hosting(voices, fake) as host:
        yield host


@pytest.fixture
async def client(host: Host) -> AsyncIterator[aiohttp.ClientSession]:
    async with client_of(host) as session:
        yield session


async def ready(host: Host) -> None:
    host.start()
    await until(lambda: host.health.status in ("ready", "failed"))


async def test_while_it_loads(fake: FakeEngine, host: Host, client: aiohttp.ClientSession) -> None:
    fake.may_load.clear()
    host.start()
    await until(lambda: "MB" in host.health.detail)
    found = await health(client)
    assert found["status"] == "loading"
    assert 0 < found["progress"] < 1
    async with client.post(URL, json={"input": "x", "voice": "good"}) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        assert (await answer.json())["error"]["code"] == "engine_loading"
    fake.may_load.set()
    await until(lambda: host.health.status == "ready")
    async with client.post(URL, json={"input": "x", "voice": "good", "response_format": "pcm"}) as answer:
        assert len(await answer.read()) == 5 * 48000


async def test_an_engine_that_does_not_load(
    fake: FakeEngine, host: Host, client: aiohttp.ClientSession
) -> None:
    fake.fault = RuntimeError("no GPU")
    await ready(host)
    found = await health(client)
    assert found["status"] == "failed"
    assert "no GPU" in found["detail"]
    async with client.post(URL, json={"input": "x", "voice": "good"}) as answer:
        assert answer.status == 503
        assert "no GPU" in (await answer.json())["error"]["message"]


async def test_voices_that_the_engine_refuses_are_skipped(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    await ready(host)
    assert list(host.voices) == ["good"]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1  # the voice of f5, which does not run here, is no fault
    assert "it is bad" in warnings[0]


async def test_no_voice_at_all_is_a_failure(fake: FakeEngine, tmp_path: Path) -> None:
    host = Host({"fake": lambda: fake}, tmp_path)
    await ready(host)
    assert host.health.status == "failed"
    assert "No voice" in host.health.detail
    host.close()


async def test_requests_take_turns_on_one_thread(fake: FakeEngine, host: Host) -> None:
    await ready(host)
    fake.steps.clear()

    async def consume(text: str) -> None:
        async with contextlib.aclosing(host.speak(text, host.voices["good"], 1.0)) as pieces:
            async for _ in pieces:
                pass

    await asyncio.gather(consume("a"), consume("b"))
    assert [step for step in fake.steps if "closed" not in step] == ["a", "b"] * 5
    assert len(fake.threads) == 1
    assert threading.get_ident() not in fake.threads
    await until(lambda: host.active == 0)


async def test_what_is_not_wanted_any_more_is_closed(fake: FakeEngine, host: Host) -> None:
    await ready(host)
    fake.steps.clear()
    async with contextlib.aclosing(host.speak("a", host.voices["good"], 1.0)) as pieces:
        await anext(pieces)
        assert host.active == 1
    await until(lambda: host.active == 0)
    assert fake.steps == ["a", "a closed"]


async def test_an_error_before_the_first_piece_is_an_error(host: Host, client: aiohttp.ClientSession) -> None:
    await ready(host)
    async with client.post(URL, json={"input": "refuse, fake", "voice": "good"}) as answer:
        assert answer.status == 500
        assert (await answer.json())["error"]["type"] == "server_error"
    await until(lambda: host.active == 0)


async def test_an_error_half_way_breaks_the_stream(host: Host, client: aiohttp.ClientSession) -> None:
    await ready(host)
    async with client.post(URL, json={"input": "break, fake", "voice": "good"}) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    await until(lambda: host.active == 0)
    assert (await health(client))["status"] == "ready"


async def test_too_many_at_once(host: Host, client: aiohttp.ClientSession) -> None:
    await ready(host)
    host.workers[0].active = MAX_ACTIVE
    async with client.post(URL, json={"input": "x", "voice": "good"}) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]["code"] == "busy"


async def test_the_log_names_a_request_by_number_and_never_says_its_text(
    host: Host, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await ready(host)
    async with client.post(URL, json={"input": "secret\nERROR forged", "voice": "good"}) as answer:
        await answer.read()
    async with client.post(URL, json={"input": "x", "voice": "forged\nERROR"}) as answer:
        await answer.read()
    await until(
        lambda: any("speech 1: voice good, 19 characters, 5.00 s" in line for line in caplog.messages)
    )
    assert not any("secret" in line or "forged" in line for line in caplog.messages)
