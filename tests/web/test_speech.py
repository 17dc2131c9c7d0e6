"""Speech over the API: the predecessor's, OpenAI's, voices and their samples, and an engine that is away."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.web.limits import Limits
from tests.fakes.speech_server import Answer, SpeechServer, sound
from tests.web.running import SAFE, Running, running


async def test_a_text_becomes_sound(site: Running) -> None:
    for path, body in (
        ("/api/tts", {"text": "hello there", "voice_id": "leo"}),
        ("/api/tts", {"text": "hello there"}),
        ("/v1/audio/speech", {"input": "hello there", "voice": "leo", "model": "tts-1"}),
        ("/api/voices/leo/sample", {}),
        ("/api/voices/mei/sample", {"text": "你好"}),
    ):
        async with site.http.post(site.base + path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.headers["Content-Type"].startswith("audio/wav")
            made = await answer.read()
        with wave.open(io.BytesIO(made)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (24_000, 2, 1)
        assert len(made) > 12_000
    metrics = await site.get("/api/metrics")
    assert metrics["requests_total"] >= 5
    assert metrics["first_sound"]["p50"] > 0


async def test_pcm_and_faults(site: Running) -> None:
    async with site.http.post(f"{site.base}/api/tts", json={"text": "hi", "format": "pcm"}) as answer:
        assert answer.headers["Content-Type"].startswith("audio/pcm")
        assert len(await answer.read()) % 2 == 0
    assert (await site.post("/api/tts", {"text": "x", "voice_id": "nobody"}, status=404))["error"][
        "param"
    ] == ("body.voice_id")
    await site.post("/api/tts", {"text": ""}, status=422)
    await site.post("/api/tts", {"text": "x" * 5000}, status=422)
    fault = await site.post("/v1/audio/speech", {"input": "x", "voice": "nobody"}, status=404)
    assert fault["error"]["code"] == "voice_not_found"  # the engine's own words


async def test_voices(site: Running) -> None:
    voices = await site.get("/api/voices")
    assert voices["default"] == "mei"
    assert {"id", "name", "description", "languages", "engine"} <= voices["voices"][0].keys()
    assert (await site.get("/v1/voices"))["voices"] == voices["voices"]
    absent = {one["id"]: (one["engine"], one["why"]) for one in voices["absent"]}
    assert absent["gaia"] == absent["zhen"] == ("f5", "")  # espeak runs alone here


async def test_the_sound_comes_as_it_is_made(tmp_path: Path) -> None:
    """The first bytes are there while the engine still holds the rest back."""
    async with SpeechServer() as server, running(tmp_path, server.url, voices=False) as site:
        server.script(Answer(hang_after=4800, sizes=(4800,)))
        async with site.http.post(f"{site.base}/api/tts", json={"text": "hello", "format": "pcm"}) as answer:
            first = await answer.content.readexactly(4800)
            assert first == sound("hello")[:4800]
            server.release()
            assert first + await answer.read() == sound("hello")


async def test_an_engine_that_breaks_off_breaks_the_answer_off(tmp_path: Path) -> None:
    async with SpeechServer() as server, running(tmp_path, server.url, voices=False) as site:
        server.script(Answer(cut_after=4801))
        async with site.http.post(f"{site.base}/api/tts", json={"text": "hello", "format": "pcm"}) as answer:
            try:
                await answer.read()
            except aiohttp.ClientPayloadError:
                pass
            else:
                raise AssertionError("half an answer passed for a whole one")
        await server.stop()
        fault = await site.post("/api/tts", {"text": "hello"}, status=503)
        assert fault["error"]["code"] == "engine_lost"


async def test_an_upload_reaches_the_engine_whole(tmp_path: Path) -> None:
    """Byte for byte, with its query and its own headers, and the engine's words come back."""
    got: list[tuple[str, str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request.method, request.path_qs, await request.read()))
        return web.json_response({"id": request.match_info["id"]}, status=200)

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/v1/voices/{id}", take)
    app.router.add_route("*", "/v1/voices/{id}/restore", take)
    app.router.add_get("/health", health)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    port = runner.addresses[0][1]
    try:
        async with running(tmp_path, f"http://127.0.0.1:{port}", voices=False) as site:
            sound_file = bytes(range(256)) * 20_000
            url = f"{site.base}/api/voices/anna?text=hello"
            kind = {"Content-Type": "audio/wav", **SAFE}
            async with site.http.post(url, data=io.BytesIO(sound_file), headers=kind) as answer:
                assert answer.status == 200
                assert await answer.json() == {"id": "anna"}
            await site.ask("DELETE", "/api/voices/anna")
            await site.post("/api/voices/anna/restore")
            for wrong in ("..", "%2e%2e", "a%2fb", "x" * 65, "ä"):
                async with site.http.delete(f"{site.base}/api/voices/{wrong}", headers=SAFE) as answer:
                    assert answer.status in (404, 405), wrong
    finally:
        await runner.cleanup()
    assert got == [
        ("POST", "/v1/voices/anna?text=hello", sound_file),
        ("DELETE", "/v1/voices/anna", b""),
        ("POST", "/v1/voices/anna/restore", b""),
    ]


