"""Whom the Open Live platform refuses and why, and answers that are none."""

from __future__ import annotations

import asyncio
import contextlib
import time as real_time
from typing import Any

import pytest
from pydantic import SecretStr

from bot.messages import State
from bot.sources.connection import keep
from bot.sources.errors import SourceDropped, SourceFailed
from tests.fakes.bilibili_open import KEY_ID, KEY_SECRET, FakeOpenLive
from tests.sources.conftest import Listen, VirtualTime
from tests.sources.open_live import source

pytestmark = pytest.mark.usefixtures("no_open_live_secret_is_logged")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": SecretStr("BSXWRONGWRONG")}, "not the streamer's identity code"),
        ({"app_id": 5}, "until Bilibili has approved the app"),
        ({"key_id": "nobody"}, "no such bilibili_open.key_id"),
        ({"key_secret": SecretStr("wrong")}, "not the secret of bilibili_open.key_id"),
        ({"code": SecretStr(" ")}, "needs bilibili_open.code"),
        ({"app_id": 0}, "needs bilibili_open.app_id"),
        ({"key_id": ""}, "needs bilibili_open.key_id"),
        ({"key_secret": SecretStr("")}, "needs bilibili_open.key_secret"),
        ({"key_id": "two\nlines"}, "as the platform gives them"),
        ({"url": "nonsense"}, "is no address"),
    ],
)
async def test_wrong_settings_stop_it(
    platform: FakeOpenLive, listen: Listen, changes: dict[str, Any], sentence: str
) -> None:
    listener = listen(keep(source(platform, **changes)))
    failed = await listener.state(State.FAILED)
    assert sentence in failed.detail
    with pytest.raises(StopAsyncIteration):
        await listener.next()
    assert not platform.running()


@pytest.mark.parametrize("code", [4000, 4007, 4008, 5004, 5005, 8002])
async def test_what_only_people_can_mend(platform: FakeOpenLive, listen: Listen, code: int) -> None:
    platform.refuse["start"] = code
    with pytest.raises(SourceFailed, match=str(code)):
        await listen(source(platform).events()).next()


@pytest.mark.parametrize("code", [4003, 4004, 4009, 5000, 7001, 7002, 7010, -412, 123456])
async def test_what_can_heal(platform: FakeOpenLive, listen: Listen, time: VirtualTime, code: int) -> None:
    platform.refuse["start"] = code
    listener = listen(keep(source(platform), clock=time.clock, sleep=time.sleep))
    assert str(code) in (await listener.state(State.WAITING)).detail
    platform.refuse.clear()
    await listener.state(State.READY)


async def test_a_clock_that_is_wrong(platform: FakeOpenLive, listen: Listen) -> None:
    with pytest.raises(SourceDropped, match="set its date and time"):
        await listen(source(platform, wall_clock=lambda: real_time.time() - 3600).events()).next()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"code": "0"}', "cannot be read"),
        (b'{"code": false}', "cannot be read"),
        (b'{"code": 0}', "cannot be read"),
        (b'{"code": 0, "data": {"websocket_info": {"wss_link": ["http://x", 5], "auth_body": "a"}}}', "read"),
        (b"[" * 100_000, "cannot be read"),
        (b" " * 10_000_000, "cannot be read"),
    ],
)
async def test_answers_that_are_none(listen: Listen, body: bytes, sentence: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SourceDropped, match=sentence):
            await listen(source(FakeOpenLive(), url=url).events()).next()


async def test_the_fake_is_strict(platform: FakeOpenLive) -> None:
    import aiohttp

    from bot.sources.bilibili_open_signing import signed_headers

    body = b'{"game_id": "x"}'
    now = int(real_time.time())
    secret = SecretStr(KEY_SECRET)

    def good(nonce: str, timestamp: int = now) -> dict[str, str]:
        return signed_headers(body, key_id=KEY_ID, key_secret=secret, nonce=nonce, timestamp=timestamp)

    async with aiohttp.ClientSession() as http:
        for headers, sent, code in (
            (good("1"), body, 7003),
            (good("1"), body, 4004),
            (good("2"), body + b" ", 4012),
            (good("3", now - 700), body, 4003),
            ({**good("4"), "Authorization": good("5")["Authorization"]}, body, 4002),
            ({**good("6"), "x-bili-signature-nonce": "7"}, body, 4002),
            ({**good("8"), "Accept": "*/*"}, body, 4013),
            ({**good("9"), "Content-Type": "text/plain"}, body, 4011),
        ):
            async with http.post(f"{platform.url}/v2/app/heartbeat", data=sent, headers=headers) as answer:
                assert (await answer.json())["code"] == code
        async with http.get(f"{platform.url}/v2/app/heartbeat", headers=good("10")) as answer:
            assert (await answer.json())["code"] == 4010
