"""The API's OpenAPI document, made from the very rows and models that answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot import __version__
from bot.web.routes import Route
from bot.web.shapes import (
    Error,
)

_REF = "#/components/schemas/{model}"
_FAULTS = {
    400: "The request cannot be read.",
    401: "A token is needed, or another one.",
    403: "Not with this token, or not from this page.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "It cannot be done now.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "The request does not fit.",
    429: "Too many requests: see Retry-After.",
    500: "A fault of the bot's.",
    502: "The engine answered what could not be used.",
    503: "The engine is not ready: see Retry-After.",
    504: "The engine did not answer in time.",
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of `routes`."""
    routes = list(routes)
    models = {model for route in routes for model in (route.body, route.answer) if model} | {Error}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chat Aloud",
            "version": __version__,
            "description": "Livestream chat, read aloud: its queue, its words, its voices and its numbers.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "login": {"type": "apiKey", "in": "cookie", "name": "chat_aloud"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"For the {route.role.name.lower()}." if route.role else "For anybody.",
        "security": [{"bearer": []}, {"login": []}] if route.role else [],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {**_answers(route), **_faults(route)},
    }
    if route.body:
        operation["requestBody"] = {
            "required": any(field.is_required() for field in route.body.model_fields.values()),
            "content": {"application/json": {"schema": _ref(route.body)}},
        }
    elif route.raw:
        operation["requestBody"] = {"required": False, "content": {route.raw: {}}}
    return operation


def _answers(route: Route) -> dict[str, Any]:
    if route.socket:
        return {"101": {"description": "A WebSocket."}, "426": _fault("Only as a WebSocket.")}
    if route.answer:
        return {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": _ref(route.answer)}},
            }
        }
    kinds = route.media or ("application/json",)
    done = {"description": "Done.", "content": {kind: {} for kind in kinds}}
    return {"200": done, "201": done} if route.proxied else {"200": done}


def _faults(route: Route) -> dict[str, Any]:
    if route.proxied:  # the engine's have more in them: what is wrong with a recording
        loose: dict[str, Any] = {"content": {"application/json": {}}}
        return {str(status): {"description": words, **loose} for status, words in _FAULTS.items()}
    return {str(status): _fault(words) for status, words in _FAULTS.items()}


def _fault(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _ref(Error)}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": _plain(one)}
        for name, one in schema["properties"].items()
    ]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: what may be left out is left out."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return {**kinds[0], **rest}
    return schema


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
