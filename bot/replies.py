"""Writes what a command is answered into the chat that it came from, where the streamer wants that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.feed import Feed
from bot.messages import Answered, FeedEntry, Trouble
from bot.platforms import Answer, Platform


class Replies:
    """Subscribe `show` to a feed; `wanted` says whether answers go into chat now."""

    def __init__(self, platforms: Sequence[Platform], feed: Feed, wanted: Callable[[], bool]) -> None:
        self._platforms = platforms
        self._feed = feed
        self._wanted = wanted
        self._writing: set[asyncio.Task[None]] = set()

    def show(self, entry: FeedEntry) -> None:
        if not isinstance(entry, Answered) or not self._wanted():
            return
        for platform in self._platforms:
            if platform.answer and platform.is_of(entry.event):
                task = asyncio.create_task(self._write(platform.answer, entry))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)

    def close(self) -> None:
        for task in self._writing:
            task.cancel()

    async def _write(self, answer: Answer, entry: Answered) -> None:
        if problem := await answer(entry.text, entry.event):
            self._feed.publish(Trouble(f"answer: {problem}", f"an answer was not sent: {problem}"))
