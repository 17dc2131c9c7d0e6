"""The API's document is true: every route is in it, and what it says is what is answered (schemathesis)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.web.limits import Limits
from bot.web.openapi import document
from tests.web.running import SAFE, Running, running

_UNFIT = ("/api/events", "/api/audio")  # WebSockets
_EXAMPLES = 7


async def test_every_route_is_described_and_nothing_else(site: Running) -> None:
    told = await site.get("/api/openapi.json")
    assert told["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, item in told["paths"].items() for method in item}
    routes = site.bot.site.routes  # type: ignore[union-attr]
    assert described == {(route.method, route.path) for route in routes}
    names = [operation["operationId"] for item in told["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names)
    assert told == document(routes)
    wanted = {"/api/tts", "/v1/audio/speech", "/api/metrics", "/metrics", "/api/queue", "/api/events"}
    assert wanted <= told["paths"].keys()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Iterator[str]:
    """The bot in a thread of its own; schemathesis asks from this one."""
    unlimited = Limits(rate=1e6, burst=1e6)
    patch = pytest.MonkeyPatch()
    patch.setattr("bot.web.site.Limits", lambda: unlimited)
    ready = threading.Event()
    base: list[str] = []
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        folder: Path = tmp_path_factory.mktemp("site")
        async with running(folder, engine) as site:
            for text in ("hello there", "!nonsense", "(-_-)"):
                await site.write(text)
            base.append(site.base)
            stop.append((asyncio.get_running_loop(), asyncio.Event()))
            ready.set()
            await stop[0][1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield base[0]
    loop, event = stop[0]
    loop.call_soon_threadsafe(event.set)
    thread.join(20)
    patch.undo()


def test_answers_are_as_described(served: str) -> None:
    """Some requests of each operation, fitting and not; all that is wrong is told together."""
    found = schemathesis.openapi.from_url(f"{served}/api/openapi.json")
    checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
    faults: list[str] = []
    asked = 0
    for result in found.exclude(path=list(_UNFIT)).get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)
            except schemathesis.errors.InvalidSchema:
                continue

            @settings(
                max_examples=_EXAMPLES,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            @given(case=strategy)
            def ask(case: schemathesis.Case[Any]) -> None:
                nonlocal asked
                asked += 1
                answer = case.call(base_url=served, headers=SAFE, timeout=20)
                assert answer.status_code not in (500, 504), answer.text
                case.validate_response(answer, checks=checks)

            try:
                ask()
            except Unsatisfiable:
                pass  # there is nothing to get wrong
            except BaseExceptionGroup as group:
                faults.append(f"{operation.label}: {group.exceptions}")
            except Exception as fault:
                faults.append(f"{operation.label}: {fault}")
    assert not faults, "\n\n".join(faults)
    assert asked > 200
