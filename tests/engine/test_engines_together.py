"""Several engines in one process: the light one speaks at once, and in the stead of one that cannot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from bot.engine import host as host_module
from bot.engine.engine import EngineAbsent, EngineFault
from bot.engine.host import Host
from tests.engine.hosted import URL, add_voice, client_of, health, hosting
from tests.fakes.engine import FakeEngine
from tests.waiting import until

LIGHT, HEAVY = 0.25, 0.75  # what a sample of each engine is


@pytest.fixture
def light() -> FakeEngine:
    return FakeEngine("light", LIGHT)


@pytest.fixture
def heavy() -> FakeEngine:
    return FakeEngine("heavy", HEAVY)


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    for name, engine, language in (
        ("anna", "heavy", "en"),
        ("mei", "light", "zh"),
        ("leo", "light", "en"),
        ("li", "heavy", "zh"),
    ):
        add_voice(tmp_path, name, engine, language)
    return tmp_path


@pytest.fixture
async def host(light: FakeEngine, heavy: FakeEngine, voices: Path) -> AsyncIterator[Host]:
    async with hosting(voices, light, heavy) as host:
        yield host


@pytest.fixture
async def client(host: Host) -> AsyncIterator[aiohttp.ClientSession]:
    async with client_of(host) as session:
        yield session


async def settled(host: Host) -> None:
    host.start()
    await until(lambda: host.settled)


async def spoken(host: Host, voice: str, text: str = "x") -> float:
    """The level of what is heard."""
    found = host.find(voice)
    assert found
    async with contextlib.aclosing(host.speak(text, found, 1.0)) as pieces:
        heard = b"".join([piece async for piece in pieces])
    return round(float(np.frombuffer(heard, "<i2").mean()) / 32767, 2)


async def listed(client: aiohttp.ClientSession) -> list[str]:
    async with client.get("/v1/voices") as answer:
        return [voice["id"] for voice in (await answer.json())["voices"]]


async def test_the_light_one_speaks_while_the_other_loads(
    heavy: FakeEngine, host: Host, client: aiohttp.ClientSession
) -> None:
    heavy.may_load.clear()
    host.start()
    await until(lambda: host.health.status == "ready" and "MB" in host.health.detail)
    found = await health(client)
    assert (found["status"], found["settled"], found["engine"]) == ("ready", False, "light")
    assert found["detail"] == "Ready with 2 voices. heavy: Downloading: 1 of 2 MB."
    assert [(one["name"], one["status"], one["voices"]) for one in found["engines"]] == [
        ("light", "ready", 2),
        ("heavy", "loading", 0),
    ]
    assert await listed(client) == ["leo", "mei"]
    for voice in ("leo", "mei", "anna", "li"):  # the last two by those who stand in
        async with client.post(URL, json={"input": "x", "voice": voice, "response_format": "pcm"}) as answer:
            assert answer.status == 200
            assert set(np.frombuffer(await answer.read(), "<i2")) == {round(LIGHT * 32767)}

    heavy.may_load.set()
    await until(lambda: host.settled)
    found = await health(client)
    assert (found["detail"], found["engine"], found["settled"]) == ("Ready with 4 voices.", "heavy", True)
    assert found["engines"][1]["device"] == "cuda"
    assert await listed(client) == ["anna", "leo", "li", "mei"]
    assert host.absent == []
    assert await spoken(host, "anna") == HEAVY
    assert await spoken(host, "leo") == LIGHT


async def test_who_stands_in_speaks_the_language_and_is_always_the_same(host: Host) -> None:
    await settled(host)
    for voice, language_of in (("anna", "leo"), ("li", "mei")):
        stand_in = host.stand_in(host.voices[voice])
        assert stand_in
        assert stand_in.id == language_of
    assert host.stand_in(host.voices["leo"]) is None


async def test_neither_waits_for_the_other(heavy: FakeEngine, host: Host) -> None:
    await settled(host)
    held = asyncio.create_task(spoken(host, "anna", "hold"))
    await until(lambda: host.workers[1].busy > 0)
    assert await spoken(host, "leo") == LIGHT
    assert host.active == 1
    heavy.may_go.set()
    assert await held == HEAVY


@pytest.mark.parametrize(
    ("fault", "detail", "status"),
    [
        (EngineAbsent("heavy is not used: no GPU"), "heavy is not used: no GPU.", "absent"),
        (EngineFault("model.pt is cut off"), "The engine heavy did not load: model.pt is cut off.", "failed"),
        (RuntimeError(), "The engine heavy did not load: RuntimeError.", "failed"),
    ],
)
async def test_an_engine_that_does_not_load_costs_only_its_voices(
    fault: Exception,
    detail: str,
    status: str,
    heavy: FakeEngine,
    host: Host,
    client: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
) -> None:
    heavy.fault = fault
    await settled(host)
    found = await health(client)
    assert (found["status"], found["detail"]) == ("ready", f"Ready with 2 voices. {detail}")
    assert found["engines"][1]["status"] == status
    assert await listed(client) == ["leo", "mei"]
    async with client.get("/v1/voices") as answer:
        absent = (await answer.json())["absent"]
    assert [(one["id"], one["engine"], one["why"]) for one in absent] == [
        ("anna", "heavy", detail),
        ("li", "heavy", detail),
    ]
    assert await spoken(host, "anna") == LIGHT
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == isinstance(fault, RuntimeError)


async def test_if_none_loads_that_is_a_failure(light: FakeEngine, heavy: FakeEngine, host: Host) -> None:
    light.fault, heavy.fault = RuntimeError("no library"), EngineAbsent("heavy is not used")
    await settled(host)
    assert host.health.status == "failed"
    assert host.health.detail == "The engine light did not load: no library. heavy is not used."
    assert host.find("anna") is None


async def test_the_heavy_one_alone_is_enough(light: FakeEngine, host: Host) -> None:
    light.fault = RuntimeError("no library")
    await settled(host)
    assert host.health.detail == "Ready with 2 voices. The engine light did not load: no library."
    assert await spoken(host, "anna") == HEAVY
    with pytest.raises(RuntimeError, match="out of memory"):
        await spoken(host, "anna", "refuse, heavy")
    assert host.find("leo") is None


async def test_a_text_that_an_engine_refuses_is_spoken_by_the_light_one(
    host: Host, client: aiohttp.ClientSession
) -> None:
    await settled(host)
    assert await spoken(host, "anna", "refuse, heavy") == LIGHT
    said = "heavy failed at a message (out of memory), and Leo spoke it instead."
    assert (await health(client))["detail"] == f"Ready with 4 voices. {said}"
    await spoken(host, "anna", "refuse, heavy")
    assert (await health(client))["detail"].count("failed") == 1
    assert await spoken(host, "anna") == HEAVY


async def test_a_text_that_breaks_half_way_is_the_light_ones_when_it_is_asked_for_again(
    host: Host, client: aiohttp.ClientSession
) -> None:
    await settled(host)
    async with client.post(URL, json={"input": "break, heavy", "voice": "anna"}) as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    assert await spoken(host, "anna", "break, heavy") == LIGHT
    await until(lambda: host.active == 0)


async def test_a_text_of_which_an_engine_makes_no_sound_is_the_light_ones(host: Host) -> None:
    await settled(host)
    assert await spoken(host, "anna", "silence, heavy") == LIGHT
    assert host.health.detail == "Ready with 4 voices."


async def test_what_the_light_one_refuses_nobody_speaks(host: Host) -> None:
    await settled(host)
    with pytest.raises(RuntimeError):
        await spoken(host, "leo", "refuse, light")


async def test_voices_that_come_and_go(
    heavy: FakeEngine, host: Host, client: aiohttp.ClientSession, voices: Path
) -> None:
    await settled(host)
    add_voice(voices, "ben", "heavy")
    (voices / "li" / "voice.toml").unlink()
    assert await listed(client) == ["anna", "ben", "leo", "mei"]
    assert await spoken(host, "ben") == HEAVY


async def test_a_change_is_taken_up_even_if_whoever_asked_has_gone(
    heavy: FakeEngine, host: Host, voices: Path
) -> None:
    await settled(host)
    held = asyncio.create_task(spoken(host, "anna", "hold"))
    await until(lambda: host.workers[1].busy > 0)
    add_voice(voices, "ben", "heavy")
    add_voice(voices, "tom", "light")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(host.refresh(), 0.01)  # as a client that waits no longer
    heavy.may_go.set()
    await held
    await until(lambda: {"ben", "tom"} <= set(host.voices))


async def test_who_asks_while_a_change_is_taken_up_waits_for_it(
    heavy: FakeEngine, host: Host, voices: Path
) -> None:
    await settled(host)
    held = asyncio.create_task(spoken(host, "anna", "hold"))
    await until(lambda: host.workers[1].busy > 0)
    add_voice(voices, "ben", "heavy")
    first = asyncio.create_task(host.refresh())
    await asyncio.sleep(0)
    second = asyncio.create_task(host.refresh())
    heavy.may_go.set()
    await second
    assert "ben" in host.voices
    await asyncio.gather(first, held)


async def test_a_change_while_an_engine_gets_its_voices_ready_is_not_lost(
    heavy: FakeEngine, host: Host, voices: Path
) -> None:
    loop = asyncio.get_running_loop()

    def change() -> None:
        add_voice(voices, "ben", "heavy")
        asyncio.run_coroutine_threadsafe(host.refresh(), loop).result(5)

    heavy.during_prepare.append(change)
    await settled(host)
    assert await spoken(host, "ben") == HEAVY


async def test_a_voice_at_which_an_engine_breaks_costs_only_itself(
    host: Host, voices: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_voice(voices, "odd", "heavy")
    await settled(host)
    assert list(host.voices) == ["anna", "leo", "li", "mei"]
    assert "The voice odd is skipped" in caplog.text
    add_voice(voices, "ben", "heavy")
    await host.refresh()
    assert await spoken(host, "ben") == HEAVY
    assert await spoken(host, "odd") == LIGHT


async def test_an_engine_without_voices_is_told(
    host: Host, client: aiohttp.ClientSession, voices: Path
) -> None:
    for name in ("anna", "li"):
        (voices / name / "voice.toml").unlink()
        (voices / name).rmdir()
    await settled(host)
    assert (await health(client))["detail"].startswith("Ready with 2 voices. heavy is ready, and no voice is")


async def test_an_engine_that_nobody_knows(
    host: Host, voices: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_voice(voices, "otto", "espeek")
    await settled(host)
    assert "The voice otto is for the engine 'espeek', which there is not." in caplog.messages


async def test_one_that_hangs_is_told(heavy: FakeEngine, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "_HANGS", 0.0)
    await settled(host)
    held = asyncio.create_task(spoken(host, "anna", "hold"))
    await until(lambda: host.health.status == "failed")
    assert host.health.detail == "The engine heavy hangs."
    heavy.may_go.set()
    assert await held == HEAVY
    assert host.health.status == "ready"


async def test_what_comes_is_made_while_nobody_speaks(
    heavy: FakeEngine, host: Host, client: aiohttp.ClientSession
) -> None:
    await settled(host)
    requests = [{"input": text, "voice": voice} for text, voice in (("1", "anna"), ("2", "leo"), ("3", "li"))]
    async with client.post("/v1/audio/ahead", json={"requests": requests}) as answer:
        assert answer.status == 202
    await until(lambda: heavy.made == ["1", "3"])  # the light engine's own is nothing to make ahead


async def test_nothing_is_made_ahead_while_somebody_speaks(heavy: FakeEngine, host: Host) -> None:
    await settled(host)
    voice = host.find("anna")
    assert voice
    speech = host.speak("hold", voice, 1.0)
    first = asyncio.ensure_future(anext(speech))
    await asyncio.sleep(0)
    host.ahead([("1", "anna", 1.0)])
    heavy.may_go.set()
    await first
    assert heavy.made == []
    async with contextlib.aclosing(speech):
        async for _ in speech:
            pass
    await until(lambda: heavy.made == ["1"])


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"requests": 1}', '{"requests": [{"input": 1}]}'])
async def test_a_list_of_what_comes_that_is_none_is_refused(
    host: Host, client: aiohttp.ClientSession, body: str
) -> None:
    await settled(host)
    async with client.post("/v1/audio/ahead", data=body) as answer:
        assert answer.status == 400
        assert "error" in await answer.json()


async def test_an_engine_that_is_quick_wants_to_know_nothing(light: FakeEngine, voices: Path) -> None:
    async with hosting(voices, light) as host, client_of(host) as client:
        await settled(host)
        async with client.post("/v1/audio/ahead", json={"requests": []}) as answer:
            assert answer.status == 501
