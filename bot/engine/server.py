"""The engine's web application: speech, voices and health over HTTP."""

from __future__ import annotations

import contextlib
import hmac
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from bot import __version__
from bot.engine.api import (
    MAX_BODY,
    ApiError,
    SpeechRequest,
    error_body,
    no_such_voice,
    parse_ahead,
    parse_speech,
)
from bot.engine.host import Host
from bot.engine.pcm import BYTES_PER_SECOND, CONTENT_TYPES, wav_header
from bot.engine.uploads import Uploads
from bot.engine.voices import Voice

log = logging.getLogger(__name__)

MAX_ACTIVE = 32  # requests that may take turns on the engine's thread

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Handlers around one Host. With a token, everything but /health asks for it as a bearer token.

    `folder` is that of the voices: with it, they can be added and removed.
    """

    def __init__(self, host: Host, token: str = "", folder: Path | None = None) -> None:
        self._host = host
        self._token = token
        self._folder = folder
        self._numbers = itertools.count(1)

    def application(self) -> web.Application:
        """To be run with handler_cancellation: a closed connection ends its speech."""
        app = web.Application(
            client_max_size=MAX_BODY,
            middlewares=[self._errors, self._authorize],
        )
        app.router.add_get("/health", self._health)
        app.router.add_get("/v1/voices", self._voices)
        app.router.add_post("/v1/audio/speech", self._speech)
        app.router.add_post("/v1/audio/ahead", self._ahead)
        if self._folder is not None:
            app.router.add_routes(Uploads(self._host, self._folder).routes())
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        health = self._host.health
        return web.json_response(
            {
                "status": health.status,
                "progress": health.progress,
                "detail": health.detail,
                "engine": self._host.name,
                "active": self._host.active,
                "version": __version__,
                "settled": self._host.settled,
                "engines": [
                    {
                        "name": worker.name,
                        "status": worker.health.status,
                        "progress": worker.health.progress,
                        "detail": worker.health.detail,
                        "voices": len(worker.voices),
                        **worker.facts(),
                    }
                    for worker in self._host.workers
                ],
            }
        )

    async def _voices(self, _request: web.Request) -> web.Response:
        await self._host.refresh()
        return web.json_response(
            {
                "voices": [_shown(voice) for voice in self._host.voices.values()],
                "absent": [_shown(voice) | {"why": why} for voice, why in self._host.absent],
            }
        )

    async def _ahead(self, request: web.Request) -> web.Response:
        """Not OpenAI's: what will be asked for soon is made while nobody waits, and then is there at once."""
        wanted = parse_ahead(await request.read())
        if not self._host.is_slow:
            raise ApiError(501, "This engine speaks at once: there is nothing to make ahead.", code="quick")
        self._host.ahead((one.input, one.voice, one.speed) for one in wanted)
        return web.json_response({"named": len(wanted)}, status=202)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except (web.RequestPayloadError, ContentEncodingError):
            raise ApiError(400, "The body cannot be decompressed.") from None
        wanted = parse_speech(body)
        health = self._host.health
        if health.status != "ready":
            raise ApiError(
                503, f"The engine is not ready. {health.detail}", code=f"engine_{health.status}", retry=1
            )
        if self._host.find(wanted.voice) is None:
            await self._host.refresh()
        if (voice := self._host.find(wanted.voice)) is None:
            raise no_such_voice(wanted.voice, self._host.voices)
        if self._host.active >= MAX_ACTIVE:
            raise ApiError(503, f"{MAX_ACTIVE} texts are being spoken already.", code="busy", retry=1)
        return await self._stream(request, wanted, voice)

    async def _stream(self, request: web.Request, wanted: SpeechRequest, voice: Voice) -> web.StreamResponse:
        number = next(self._numbers)  # the log names a request by it: the text is a stranger's
        response = web.StreamResponse(headers={"Content-Type": CONTENT_TYPES[wanted.format]})
        began = time.perf_counter()
        first = 0.0
        sent = 0
        end = "cut off"
        try:
            async with contextlib.aclosing(self._host.speak(wanted.input, voice, wanted.speed)) as pieces:
                # Before the headers go out, so that what fails at once is an error and not a broken stream.
                piece = await anext(pieces, None)
                first = time.perf_counter() - began
                await response.prepare(request)
                if wanted.format == "wav":
                    await response.write(wav_header())
                while piece is not None:
                    await response.write(piece)
                    sent += len(piece)
                    piece = await anext(pieces, None)
            await response.write_eof()
            end = "complete"
        except ConnectionError:
            pass  # the client went away between two pieces
        except Exception:
            end = "failed"
            if not response.prepared:
                raise
            log.exception("speech %d broke", number)
            if request.transport is not None:  # a closed chunked stream would pass for a whole one
                request.transport.abort()
        finally:
            log.debug(
                "speech %d: voice %s, %d characters, %.2f s of audio, first after %.1f ms, %s",
                number, voice.id, len(wanted.input), sent / BYTES_PER_SECOND, first * 1000, end,
            )  # fmt: skip
        return response

    @web.middleware
    async def _authorize(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if self._token and request.path != "/health":
            given = request.headers.get("Authorization", "")
            wanted = f"Bearer {self._token}"
            if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace")):
                raise ApiError(401, "This engine asks for its bearer token.", code="invalid_api_key")
        return await handler(request)

    @web.middleware
    async def _errors(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as fault:
            headers = {"Retry-After": str(fault.retry)} if fault.retry else {}
            if fault.status == 401:
                headers["WWW-Authenticate"] = "Bearer"
            return _error(fault.status, fault.message, fault.param, fault.code, headers)
        except web.HTTPException as fault:
            headers = {"Allow": fault.headers["Allow"]} if "Allow" in fault.headers else {}
            return _error(fault.status, *_REASONS.get(fault.status, (fault.reason, None, None)), headers)
        except ConnectionError:
            raise
        except Exception:
            log.exception("a request to %s failed", request.path[:40].encode("unicode_escape").decode())
            return _error(500, "The engine failed at this request; its log says how.", None, "internal", {})


_REASONS: dict[int, tuple[str, str | None, str | None]] = {
    404: ("There is no such path; speech is at POST /v1/audio/speech.", None, "not_found"),
    405: ("This path takes another method.", None, "method_not_allowed"),
    413: (f"The body is larger than {MAX_BODY // 1024} KiB.", None, "body_too_large"),
}


def _error(
    status: int, message: str, param: str | None, code: str | None, headers: dict[str, str]
) -> web.Response:
    return web.Response(
        status=status,
        text=error_body(status, message, param, code),
        content_type="application/json",
        headers=headers,
    )


def _shown(voice: Voice) -> dict[str, object]:
    return {
        "id": voice.id,
        "name": voice.name,
        "description": voice.description,
        "languages": list(voice.languages),
        "engine": voice.engine,
    }
