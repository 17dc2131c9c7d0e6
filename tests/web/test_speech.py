"""Speech over the API: the predecessor's, OpenAI's, voices and their samples, and an engine that is away."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import aiohttp
from aiohttp import web

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
