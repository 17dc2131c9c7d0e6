"""The pages and the API of one bot, wired together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.config import Web as WebSettings
from bot.feed import Feed
from bot.messages import Utterance
from bot.metrics import Metrics
from bot.panel import Panel
from bot.web.access import Access, Role
from bot.web.api_control import Control
from bot.web.api_held import HeldApi
from bot.web.api_session import Sessions
from bot.web.api_words import Words
from bot.web.bodies import (
    EventsQuery,
)
from bot.web.limits import Limits
from bot.web.log import LogTail
from bot.web.numbers import Numbers
from bot.web.openapi import document
from bot.web.pages import Pages
from bot.web.routes import Call, Route
from bot.web.server import Server
from bot.web.speech import Address, Speech
from bot.web.story import Story

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Site:
    """`run` serves until cancelled; `feed` is told where. `engine` and `session` reach the engine."""

    def __init__(
        self,
        settings: WebSettings,
        panel: Panel,
        feed: Feed,
        metrics: Metrics,
        *,
        engine: Address,
        session: Callable[[], ClientSession],
        model: str,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._feed = feed
        self._limits = limits = limits or Limits()
        self._clock = clock
        self._access = Access(settings, clock)
        self.story = Story(panel, overlay_token=self._access.overlay_token, clock=clock, most=limits.pages)
        self._numbers = Numbers(metrics, panel, self.story, clock=clock)
        self._log = LogTail()
        speech = Speech(panel, engine, session, metrics.asked, limits, model=model)
        self.routes: list[Route] = [
            *Sessions(self._access).routes(),
            *Control(panel, self.story).routes(),
            *HeldApi(panel, self.story).routes(),
            *Words(panel, self.story).routes(),
            *speech.routes(),
            *self._numbers.routes(),
            *self._log.routes(),
            Route("GET", "/api/events", self._events, Role.OVERLAY, "What happens, as it does", socket=True),
            Route(
                *("GET", "/api/openapi.json", self._document, Role.NOBODY, "This document"),
                media=("application/json",),
                cost=4,
            ),
        ]
        self._described: dict[str, Any] | None = None
        self.server: Server | None = None
        feed.subscribe(self.story.show, states=True)

    @property
    def made(self) -> Callable[[Utterance, float], None]:
        """To be told of every utterance that has been made to its end, and how long it is."""
        return self.story.made

    def add(self, routes: Sequence[Route]) -> None:
        """Further routes; before it runs."""
        self.routes += routes

    async def run(self) -> None:
        """Until cancelled."""
        settings = self._settings
        pages = await asyncio.to_thread(Pages, overlay_css=settings.overlay_css)
        self.server = Server(self.routes, pages, self._access, self._limits, self._clock)
        with self._log.attached():
            async with asyncio.TaskGroup() as group:
                group.create_task(self.story.hub.run())
                group.create_task(self._numbers.run())
                group.create_task(self.server.run(settings.host, settings.port, self._feed.publish))

    async def _events(self, call: Call, query: EventsQuery) -> web.StreamResponse:
        hub = self.story.hub
        if call.role <= Role.OVERLAY or query.view == "overlay":
            return await hub.serve(call.request, "overlay", self.story.overlay_snapshot)
        return await hub.serve(call.request, "panel", lambda: self.story.snapshot(call.role))

    async def _document(self, call: Call) -> web.Response:
        self._described = self._described or document(self.routes)
        return web.json_response(self._described)
