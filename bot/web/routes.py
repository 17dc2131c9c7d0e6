"""The table of what the API can do: a row names a handler, whose annotations say what it takes and gives."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_type_hints

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.web.access import Role
from bot.web.errors import ApiError

MAX_BODY = 64 * 1024  # bytes, unless a route says otherwise
_LONGEST_PART = 200  # characters of a part of a path
_MOST_PARAMETERS = 20

Handler = Callable[..., Awaitable[BaseModel | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and for what. `path` holds the parts of the path that the route leaves open.

    What a handler puts into `headers` goes with its answer.
    """

    request: web.Request
    role: Role
    path: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """`handler(call)`, or `handler(call, body)`, or `handler(call, query)`, or all three by these names.

    `media`: what it answers if that is no JSON. `cost`: points of the sender's rate. `raw`: the handler
    reads the body itself. `socket`: it is a WebSocket.
    """

    method: str
    path: str
    handler: Handler
    role: Role
    summary: str
    media: tuple[str, ...] = ()
    cost: float = 1.0
    most: int = MAX_BODY
    raw: str = ""  # the media type of a body that the handler reads
    socket: bool = False
    proxied: bool = False  # what it answers, and with which status, is the engine's to say

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.handler)

    @cached_property
    def body(self) -> type[BaseModel] | None:
        return self._model("body")

    @cached_property
    def query(self) -> type[BaseModel] | None:
        return self._model("query")

    @cached_property
    def answer(self) -> type[BaseModel] | None:
        """None: it answers something other than JSON of ours."""
        kind = self._hints["return"]
        return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    @property
    def name(self) -> str:
        """Unique: the method and the path in one word."""
        words = self.path.strip("/").replace("{", "").replace("}", "").replace(".", "_").replace("-", "_")
        return f"{self.method.lower()}_{words.replace('/', '_') or 'root'}"

    def _model(self, name: str) -> type[BaseModel] | None:
        if name not in inspect.signature(self.handler).parameters:
            return None
        kind = self._hints[name]
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        return kind

    def arguments(self, request: web.Request, body: bytes) -> dict[str, BaseModel]:
        """What the handler takes besides the call. ApiError: the request does not fit its models."""
        given: dict[str, BaseModel] = {}
        if self.query is not None:
            given["query"] = _read_query(self.query, request)
        elif request.query and not self.raw:
            raise ApiError(422, "This address takes no query.", code="invalid", param="query")
        if self.body is not None:
            given["body"] = _read(self.body, body, request)
        elif body.strip() and not self.raw and body.strip() != b"{}":
            raise ApiError(422, "This address takes no body.", code="invalid", param="body")
        return given


def check_path(request: web.Request) -> dict[str, str]:
    parts = dict(request.match_info)
    for name, part in parts.items():
        if len(part) > _LONGEST_PART or not part or not part.isprintable():
            raise ApiError(404, f"There is no such {name}.", code="not_found", param=f"path.{name}")
    return parts


def _read(model: type[BaseModel], body: bytes, request: web.Request) -> BaseModel:
    if request.content_type not in ("application/json", "application/octet-stream") and body:
        # Octet-stream is what aiohttp calls a body of no type.
        raise ApiError(415, "Send JSON, as Content-Type: application/json.", code="media")
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None


def _read_query(model: type[BaseModel], request: web.Request) -> BaseModel:
    if len(request.query) > _MOST_PARAMETERS:
        raise ApiError(422, "There are too many parameters.", code="invalid", param="query")
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _invalid(error: ValidationError, place: str) -> ApiError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return ApiError(400, "The body is not JSON.", code="json", param=place)
    where = ".".join([place, *(str(part) for part in first["loc"])])
    message = str(first["msg"]).removeprefix("Value error, ")
    return ApiError(
        422, f"{where}: {message[:1].lower()}{message[1:300]}.", code="invalid", param=where[:200]
    )
