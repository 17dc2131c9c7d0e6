"""The speech API's words: a request's body to what is wanted, and errors in the shape of OpenAI's."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

Format = Literal["pcm", "wav"]
MAX_INPUT = 4096  # characters
MAX_BODY = 64 * 1024  # bytes
_SLOWEST, _FASTEST = 0.25, 4.0


class ApiError(Exception):
    """A request that is refused; the message is a sentence for whoever sent it."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, retry: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code
        self.retry = retry  # seconds after which to try again, 0: do not


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    input: str
    voice: str
    speed: float = 1.0
    format: Format = "wav"


def error_body(status: int, message: str, param: str | None = None, code: str | None = None) -> str:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def parse_speech(body: bytes) -> SpeechRequest:
    """What a body of POST /v1/audio/speech asks for. Raises ApiError. Unknown fields are let be."""
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON.", code="invalid_json") from None
    if not isinstance(wanted, dict):
        raise ApiError(400, "The body must be a JSON object.", code="invalid_json")

    text = _string(wanted, "input")
    if len(text) > MAX_INPUT:
        raise _bad("input", f"input has {len(text)} characters; at most {MAX_INPUT} can be spoken at once.")
    if wanted.get("model") is not None:
        _string(wanted, "model")
    if wanted.get("stream_format") not in (None, "audio"):
        raise _bad("stream_format", 'stream_format must be "audio".')

    sound = wanted.get("response_format")
    if sound not in (None, "pcm", "wav"):
        raise _bad("response_format", 'response_format must be "pcm" or "wav".')

    speed = wanted.get("speed")
    speed = 1.0 if speed is None else speed
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not _SLOWEST <= speed <= _FASTEST:
        raise _bad("speed", f"speed must be a number from {_SLOWEST} to {_FASTEST:g}.")
    return SpeechRequest(text, _string(wanted, "voice"), float(speed), cast("Format", sound or "wav"))


MAX_AHEAD = 16  # texts that may be named to be asked for soon


def parse_ahead(body: bytes) -> list[SpeechRequest]:
    """What POST /v1/audio/ahead names: {"requests": [bodies of POST /v1/audio/speech]}. Raises ApiError."""
    try:
        wanted = json.loads(body)
        requests = wanted["requests"]
        if not isinstance(requests, list):
            raise TypeError
    except (ValueError, RecursionError, TypeError, KeyError):
        raise ApiError(400, 'The body must be {"requests": […]}.', code="invalid_json") from None
    return [parse_speech(json.dumps(request).encode()) for request in requests[:MAX_AHEAD]]


def no_such_voice(voice: str, known: Iterable[str]) -> ApiError:
    known = sorted(known)
    shown = voice if len(voice) <= 40 else voice[:40] + "…"
    near = difflib.get_close_matches(voice.lower()[:40], known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(known[:20])}."
    return ApiError(
        404, f"There is no voice {shown!r}. {hint}", param="voice", code="voice_not_found"
    )  # fmt: skip


def _bad(param: str, message: str) -> ApiError:
    return ApiError(400, message, param=param, code="invalid_value")


def _string(wanted: dict[str, object], key: str) -> str:
    value = wanted.get(key)
    if value is None:
        raise ApiError(400, f"{key} is missing.", param=key, code="missing_required_parameter")
    if not isinstance(value, str):
        raise _bad(key, f"{key} must be a string.")
    return value
