"""Speech for programs and for trying voices out: the engine's, handed on as it is made."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from bot.messages import Asked
from bot.panel import Panel
from bot.web.access import Role
from bot.web.bodies import (
    Sample,
    Tts,
    Voices,
)
from bot.web.errors import NOT_READY, ApiError
from bot.web.limits import Limits, read_body, too_large
from bot.web.routes import MAX_BODY, Call, Handler, Route

if TYPE_CHECKING:
    from aiohttp import ClientSession

_PATIENCE = 0.5  # seconds for an engine that is just being started again
_CONNECT = 5.0
_LONGEST_ANSWER = 30.0  # seconds without a byte of an answer
_UNREAD = 30.0  # seconds for which a client may leave sound unread: it holds one of the places
_UPLOAD_ANSWER = 280.0  # a reference is decoded, checked and perhaps listened to
_MOST_AT_ONCE = 4  # texts: the chat's own speech must not wait for long behind them
_LARGEST_UPLOAD = 32 << 20
_LARGEST_ANSWER = 4 << 20  # of what is no sound
_VOICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECOND = 48_000  # bytes of "pcm" at 24 kHz
_KINDS = ("audio/", "application/json", "text/plain")  # of answers: nothing that a browser would run
_SOUND = ("audio/wav", "audio/pcm")
_SAMPLES = {
    "zh": "大家好，欢迎来到直播间！今天我们一起玩点什么呢？",
    "en": "Hello everyone, and welcome to the stream! What shall we play today?",
    "ja": "みなさん、こんにちは。今日は何をして遊びましょうか？",
    "ko": "여러분 안녕하세요. 오늘은 무엇을 하고 놀까요?",
}


class Address(Protocol):
    """Of the engine."""

    async def address(self) -> str: ...


class Speech:
    """The engine, as clients of the API see it. `measured` is told how each request for speech went."""

    def __init__(
        self,
        panel: Panel,
        engine: Address,
        session: Callable[[], ClientSession],
        measured: Callable[[Asked], None],
        limits: Limits,
        *,
        model: str,
    ) -> None:
        self._panel = panel
        self._engine = engine
        self._session = session
        self._measured = measured
        self._limits = limits
        self._model = model
        self._speaking = 0

    def routes(self) -> list[Route]:
        may, owner = Role.MODERATOR, Role.OWNER
        json_ = ("application/json",)
        voice = "/api/voices/{id}"

        def handed_on(method: str, path: str, handler: Handler, role: Role, summary: str) -> Route:
            """What the engine reads and answers itself."""
            return Route(
                *(method, path, handler, role, summary),
                media=json_,
                raw="application/octet-stream" if method == "POST" else "",
                most=_LARGEST_UPLOAD,
                cost=10,
                proxied=True,
            )

        def speech(path: str, handler: Handler, summary: str, *, raw: str = "") -> Route:
            proxied = bool(raw)
            return Route("POST", path, handler, may, summary, media=_SOUND, cost=8, raw=raw, proxied=proxied)

        return [
            Route("GET", "/api/voices", self.voices, may, "The voices that there are"),
            speech(f"{voice}/sample", self.sample, "Hear a voice"),
            handed_on("POST", f"{voice}/restore", self.restore, owner, "Take a removal back"),
            handed_on("POST", voice, self.hand_on, owner, "Add a voice: its reference"),
            handed_on("DELETE", voice, self.hand_on, owner, "Remove a voice"),
            speech("/api/tts", self.tts, "Speech of a text"),
            speech("/v1/audio/speech", self.openai, "Speech of a text, as in OpenAI's API", raw=json_[0]),
            handed_on("GET", "/v1/voices", self.engine_voices, may, "The engine's voices"),
        ]

    async def voices(self, call: Call) -> Voices:
        async with self._ask("GET", "/v1/voices") as response:
            answer = await _json(response)
        return Voices(
            voices=_listed(answer, "voices"), absent=_listed(answer, "absent"), default=self._panel.voice
        )

    async def sample(self, call: Call, body: Sample) -> web.StreamResponse:
        voice = self._voice(call.path["id"], "path.id")
        text = body.text or await self._sample_text(voice)
        return await self._speak(call, {"input": text, "voice": voice, "speed": body.speed or 1.0}, "wav")

    async def tts(self, call: Call, body: Tts) -> web.StreamResponse:
        voice = self._voice(body.voice_id, "body.voice_id") if body.voice_id else self._panel.voice
        wanted = {"input": body.text, "voice": voice, "speed": body.speed}
        return await self._speak(call, wanted, body.format)

    async def openai(self, call: Call) -> web.StreamResponse:
        body = await read_body(call.request, MAX_BODY, self._limits)
        return await self._stream(call, body)

    async def engine_voices(self, call: Call) -> web.StreamResponse:
        async with self._ask("GET", "/v1/voices") as response:
            return await _copied(response)

    async def hand_on(self, call: Call) -> web.StreamResponse:
        """An upload, a removal or its taking back, to the engine, which has limits of its own for it."""
        return await self._hand_on(call, "")

    async def restore(self, call: Call) -> web.StreamResponse:
        return await self._hand_on(call, "/restore")

    async def _hand_on(self, call: Call, rest: str) -> web.StreamResponse:
        request = call.request
        if not _VOICE_ID.fullmatch(call.path["id"]):
            raise ApiError(404, "A voice's id holds letters, digits, - and _ alone.", code="voice_not_found")
        kind = request.headers.get("Content-Type", "application/octet-stream")
        upload = _Upload(request, self._limits) if request.method == "POST" else None
        try:
            async with self._ask(
                *(request.method, f"/v1/voices/{call.path['id']}{rest}"),
                data=upload.pieces() if upload else None,
                headers={"Content-Type": kind.encode("ascii", "replace").decode()},
                query=request.rel_url.raw_query_string,
                wait=_UPLOAD_ANSWER,
            ) as response:
                return await _copied(response)
        except ApiError as error:
            raise (upload.fault if upload else None) or error from None

    # ------------------------------------------------------------ the engine

    async def _speak(self, call: Call, wanted: dict[str, Any], form: str) -> web.StreamResponse:
        body = {"model": self._model, **wanted, "response_format": form}
        return await self._stream(call, json.dumps(body).encode())

    async def _stream(self, call: Call, body: bytes) -> web.StreamResponse:
        """The engine's answer as it comes; if that breaks off so does ours, lest it pass for whole."""
        if self._speaking >= _MOST_AT_ONCE:
            raise ApiError(503, f"{_MOST_AT_ONCE} texts are being spoken already.", code="busy", retry=1)
        self._speaking += 1
        try:
            return await self._handed_on(call, body)
        finally:
            self._speaking -= 1

    async def _handed_on(self, call: Call, body: bytes) -> web.StreamResponse:
        began = time.perf_counter()
        first = 0.0
        size = 0
        answer: web.StreamResponse | None = None
        try:
            async with self._ask(
                "POST", "/v1/audio/speech", data=body, headers={"Content-Type": "application/json"}
            ) as response:
                if response.status != 200:
                    return await _copied(response)
                answer = web.StreamResponse(headers=_kept(response))
                await answer.prepare(call.request)
                async for piece in response.content.iter_any():
                    first = first or time.perf_counter() - began
                    size += len(piece)
                    await _write(answer, piece)
                await answer.write_eof()
        except ConnectionError:  # the client went away: no fault of the engine's
            raise
        except (aiohttp.ClientError, TimeoutError, ApiError) as error:
            self._measured(Asked(0.0, 0.0, 0.0, failed=True))
            if answer is None:
                raise error if isinstance(error, ApiError) else _broken() from None
            if call.request.transport is not None:
                call.request.transport.abort()
            return answer
        took = time.perf_counter() - began
        # A reader that is slow would make the engine look so: only the first sound is taken.
        self._measured(Asked(first or took, 0.0, 0.0, size / _SECOND))
        return answer

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        path: str,
        *,
        data: bytes | AsyncIterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        query: str = "",
        wait: float = _LONGEST_ANSWER,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer of the engine. ApiError: it is not ready, or not there."""
        try:
            base = await asyncio.wait_for(self._engine.address(), _PATIENCE)
        except TimeoutError:
            raise ApiError(503, NOT_READY, code="engine_not_ready", retry=1) from None
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=wait)
        # As it was written: quoted anew, what "%23" stands for would end it.
        url = URL(f"{base}{path}{f'?{query}' if query else ''}", encoded=bool(query))
        try:
            response = await self._session().request(method, url, data=data, headers=headers, timeout=timeout)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise _broken() from None
        async with response:
            yield response

    async def _sample_text(self, voice: str) -> str:
        async with self._ask("GET", "/v1/voices") as response:
            answer = await _json(response)
        for one in _listed(answer, "voices"):
            if one.get("id") == voice and isinstance(one.get("languages"), list):
                for language in one["languages"]:
                    if text := _SAMPLES.get(str(language)[:2]):
                        return text
        return _SAMPLES["en"]

    def _voice(self, name: str, param: str) -> str:
        voice, near = self._panel.find_voice(name)
        if not voice:
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise ApiError(404, f"There is no voice of this name{hint}", code="voice_not_found", param=param)
        return voice


class _Upload:
    """A body on its way to the engine; `fault` is why it broke off here, which the engine cannot tell."""

    def __init__(self, request: web.Request, limits: Limits) -> None:
        self._request = request
        self._limits = limits
        self.fault: ApiError | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async with asyncio.timeout(self._limits.whole):
                while True:
                    async with asyncio.timeout(self._limits.body):
                        piece = await self._request.content.readany()
                    if not piece:
                        return
                    size += len(piece)
                    if size > _LARGEST_UPLOAD:
                        raise too_large(_LARGEST_UPLOAD)
                    yield piece
        except ApiError as error:
            self.fault = error
            raise
        except TimeoutError:
            self.fault = ApiError(408, "The body came too slowly.", code="slow")
            raise


async def _write(answer: web.StreamResponse, piece: bytes) -> None:
    """ConnectionError: the client is gone, or has not read for long."""
    try:
        async with asyncio.timeout(_UNREAD):
            await answer.write(piece)
    except TimeoutError:
        raise ConnectionAbortedError from None


async def _copied(response: aiohttp.ClientResponse) -> web.Response:
    body = await _whole(response)
    status = response.status if response.status != 401 else 502  # the engine's token is not the client's
    return web.Response(status=status, body=body, headers=_kept(response))


def _kept(response: aiohttp.ClientResponse) -> dict[str, str]:
    kind = response.headers.get("Content-Type", "")
    kept = {"Content-Type": kind if kind.lower().startswith(_KINDS) else "application/octet-stream"}
    if retry := response.headers.get("Retry-After"):
        kept["Retry-After"] = retry
    return kept


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """An answer that is no sound. ApiError: the engine broke off in it, or it has no end."""
    body = bytearray()
    try:
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise ApiError(502, "The engine's answer is too large.", code="engine")
    except (aiohttp.ClientError, TimeoutError):
        raise _broken() from None
    return bytes(body)


async def _json(response: aiohttp.ClientResponse) -> Any:
    try:
        return json.loads(await _whole(response))
    except (ValueError, RecursionError):
        return None


def _listed(answer: Any, name: str) -> list[dict[str, Any]]:
    listed = answer.get(name) if isinstance(answer, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _broken() -> ApiError:
    return ApiError(503, "The engine broke off; try again.", code="engine_lost", retry=1)
