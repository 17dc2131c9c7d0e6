"""What is known of each viewer: nickname, voice, speed, muted or not; kept if there is a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from bot.chat.rules.authors import viewer_key
from bot.messages import ChatEvent, Viewer, author_of

_REMEMBERED = 2000


class Keeper(Protocol):
    """Where viewers are kept."""

    def viewers(self) -> Iterable[Viewer]: ...
    def keep_viewer(self, viewer: Viewer) -> None: ...


def viewer_id(event: ChatEvent) -> str:
    """The key of an event's author, "twitch:123"; "" if it has none."""
    author = author_of(event)
    return viewer_key(event, author) if author else ""


class Viewers:
    """Every viewer who has chosen something, or about whom somebody has."""

    def __init__(self, keeper: Keeper | None = None) -> None:
        self._keeper = keeper
        self._seen: dict[str, Viewer] = {}  # who wrote lately, by id
        self._known = {viewer.id: viewer for viewer in keeper.viewers()} if keeper else {}

    def of(self, event: ChatEvent) -> Viewer:
        """The author of an event, also one of whom nothing is known."""
        identity = viewer_id(event)
        author = author_of(event)
        viewer = self._known.get(identity) or Viewer(identity, author.name if author else "")
        self._seen.pop(identity, None)
        self._seen[identity] = viewer
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return viewer

    def named(self, source: str, name: str) -> Viewer | None:
        """A viewer of a platform who wrote lately, or is known, by name or by id."""
        wanted = name.casefold()
        for viewer in (*reversed(self._seen.values()), *self._known.values()):
            platform, _, identity = viewer.id.partition(":")
            if platform == source and wanted in (viewer.name.casefold(), identity.casefold()):
                return viewer
        return None

    def change(self, viewer: Viewer, **changes: str | float | bool) -> Viewer:
        """Keeps what has changed. Raises what the keeper raises, and then nothing has changed."""
        changed: Viewer = replace(viewer, **changes)  # type: ignore[arg-type]  # the caller names fields of Viewer
        if self._keeper:
            self._keeper.keep_viewer(changed)
        self._known[changed.id] = changed
        self._seen[changed.id] = changed
        return changed
