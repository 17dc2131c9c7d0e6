"""Voices over HTTP: uploaded, looked at, removed and restored; and everything that may not be done so."""

from __future__ import annotations

import asyncio
import io
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import numpy as np
import pytest
import soundfile

from bot.engine import uploads
from bot.engine.host import Host
from bot.engine.references import RATE, load_reference
from bot.engine.server import Server
from bot.engine.voices import Voice, load_voices
from tests.engine.references.recordings import TEXT, long_recording, recorded, silence, speech
from tests.engine.running import StartEngine
from tests.fakes.loopback import serving

TOKEN = "sesame"


class Folder:
    """As much of a Host as the routes see: one that can speak with every voice of the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.voices: dict[str, Voice] = {}
        self.absent: list[tuple[Voice, str]] = []

    async def refresh(self) -> None:
        self.voices = load_voices(self.folder)[0]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    host = cast("Host", Folder(tmp_path))
    application = Server(host, TOKEN, tmp_path).application()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with serving(application, cancelling=True) as url:
        async with aiohttp.ClientSession(url, headers=headers) as session:
            yield session


def recording(samples: np.ndarray | None = None, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    words = recorded(silence(0.5), speech(), silence(0.5)) if samples is None else samples
    soundfile.write(file, words, RATE, format=form)
    return file.getvalue()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


async def asked(
    session: aiohttp.ClientSession, method: str, path: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    if isinstance(more.get("data"), bytes):
        more["data"] = io.BytesIO(more["data"])
    async with session.request(method, f"/v1/voices/{path}", **more) as answer:
        assert answer.content_type == "application/json"
        return answer.status, await answer.json()


async def code_of(session: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, str]:
    status, answer = await asked(session, method, path, **more)
    assert answer["error"]["message"].endswith((".", "…"))
    return status, answer["error"]["code"]


async def test_a_voice_is_looked_at_then_added(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    query = {"text": TEXT, "language": "en", "name": "Anna 安娜", "description": "Clear."}
    status, dry = await asked(
        client, "POST", "anna", data=recording(form="FLAC"), params=query | {"dry": "1"}
    )
    assert (status, dry["stored"], dry["usable"]) == (200, False, False)
    assert [(check["name"], check["verdict"]) for check in dry["report"]["checks"]] == [
        (name, "good") for name in ("length", "level", "clipping", "noise", "bandwidth", "transcript", "pace")
    ]
    assert files(tmp_path) == set()

    status, answer = await asked(client, "POST", "anna", data=recording(), params=query)
    assert (status, answer["stored"], answer["usable"]) == (201, True, True)
    assert (answer["id"], answer["name"], answer["languages"]) == ("anna", "Anna 安娜", ["en", "zh"])
    assert answer["text"] == TEXT
    assert answer["report"]["verdict"] == "good"
    voice = load_voices(tmp_path)[0]["anna"]
    assert voice.description == "Clear."
    assert load_reference(voice).speech_seconds == pytest.approx(answer["report"]["seconds"], abs=0.01)
    async with client.get("/v1/voices") as listed:
        assert [each["id"] for each in (await listed.json())["voices"]] == ["anna"]


async def test_a_form_as_a_page_sends_it(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    form = aiohttp.FormData()
    form.add_field("text", TEXT)
    form.add_field("name", "名字")
    form.add_field("file", recording(), filename="../../etc/passwd.wav", content_type="audio/wav")
    form.add_field("language", "zh")
    status, answer = await asked(client, "POST", "anna", data=form)
    assert (status, answer["name"], answer["languages"]) == (201, "名字", ["zh", "en"])
    assert files(tmp_path) == {"anna", "anna/voice.toml", "anna/reference.wav"}


async def test_a_refused_recording_tells_everything_that_was_found(
    client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    samples, words = long_recording()
    status, answer = await asked(client, "POST", "anna", data=recording(samples), params={"text": words})
    assert (status, answer["error"]["code"], answer["stored"]) == (422, "refused", False)
    assert "Too long" in answer["error"]["message"]
    part = answer["report"]["proposals"][1]
    query = {"text": part["text"], "from": str(part["begin"]), "to": str(part["end"])}
    status, answer = await asked(client, "POST", "anna", data=recording(samples), params=query)
    assert (status, answer["text"]) == (201, part["text"])
    assert "anna" in files(tmp_path)


async def test_a_name_that_is_taken_and_the_way_back(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    def name() -> str:
        return load_voices(tmp_path)[0]["anna"].name

    first, second = ({"text": TEXT, "name": each} for each in ("First", "Second"))
    assert (await asked(client, "POST", "anna", data=recording(), params=first))[0] == 201
    assert await code_of(client, "POST", "anna", data=recording(), params=second) == (409, "voice_exists")
    assert name() == "First"
    assert (await asked(client, "POST", "anna", data=recording(), params=second | {"replace": "1"}))[0] == 201
    assert name() == "Second"
    assert await code_of(client, "POST", "anna/restore") == (409, "voice_exists")
    assert (await asked(client, "POST", "anna/restore", params={"replace": "1"}))[0] == 200
    assert name() == "First"

    assert await code_of(client, "DELETE", "anna") == (409, "last_voice")
    assert (await asked(client, "POST", "other", data=recording(), params=first))[0] == 201
    assert await asked(client, "DELETE", "anna") == (200, {"id": "anna", "removed": True})
    assert await code_of(client, "DELETE", "anna") == (404, "voice_not_found")
    status, answer = await asked(client, "POST", "anna/restore")
    assert (status, answer) == (200, {"id": "anna", "restored": True, "usable": True})
    assert await code_of(client, "POST", "nobody/restore") == (404, "voice_not_found")


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "%2e%2e", "A", "a.b", "a%00", "x" * 41, "é", "%2Fetc"])
async def test_names_that_could_be_paths(client: aiohttp.ClientSession, tmp_path: Path, name: str) -> None:
    for method, path in (("POST", name), ("DELETE", name), ("POST", f"{name}/restore")):
        url = client._build_url(f"/v1/voices/{path}").with_path(f"/v1/voices/{path}", encoded=True)
        async with client.request(method, url, data=b"x") as answer:
            assert answer.status in (400, 404, 405)
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("body", "query", "status", "code"),
    [
        (b"", {}, 400, "missing_required_parameter"),
        (b"#EXTM3U\n", {}, 422, "undecodable"),
        (b"RIFF\0\0\0\0WAVEjunk", {}, 422, "undecodable"),
        (recording(), {}, 422, "refused"),
        (recording(), {"text": TEXT, "language": "English"}, 400, "invalid_value"),
        (recording(), {"text": TEXT, "from": "x"}, 400, "invalid_value"),
        (recording(), {"text": TEXT, "from": "nan"}, 422, "undecodable"),
        (recording(), {"text": TEXT, "from": "9", "to": "3"}, 422, "undecodable"),
        (b"x" * (uploads.MAX_UPLOAD + 1), {}, 413, "body_too_large"),
    ],
    ids=range(9),
)
async def test_what_is_refused(
    client: aiohttp.ClientSession, tmp_path: Path, body: bytes, query: dict[str, str], status: int, code: str
) -> None:
    assert await code_of(client, "POST", "anna", data=body, params=query) == (status, code)
    assert files(tmp_path) == set()


async def test_forms_that_are_none(client: aiohttp.ClientSession) -> None:
    kind = "multipart/form-data"
    for head, body in (
        (kind, b"x"),
        (f"{kind}; boundary=b", b"no boundary in it"),
        (f"{kind}; boundary=b", b"--b\r\nContent-Disposition: form-data; name=text\r\n\r\n" + b"x" * 5000),
        (
            f"{kind}; boundary=b",
            b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--",
        ),
        (
            f"{kind}; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--b--\r\n',
        ),
        (f"{kind}; boundary=b", b"--b--\r\n"),
    ):
        status, code = await code_of(client, "POST", "anna", data=body, headers={"Content-Type": head})
        assert status in (400, 413)
        assert code in ("invalid_body", "missing_required_parameter", "body_too_large")
    two = aiohttp.FormData()
    for number in "12":
        two.add_field("file", b"x", filename=number)
    assert await code_of(client, "POST", "anna", data=two) == (400, "invalid_body")


async def test_a_body_that_grows_when_it_is_unpacked(client: aiohttp.ClientSession) -> None:
    packed = zlib.compress(bytes(uploads.MAX_UPLOAD * 3))
    assert len(packed) < 100_000
    headers = {"Content-Encoding": "deflate"}
    assert await code_of(client, "POST", "anna", data=packed, headers=headers) == (413, "body_too_large")


async def test_a_body_that_comes_too_slowly(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_IDLE_SECONDS", 0.05)
    forever = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"RIFF"
        await forever.wait()

    assert await code_of(client, "POST", "anna", data=slow()) == (408, "timeout")
    forever.set()
    status, _ = await asked(client, "POST", "anna", data=recording(), params={"text": TEXT})
    assert status == 201


async def test_one_at_a_time_and_whoever_goes_away_gives_up_the_turn(client: aiohttp.ClientSession) -> None:
    begun, forever = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"RIFF"
        begun.set()
        await forever.wait()

    first = asyncio.create_task(asked(client, "POST", "anna", data=slow()))
    await begun.wait()
    query = {"text": TEXT}
    while (await asked(client, "POST", "b", data=recording(), params=query | {"dry": "1"}))[0] == 200:
        pass  # the first is not yet with the server
    async with client.post("/v1/voices/b", data=recording(), params=query) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    first.cancel()
    await asyncio.wait((first,))
    async with asyncio.timeout(10):
        while (await asked(client, "POST", "b", data=recording(), params=query))[0] == 503:
            pass


async def test_web_pages_and_those_without_the_token_are_turned_away(
    client: aiohttp.ClientSession, tmp_path: Path
) -> None:
    for method, path in (("POST", "anna"), ("DELETE", "anna"), ("POST", "anna/restore")):
        for headers in (
            {"Origin": "http://evil.example"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "null"},
        ):
            assert await code_of(client, method, path, data=recording(), headers=headers) == (
                403,
                "forbidden",
            )
        wrong = {"Authorization": "Bearer wrong"}
        assert await code_of(client, method, path, headers=wrong) == (401, "invalid_api_key")
    assert files(tmp_path) == set()


async def test_a_real_engine_has_the_routes(start_engine: StartEngine, tmp_path: Path) -> None:
    folder = tmp_path / "mei"
    folder.mkdir()
    packaged = Path(__file__).parents[2] / "voices" / "mei" / "voice.toml"
    (folder / "voice.toml").write_bytes(packaged.read_bytes())
    engine = start_engine("--voices", str(tmp_path))
    async with aiohttp.ClientSession(engine.url) as session:
        status, answer = await asked(session, "POST", "anna", data=recording(), params={"text": TEXT})
        assert (status, answer["stored"]) == (201, True)
        async with session.get("/v1/voices") as listed:
            assert "mei" in json.dumps(await listed.json())
        assert (await asked(session, "DELETE", "anna"))[0] == 200
    assert ".removed/anna.1/reference.wav" in files(tmp_path)
