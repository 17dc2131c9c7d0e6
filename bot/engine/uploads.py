"""The engine's routes that add a voice from an uploaded recording, take one away, and bring it back."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.engine.api import ApiError
from bot.engine.host import Host
from bot.engine.voices import VoiceError, check_id

if TYPE_CHECKING:
    from bot.engine.references import Prepared

_Result = TypeVar("_Result")

MAX_UPLOAD = 20 << 20  # bytes
_MAX_FIELD = 4096  # bytes of a form's field
_FORM_ROOM = 64 << 10  # bytes of a form beside its recording
_FIELDS = ("text", "language", "name", "description", "credits", "licence")
_BODY_SECONDS, _IDLE_SECONDS = 180.0, 15.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording and what was said of it."""

    body: bytes
    fields: Mapping[str, str]
    begin: float
    end: float | None
    dry: bool  # look at it, keep nothing
    replace: bool
    transcribe: bool


class Uploads:
    """Handlers around the folder of voices. One recording is looked at at a time."""

    def __init__(self, host: Host, folder: Path) -> None:
        self._host = host
        self._folder = folder
        self._busy = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/voices/{voice}", self._add),
            web.delete("/v1/voices/{voice}", self._remove),
            web.post("/v1/voices/{voice}/restore", self._restore),
        ]

    async def _add(self, request: web.Request) -> web.Response:
        voice = _voice(request)
        if self._busy.locked():
            raise ApiError(503, "Another recording is being looked at.", code="busy", retry=2)
        async with self._busy:
            upload = await _receive(request)
            # To its end even if whoever asked goes away: a thread cannot be called back, and holds the turn.
            working = _apart(lambda: _work(self._folder, voice, upload))
            try:
                answer, status = await asyncio.shield(working)
            except asyncio.CancelledError:
                await asyncio.wait((working,))
                raise
        await self._host.refresh()
        answer["usable"] = voice in self._host.voices and answer["stored"]
        return web.json_response(answer, status=status)

    async def _remove(self, request: web.Request) -> web.Response:
        from bot.engine.references import store

        voice = _voice(request)
        await self._host.refresh()
        if list(self._host.voices) == [voice]:
            raise ApiError(409, f"{voice} is the only voice that this engine has.", code="last_voice")
        try:
            await asyncio.to_thread(store.remove, self._folder, voice)
        except VoiceError as fault:
            raise _api_error(fault) from None
        await self._host.refresh()
        return web.json_response({"id": voice, "removed": True})

    async def _restore(self, request: web.Request) -> web.Response:
        from bot.engine.references import store

        voice = _voice(request)
        try:
            await asyncio.to_thread(
                store.restore, self._folder, voice, replace=_flag(request.query, "replace")
            )
        except VoiceError as fault:
            raise _api_error(fault) from None
        await self._host.refresh()
        return web.json_response({"id": voice, "restored": True, "usable": voice in self._host.voices})


def _voice(request: web.Request) -> str:
    """The voice that the path names. No web page may ask: a browser tells of each by these headers."""
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
        raise ApiError(403, "Web pages change no voices here; the bot's own panel does.", code="forbidden")
    try:
        return check_id(request.match_info["voice"])
    except VoiceError as fault:
        raise ApiError(400, str(fault), param="voice", code="invalid_value") from None


async def _receive(request: web.Request) -> Upload:
    """The body, raw or as a form, and the query. Raises ApiError."""
    fields = {key: request.query[key] for key in _FIELDS if key in request.query}
    body = bytearray()
    if (request.content_length or 0) > MAX_UPLOAD + _FORM_ROOM:  # before it is on its way
        raise _too_large(MAX_UPLOAD)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            if request.content_type == "multipart/form-data":
                await _read_form(request, fields, body)
            else:
                async for chunk in _chunks(request.content.readany):
                    _append(body, chunk)
    except TimeoutError:
        raise ApiError(408, "The recording came too slowly.", code="timeout") from None
    except (web.RequestPayloadError, HttpProcessingError, ValueError, KeyError, AssertionError):
        raise ApiError(
            400, "The body is no whole form, or cannot be decompressed.", code="invalid_body"
        ) from None
    if not body:
        raise ApiError(
            400, "There is no recording in the body.", param="file", code="missing_required_parameter"
        )
    query = request.query
    return Upload(
        bytes(body),
        fields,
        begin=_seconds(query, "from") or 0.0,
        end=_seconds(query, "to"),
        dry=_flag(query, "dry"),
        replace=_flag(query, "replace"),
        transcribe=_flag(query, "transcribe"),
    )


