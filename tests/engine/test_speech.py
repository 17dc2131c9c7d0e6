"""Speech from a real engine process over a real socket."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import struct
import sys
import time
from typing import Any

import aiohttp
import pytest

from tests.engine.running import EngineProcess, StartEngine

URL = "/v1/audio/speech"
LONG = ("The quick brown fox jumps over the lazy dog, and then it sleeps. " * 70)[:4096]


async def speak(client: aiohttp.ClientSession, text: str, **more: Any) -> bytes:
    wanted = {"input": text, "voice": "mei", "response_format": "pcm"} | more
    async with client.post(URL, json=wanted) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


async def health(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/health") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def until_idle(client: aiohttp.ClientSession, seconds: float = 5) -> float:
    """Seconds until no speech is in progress."""
    began = time.perf_counter()
    while (await health(client))["active"]:
        assert time.perf_counter() - began < seconds, "speech goes on"
    return time.perf_counter() - began


async def test_health_and_voices(client: aiohttp.ClientSession) -> None:
    found = await health(client)
    (light,) = found.pop("engines")
    assert found | {"version": "", "detail": ""} == {
        "status": "ready", "progress": 1.0, "detail": "", "engine": "espeak", "active": 0, "version": "",
        "settled": True,
    }  # fmt: skip
    assert (light["name"], light["status"], light["voices"]) == ("espeak", "ready", 4)
    async with client.get("/v1/voices") as answer:
        voices = {voice["id"]: voice for voice in (await answer.json())["voices"]}
    assert {"mei", "leo", "pixel", "bruno"} <= set(voices)
    assert voices["mei"]["languages"] == ["zh", "en"]
    assert voices["mei"]["engine"] == "espeak"
    assert voices["mei"].keys() == {"id", "name", "description", "languages", "engine"}


async def test_pcm_and_wav(client: aiohttp.ClientSession) -> None:
    pcm = await speak(client, "你好，world")
    assert 0.5 < len(pcm) / 48000 < 3
    assert len(pcm) % 2 == 0
    async with client.post(URL, json={"input": "你好，world", "voice": "mei", "model": "tts-1"}) as answer:
        assert answer.headers["Content-Type"] == "audio/wav"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        wav = await answer.read()
    assert wav[44:] == pcm
    fields = struct.unpack("<4sI4s4sIHHIIHH4sI", wav[:44])
    assert fields == (
        b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, 24000, 48000, 2, 16, b"data", 0xFFFFFFFF,
    )  # fmt: skip
    async with client.post(URL, json={"input": "x", "voice": "mei", "response_format": "pcm"}) as answer:
        assert answer.headers["Content-Type"] == "audio/pcm;rate=24000;channels=1"


@pytest.mark.parametrize("text", ["", " ", "...", "?!。", "\u202e\x00\x01", "\ud800", "[[]]"])
async def test_nothing_speakable_is_an_empty_stream(client: aiohttp.ClientSession, text: str) -> None:
    assert await speak(client, text) == b""


async def test_hostile_text_harms_nothing(engine: EngineProcess, client: aiohttp.ClientSession) -> None:
    dice = random.Random(7)
    texts = [
        "\x00".join("abc"),
        "".join(map(chr, range(1, 0x100))),
        "\u202eevil\u202c \u2066x\u2069",
        "z" + "\u0301\u0489\u20dd" * 1000,
        "👨‍👩‍👧‍👦🏳️‍🌈" * 20,
        "\ud800\udfff" * 500,
        "[[h@loU]] <speak><break time='9s'/></speak> \x01Y ]]>",
        "a" * 600,
        "龘" * 200,
        "9" * 200,
        "A1" * 100,
        "%s%n%x" * 30,
        "ﷺ" * 30,
        "\U0010ffff\ue000\ufdd0\ufeff",
        "''''" * 200 + "x",
        "x.y." * 50,
        *("".join(chr(dice.randrange(0x3000)) for _ in range(120)) for _ in range(4)),
        *("".join(chr(dice.randrange(0x110000)) for _ in range(300)) for _ in range(4)),
    ]
    for text in texts:
        assert len(await speak(client, text, speed=4)) % 2 == 0
    assert engine.process.poll() is None
    assert (await health(client))["status"] == "ready"


async def test_phoneme_markup_is_not_interpreted(client: aiohttp.ClientSession) -> None:
    assert await speak(client, "[[h@'loU]]") == await speak(client, "h@'loU")


async def test_an_answer_is_the_same_every_time_and_in_every_process(
    client: aiohttp.ClientSession, start_engine: StartEngine
) -> None:
    texts = ["你好 hello 3个苹果。", "Hello there, friend!", LONG[:900]]
    first = [await speak(client, text) for text in texts]
    mixed = await asyncio.gather(
        *(speak(client, text) for text in texts),
        *(speak(client, "in between", voice=voice) for voice in ("pixel", "bruno", "leo")),
    )
    assert mixed[:3] == first
    other = start_engine()
    async with aiohttp.ClientSession(other.url) as session:
        assert [await speak(session, text) for text in reversed(texts)] == first[::-1]


async def test_a_slow_reader_holds_nobody_up(client: aiohttp.ClientSession) -> None:
    whole = await speak(client, LONG)
    async with client.post(URL, json={"input": LONG, "voice": "mei", "response_format": "pcm"}) as slow:
        begun = await slow.content.readexactly(1000)
        # Held by its reader: minutes of audio do not fit a socket.
        assert (await health(client))["active"] == 1
        assert len(await speak(client, "hello")) > 10_000
        assert (await health(client))["active"] == 1
        assert begun + await slow.read() == whole
    await until_idle(client)


@pytest.mark.parametrize("reading", [True, False])
async def test_closing_the_connection_ends_the_speech_within_50_ms(
    client: aiohttp.ClientSession, engine: EngineProcess, reading: bool
) -> None:
    body = json.dumps({"voice": "mei", "input": LONG})
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    took = []
    for _ in range(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", engine.port, limit=2**16)
        writer.write((head + body).encode())
        await reader.readuntil(b"\r\n\r\n")
        if reading:
            await reader.readexactly(500_000)
        assert (await health(client))["active"] == 1
        writer.transport.abort() if reading else writer.close()
        took.append(await until_idle(client))
    assert statistics.median(took) <= 0.05


async def test_many_at_once(client: aiohttp.ClientSession) -> None:
    texts = [f"number {number}" for number in range(20)]
    answers = await asyncio.gather(*(speak(client, text) for text in texts))
    assert all(len(answer) > 10_000 for answer in answers)
    assert len(set(answers)) == 20
    await until_idle(client)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_memory_does_not_grow_with_requests(
    engine: EngineProcess, client: aiohttp.ClientSession
) -> None:
    import psutil

    process = psutil.Process(engine.process.pid)
    for _ in range(20):
        await speak(client, "你好 hello")
    before = process.memory_info().rss
    for _ in range(60):
        await speak(client, "你好 hello")
    assert process.memory_info().rss - before < 8_000_000
