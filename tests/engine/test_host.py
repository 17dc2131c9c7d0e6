"""The server around an engine of our own: loading, failing, taking turns, breaking half way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from numpy.typing import NDArray

from bot.engine.engine import Report
from bot.engine.host import Host
from bot.engine.server import MAX_ACTIVE, Server
from bot.engine.voices import Voice, VoiceError

URL = "/v1/audio/speech"


class Fake:
    """Yields five pieces of silence; "break" breaks after two, "refuse" at once; notes what it did."""

    name = "fake"
    rate = 24000
    rehearsal = "1"

    def __init__(self) -> None:
        self.may_load = threading.Event()
        self.may_load.set()
        self.fault: Exception | None = None
        self.steps: list[str] = []
        self.threads: set[int] = set()

    def load(self, report: Report) -> None:
        report(0.5, "Half way.")
        self.may_load.wait(10)
        if self.fault:
            raise self.fault

    def prepare(self, voice: Voice) -> None:
        if voice.id == "bad":
            raise VoiceError("it is bad.")

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[NDArray[np.float32]]:
        try:
            for number in range(5):
                self.threads.add(threading.get_ident())
                if text == "refuse" or (text == "break" and number == 2):
                    raise RuntimeError("broken")
                self.steps.append(text)
                yield np.zeros(24000, np.float32)
        finally:
            self.steps.append(text + " closed")

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        self.steps += [f"{text} ahead" for text, _, _ in wanted]

    def idle(self) -> bool:
        return False

    def facts(self) -> dict[str, object]:
        return {"device": "none"}


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    for name, engine in (("good", "fake"), ("bad", "fake"), ("other", "f5")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "voice.toml").write_text(
            f'name = "A"\nlanguages = ["en"]\nengine = "{engine}"\n', encoding="utf-8"
        )
    return tmp_path


@pytest.fixture
async def host(fake: Fake, voices: Path) -> AsyncIterator[Host]:
    host = Host({"fake": lambda: fake}, voices)
    yield host
    fake.may_load.set()
    host.close()


@pytest.fixture
async def client(host: Host) -> AsyncIterator[aiohttp.ClientSession]:
    runner = web.AppRunner(Server(host).application(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what changes it is on another thread
            await asyncio.sleep(0.001)


async def ready(host: Host) -> None:
    host.start()
    await until(lambda: host.health.status in ("ready", "failed"))


async def status(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/health") as answer:
        body: dict[str, Any] = await answer.json()
        return body


async def test_while_it_loads(fake: Fake, host: Host, client: aiohttp.ClientSession) -> None:
    fake.may_load.clear()
    host.start()
    await until(lambda: host.health.detail == "Half way.")
    found = await status(client)
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


async def test_an_engine_that_does_not_load(fake: Fake, host: Host, client: aiohttp.ClientSession) -> None:
    fake.fault = RuntimeError("no GPU")
    await ready(host)
    found = await status(client)
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


async def test_no_voice_at_all_is_a_failure(fake: Fake, tmp_path: Path) -> None:
    host = Host({"fake": lambda: fake}, tmp_path)
    await ready(host)
    assert host.health.status == "failed"
    assert "No voice" in host.health.detail
    host.close()


async def test_requests_take_turns_on_one_thread(fake: Fake, host: Host) -> None:
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


async def test_what_is_not_wanted_any_more_is_closed(fake: Fake, host: Host) -> None:
    await ready(host)
    fake.steps.clear()
    async with contextlib.aclosing(host.speak("a", host.voices["good"], 1.0)) as pieces:
        await anext(pieces)
        assert host.active == 1
    await until(lambda: host.active == 0)
    assert fake.steps == ["a", "a closed"]


async def test_an_error_before_the_first_piece_is_an_error(host: Host, client: aiohttp.ClientSession) -> None:
    await ready(host)
    async with client.post(URL, json={"input": "refuse", "voice": "good"}) as answer:
        assert answer.status == 500
        assert (await answer.json())["error"]["type"] == "server_error"
    await until(lambda: host.active == 0)


async def test_an_error_half_way_breaks_the_stream(host: Host, client: aiohttp.ClientSession) -> None:
    await ready(host)
    async with client.post(URL, json={"input": "break", "voice": "good"}) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    await until(lambda: host.active == 0)
    assert (await status(client))["status"] == "ready"


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
