"""Requests that are refused: each with one sentence, in the shape of OpenAI's errors."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bot.engine.api import ApiError, parse_speech
from tests.engine.running import StartEngine

URL = "/v1/audio/speech"
GOOD = {"input": "hi", "voice": "mei"}


async def refused(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    body = await answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["message"].endswith((".", "?"))
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (b"", None, "not JSON"),
        (b"{", None, "not JSON"),
        (b"\xff", None, "not JSON"),
        (b"[" * 60_000, None, "not JSON"),
        (b"[]", None, "JSON object"),
        ({}, "input", "input is missing"),
        (GOOD | {"input": 3}, "input", "must be a string"),
        (GOOD | {"input": "x" * 4097}, "input", "at most 4096"),
        ({"input": "hi"}, "voice", "voice is missing"),
        (GOOD | {"voice": {}}, "voice", "must be a string"),
        (GOOD | {"model": 3}, "model", "must be a string"),
        (GOOD | {"speed": 0.2}, "speed", "from 0.25 to 4"),
        (GOOD | {"speed": True}, "speed", "must be a number"),
        (GOOD | {"speed": float("nan")}, "speed", "must be a number"),
        (GOOD | {"speed": 10**400}, "speed", "must be a number"),
        (GOOD | {"response_format": "mp3"}, "response_format", '"pcm" or "wav"'),
        (GOOD | {"response_format": ["pcm"]}, "response_format", '"pcm" or "wav"'),
        (GOOD | {"stream_format": "sse"}, "stream_format", '"audio"'),
    ],
)
async def test_a_bad_request(
    client: aiohttp.ClientSession, body: bytes | dict[str, object], param: str | None, words: str
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client.post(URL, data=data, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
        error = await refused(answer)
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert words in error["message"]


def test_null_is_as_good_as_absent_and_unknown_fields_are_let_be() -> None:
    wanted = parse_speech(json.dumps(GOOD | {"speed": None, "model": None, "instructions": "sing"}).encode())
    assert (wanted.speed, wanted.format) == (1.0, "wav")
    with pytest.raises(ApiError):
        parse_speech(b'{"input": null, "voice": "mei"}')


async def test_an_unknown_voice(client: aiohttp.ClientSession) -> None:
    for voice, words in (
        ("mie", "Did you mean mei?"),
        ("Leo", "Did you mean leo?"),
        ("q" * 999, "There are"),
    ):
        async with client.post(URL, json=GOOD | {"voice": voice}) as answer:
            assert answer.status == 404
            error = await refused(answer)
        assert words in error["message"]
        assert error["code"] == "voice_not_found"
        assert len(error["message"]) < 300


async def test_http_errors_have_the_same_shape(client: aiohttp.ClientSession) -> None:
    async with client.get("/nothing") as answer:
        assert (answer.status, (await refused(answer))["code"]) == (404, "not_found")
    async with client.get(URL) as answer:
        assert (answer.status, (await refused(answer))["code"]) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "POST"
    async with client.post(URL, data=b"x" * (64 * 1024 + 1)) as answer:
        assert (answer.status, (await refused(answer))["code"]) == (413, "body_too_large")


async def test_a_token(start_engine: StartEngine) -> None:
    engine = start_engine(token="sésame")
    async with aiohttp.ClientSession(engine.url) as session:
        for header in (None, "Bearer wrong", "sésame", "Bearer sésame2"):
            headers = {} if header is None else {"Authorization": header}
            async with session.post(URL, json=GOOD, headers=headers) as answer:
                assert answer.status == 401
                assert (await refused(answer))["code"] == "invalid_api_key"
        async with session.get("/v1/voices") as answer:
            assert answer.status == 401
        async with session.post(URL, json=GOOD, headers={"Authorization": "Bearer sésame"}) as answer:
            assert answer.status == 200
        async with session.get("/health") as answer:
            assert answer.status == 200