async def _read_form(request: web.Request, fields: dict[str, str], body: bytearray) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form in a form")
        if part.filename is None and part.name in _FIELDS:
            text = bytearray()
            async for chunk in _chunks(part.read_chunk):
                _append(text, chunk, _MAX_FIELD)
            fields[part.name] = text.decode("utf-8")
        elif not body:
            async for chunk in _chunks(part.read_chunk):
                _append(body, chunk)
        else:
            raise ApiError(400, "There is more than one recording in the form.", code="invalid_body")


async def _chunks(read: Any) -> AsyncIterator[bytes]:
    """What `read` gives until it gives nothing, none of it later than it may be."""
    while True:
        async with asyncio.timeout(_IDLE_SECONDS):
            chunk: bytes = await read()
        if not chunk:
            return
        yield chunk


def _append(body: bytearray, chunk: bytes, most: int = MAX_UPLOAD) -> None:
    body += chunk
    if len(body) > most:
        raise _too_large(most)


def _too_large(most: int) -> ApiError:
    shown = f"{most >> 20} MB" if most >> 20 else f"{most} bytes"
    return ApiError(413, f"It is larger than {shown}.", code="body_too_large")


def _apart(work: Callable[[], _Result]) -> asyncio.Future[_Result]:
    """Does `work` in a thread that the process need not wait for when it ends."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, fault: BaseException | None) -> None:
        if future.cancelled():
            return
        if fault is not None:
            future.set_exception(fault)
        else:
            future.set_result(cast("_Result", result))

    def run() -> None:
        try:
            outcome: tuple[_Result | None, BaseException | None] = (work(), None)
        except BaseException as fault:
            outcome = (None, fault)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True, name="upload").start()
    return future


def _work(folder: Path, voice: str, upload: Upload) -> tuple[dict[str, Any], int]:
    """Looks at a recording and keeps it; the answer and its status. Blocks."""
    from bot.engine.references import Refused, store
    from bot.engine.references.listening import listen
    from bot.engine.references.recording import from_recording

    fields = upload.fields
    language = fields.get("language", "")
    answer: dict[str, Any] = {"id": voice, "stored": False}
    try:
        if not upload.replace and not upload.dry and (folder / voice).exists():
            raise store.VoiceExists(f"There is a voice {voice} already; replace=1 takes its place.")
        languages = [code for code in language.replace(",", " ").split() if code]
        with tempfile.TemporaryDirectory(prefix="chat-aloud-") as temporary:
            file = Path(temporary) / "recording"
            file.write_bytes(upload.body)
            prepared: Prepared = from_recording(
                file,
                fields.get("text", ""),
                begin=upload.begin,
                end=upload.end,
                shown="The recording",
                listen=(lambda sound: listen(sound, language=languages[0] if languages else ""))
                if upload.transcribe
                else None,
            )
        told = store.about(
            voice,
            name=fields.get("name", ""),
            languages=languages,
            text=prepared.text,
            description=fields.get("description", ""),
            credit=fields.get("credits", ""),
            licence=fields.get("licence", ""),
        )
        if not upload.dry:
            store.add(folder, voice, prepared, told, replace=upload.replace)
            answer["stored"] = True
    except Refused as refusal:
        error = {"message": str(refusal), "type": "invalid_request_error", "param": "file", "code": "refused"}
        return answer | {"error": error, "report": refusal.report.json()}, 422
    except VoiceError as fault:
        raise _api_error(fault) from None
    answer |= {"name": told.name, "languages": list(told.languages), "text": prepared.text.strip()}
    return answer | {"report": prepared.report.json()}, 200 if upload.dry else 201


def _api_error(fault: VoiceError) -> ApiError:
    from bot.engine.references import store
    from bot.engine.references.decode import Undecodable

    match fault:
        case store.NoSuchVoice():
            return ApiError(404, str(fault), param="voice", code="voice_not_found")
        case store.VoiceExists():
            return ApiError(409, str(fault), param="voice", code="voice_exists")
        case Undecodable():
            return ApiError(422, str(fault), param="file", code="undecodable")
    return ApiError(400, str(fault), code="invalid_value")


def _flag(query: Mapping[str, str], key: str) -> bool:
    return query.get(key, "0") not in ("", "0", "false", "no")


def _seconds(query: Mapping[str, str], key: str) -> float | None:
    if key not in query:
        return None
    try:
        return float(query[key])
    except ValueError:
        raise ApiError(400, f"{key} must be a number of seconds.", param=key, code="invalid_value") from None
