"""The whole bot in this process: a chat that the test writes, sound that nobody hears, pages on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.app import Bot
from bot.config import Settings, load_settings
from bot.feed import Feed
from bot.messages import (
    Author,
    ChatEvent,
    EngineState,
    FeedEntry,
    PagesState,
    Queued,
    SourceState,
    State,
    Worth,
)
from bot.platforms import Platform
from bot.sources.event_json import from_json, to_json
from bot.store import Store
from tests.people import ALICE, message

ROOT = Path(__file__).parents[2]
DEADLINE = 20.0
SAFE = {"X-Chat-Aloud": "1"}
OWNER, MODERATOR, OVERLAY = "owner-token-123", "moderator-token-1", "overlay-token-12"
TOKENS = {"web.token": OWNER, "web.moderator_token": MODERATOR, "web.overlay_token": OVERLAY}
Entry = TypeVar("Entry", bound=FeedEntry)


@dataclass
class Running:
    """The bot, where its pages are, and what it has said of itself."""

    bot: Bot
    feed: Feed
    folder: Path
    http: aiohttp.ClientSession
    chat: asyncio.Queue[ChatEvent]
    base: str = ""
    entries: list[FeedEntry] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def take(self, entry: FeedEntry) -> None:
        self.entries.append(entry)
        self._news.set()

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    async def until(
        self, kind: type[Entry], match: Callable[[Entry], bool] = lambda entry: True, *, seen: int = 0
    ) -> Entry:
        """The first entry of a kind that `match` is true of, from number `seen` on."""
        async with asyncio.timeout(DEADLINE):
            while True:
                while seen < len(self.entries):
                    entry = self.entries[seen]
                    seen += 1
                    if isinstance(entry, kind) and match(entry):
                        return entry
                self._news.clear()
                await self._news.wait()

    async def write(self, text: str, by: Author = ALICE, worth: Worth | None = None) -> str:
        """Somebody writes; the event's id, once it has been judged."""
        identity = f"e{next(self._numbers)}"
        seen = len(self.entries)
        self.chat.put_nowait(message(text, by=by, id=identity, worth=worth))
        await self._judged(identity, seen)
        return identity

    async def _judged(self, identity: str, seen: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while not any(_is_of(entry, identity) for entry in self.entries[seen:]):
                self._news.clear()
                await self._news.wait()

    async def get(self, path: str, **options: Any) -> Any:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return await self.ask("POST", path, body, **options)

    async def ask(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **options: Any
    ) -> Any:
        """The JSON of an answer that must have this status."""
        headers = SAFE | options.pop("headers", {})
        data = None
        if body is not None:
            data, headers = json.dumps(body), headers | {"Content-Type": "application/json"}
        async with self.http.request(
            method, self.base + path, data=data, headers=headers, **options
        ) as answer:
            text = await answer.text()
            assert answer.status == status, (answer.status, text)
            return json.loads(text)

    @contextlib.asynccontextmanager
    async def events(self, query: str = "", **options: Any) -> AsyncIterator[Listener]:
        async with self.http.ws_connect(
            f"{self.base}/api/events{query}", max_msg_size=0, **options
        ) as socket:
            yield Listener(socket)


class Listener:
    """A page, as far as events go. `next` passes over what is not asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sequences: list[int] = []
        self._events: list[dict[str, Any]] = []

    async def next(
        self, kind: str, match: Callable[[dict[str, Any]], bool] = lambda event: True
    ) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE):
            while True:
                while self._events:
                    event = self._events.pop(0)
                    if event["type"] == kind and match(event):
                        return event
                frame = json.loads(await self.socket.receive_str())
                self.sequences.append(frame["seq"])
                self._events += frame["events"]


def _is_of(entry: FeedEntry, identity: str) -> bool:
    """Whether an entry says what becomes of the event of this id."""
    event = entry.utterance.event if isinstance(entry, Queued) else getattr(entry, "event", None)
    return event is not None and event.id == identity and type(entry).__name__ in ("Queued", "Refused")


def settings_for(folder: Path, engine: str, flags: Mapping[str, str], file: Path | None = None) -> Settings:
    given = {
        "engine.url": engine,
        "audio.output": "null",
        "web.enabled": "true",
        "web.port": "0",
        "rules.blocklist": str(folder / "blocklist.txt"),
        "rules.same_viewer": "0",
        "rules.same_words": "0",
        "rules.share": "0",
        "viewers.voices": "same",
    }
    if file:
        del given["audio.output"]  # the file says
    return load_settings({**given, **flags}, file)


@contextlib.asynccontextmanager
async def running(
    folder: Path,
    engine: str,
    flags: Mapping[str, str] | None = None,
    *,
    cookies: bool = False,
    voices: bool = True,
    file: Path | None = None,
) -> AsyncIterator[Running]:
    """Yields the bot once its pages are served and its engine is ready; with `voices`, has told of them.

    `file`: its config.toml; what is set here anyway are flags.
    """
    chat: asyncio.Queue[ChatEvent] = asyncio.Queue()

    async def events() -> AsyncGenerator[ChatEvent | SourceState]:
        yield SourceState("twitch", "c", State.READY)
        while True:
            yield await chat.get()

    feed = Feed()
    store = Store(folder / "store.sqlite3", to_json, from_json)
    settings = settings_for(folder, engine, flags or {}, file)
    bot = Bot(
        settings, [Platform(events, "twitch", "c")], feed, voices=ROOT / "voices", store=store, pages=True
    )
    jar = aiohttp.CookieJar(unsafe=True) if cookies else aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        run = Running(bot, feed, folder, http, chat)
        feed.subscribe(run.take)
        task = asyncio.create_task(bot.run())
        try:
            served = asyncio.create_task(run.until(PagesState))
            await asyncio.wait((served, task), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            run.base = (await served).detail
            await run.until(EngineState, lambda entry: entry.state is State.READY)
            async with asyncio.timeout(DEADLINE):
                while voices and not bot._voices.known:  # noqa: ASYNC110 (nothing tells of it)
                    await asyncio.sleep(0.01)
            yield run
        finally:
            task.cancel()
            await asyncio.wait((task,))
            store.close()
            if not task.cancelled() and (error := task.exception()):
                raise error