async def test_a_recording_that_is_none_is_refused_by_the_engine(site: Running) -> None:
    """Its own words, with what it has to say of it; and a voice that is removed comes back."""
    kind = {"Content-Type": "audio/wav", **SAFE}
    async with site.http.post(f"{site.base}/api/voices/anna?dry=1", data=b"RIFF", headers=kind) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"]["code"] == "undecodable"
    await site.ask("DELETE", "/api/voices/pixel")
    assert "pixel" not in [voice["id"] for voice in (await site.get("/api/voices"))["voices"]]
    assert (await site.post("/api/voices/pixel/restore"))["restored"]
    assert "pixel" in [voice["id"] for voice in (await site.get("/api/voices"))["voices"]]


async def engine_of(*routes: web.RouteDef) -> tuple[web.AppRunner, str]:
    """An engine that answers as it is told."""

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})

    app = web.Application(client_max_size=1 << 28)
    app.add_routes([web.get("/health", health), *routes])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_what_is_handed_on_is_just_what_was_asked(tmp_path: Path) -> None:
    """Signs in the query, a voice of an awkward name, and headers that are no ASCII."""
    got: list[tuple[str, str | None]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request.path, request.query.get("text")))
        await request.read()
        return web.Response(text="<script>", content_type="text/html")

    runner, url = await engine_of(
        web.post("/v1/voices/{id}", take), web.post("/v1/voices/{id}/restore", take)
    )
    try:
        async with running(tmp_path, url, voices=False) as site:
            for path in ("anna?text=a%26dry%3D1%23%2B%20%25", "restore", "restore/restore"):
                target = URL(f"{site.base}/api/voices/{path}", encoded=True)
                async with site.http.post(target, data=b"x", headers=SAFE) as answer:
                    assert answer.status == 200
                    assert answer.content_type == "application/octet-stream"  # nothing that a browser runs
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(
                b"POST /api/voices/anna HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\n"
                b"Connection: close\r\nContent-Type: audio/\xff\r\nContent-Length: 1\r\n\r\nx"
            )
            assert b" 200 " in await reader.readline()
            writer.close()
    finally:
        await runner.cleanup()
    assert got == [
        ("/v1/voices/anna", "a&dry=1#+ %"),
        ("/v1/voices/restore", None),
        ("/v1/voices/restore/restore", None),
        ("/v1/voices/anna", None),
    ]


async def test_an_upload_without_an_end_is_told_so(tmp_path: Path) -> None:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({})

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(1 << 20)

    runner, url = await engine_of(web.post("/v1/voices/{id}", take))
    try:
        async with running(tmp_path, url, voices=False) as site:
            async with site.http.post(f"{site.base}/api/voices/anna", data=endless(), headers=SAFE) as answer:
                assert answer.status == 413
    finally:
        await runner.cleanup()


async def test_a_long_list_of_voices_arrives_whole(tmp_path: Path) -> None:
    voices = {"voices": [{"id": f"v{number}", "description": "x" * 1000} for number in range(300)]}

    async def take(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        text = json.dumps(voices).encode()
        for start in range(0, len(text), 50_000):
            await answer.write(text[start : start + 50_000])
            await asyncio.sleep(0.01)
        return answer

    runner, url = await engine_of(web.get("/v1/voices", take))
    try:
        async with running(tmp_path, url) as site:
            assert len((await site.get("/api/voices"))["voices"]) == 300
            assert await site.get("/v1/voices") == voices
    finally:
        await runner.cleanup()


async def test_an_answer_that_takes_too_long_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its midst: no second answer is put into it, and the engine's request ends too."""
    monkeypatch.setattr("bot.web.site.Limits", lambda: Limits(answer=0.5))
    async with SpeechServer() as server, running(tmp_path, server.url, voices=False) as site:
        server.script(Answer(hang_after=4800, sizes=(4800,)))
        async with site.http.post(f"{site.base}/api/tts", json={"text": "hello", "format": "pcm"}) as answer:
            assert await answer.content.readexactly(4800) == sound("hello")[:4800]
            with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
                await answer.read()
        assert await site.get("/api/metrics")


async def test_who_does_not_read_holds_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.speech._UNREAD", 0.3)

    async def pour(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(bytes(1 << 18))
        return answer

    runner, url = await engine_of(web.post("/v1/audio/speech", pour))
    try:
        async with running(tmp_path, url, voices=False) as site:
            deaf = []
            for _ in range(4):
                _, writer = await asyncio.open_connection("127.0.0.1", site.port)
                body = b'{"text": "x"}'
                writer.write(
                    b"POST /api/tts HTTP/1.1\r\nHost: localhost\r\nX-Chat-Aloud: 1\r\n"
                    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                )
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                deaf.append(writer)
            async with asyncio.timeout(10):
                while True:
                    async with site.http.post(f"{site.base}/api/tts", json={"text": "x"}) as answer:
                        if answer.status == 200:
                            break
                        assert answer.status == 503
                    await asyncio.sleep(0.3)
            for writer in deaf:
                writer.transport.abort()
    finally:
        await runner.cleanup()
