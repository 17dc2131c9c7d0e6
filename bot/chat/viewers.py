"""What is known of each viewer: nickname, voice, speed, muted or not; kept if there is a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from bot.chat.folding import fold
from bot.chat.rules.authors import viewer_key
from bot.messages import ChatEvent, Utterance, Viewer, author_of

_REMEMBERED = 2000


class Keeper(Protocol):
    """Where viewers are kept."""

    def viewers(self) -> Iterable[Viewer]: ...
    def keep_viewer(self, viewer: Viewer) -> None: ...


def viewer_id(event: ChatEvent) -> str:
    """The key of an event's author, "twitch:123"; "" if it has none."""
    author = author_of(event)
    return viewer_key(event, author) if author else ""


def whose(utterance: Utterance) -> str:
    """The key of the viewer whose words these are; "" if they are nobody's."""
    return viewer_id(utterance.event) if utterance.event else ""


class Viewers:
    """Every viewer who has chosen something, or about whom somebody has."""

    def __init__(self, keeper: Keeper | None = None) -> None:
        self._keeper = keeper
        self._seen: dict[str, tuple[Viewer, str]] = {}  # who wrote lately, with their login, by id
        self._known = {viewer.id: viewer for viewer in keeper.viewers()} if keeper else {}

    def of(self, event: ChatEvent) -> Viewer:
        """The author of an event, also one of whom nothing is known."""
        identity = viewer_id(event)
        author = author_of(event)
        name = author.name if author else ""
        viewer = replace(self._known.get(identity) or Viewer(identity), name=name)
        self._seen.pop(identity, None)
        self._seen[identity] = viewer, author.login if author else ""
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return viewer

    def named(self, source: str, name: str) -> Viewer | None:
        """A viewer of a platform who wrote lately, or is known, by name, by login or by id.

        Where nobody is called just so, by how a name looks, or by the nickname that is heard in its stead.
        """
        known = ((viewer, "") for viewer in self._known.values())
        here = [
            (viewer, login)
            for viewer, login in (*reversed(self._seen.values()), *known)
            if viewer.id.startswith(f"{source}:")
        ]
        wanted = name.casefold()
        for viewer, login in here:
            if wanted and wanted in (viewer.name.casefold(), login, viewer.id.partition(":")[2].casefold()):
                return viewer
        looks = fold(name)
        return next((one for one, _ in here if looks and looks in (fold(one.name), fold(one.nickname))), None)

    def all(self) -> list[Viewer]:
        """Who wrote lately or is known; the last to write first."""
        seen = [viewer for viewer, _ in reversed(self._seen.values()) if viewer.id]
        return [*seen, *(viewer for viewer in self._known.values() if viewer.id not in self._seen)]

    def by_id(self, identity: str) -> Viewer | None:
        """The viewer of a key such as "twitch:123", if they wrote lately or are known."""
        seen, _ = self._seen.get(identity, (None, ""))
        return seen or self._known.get(identity)

    def change(self, viewer: Viewer, **changes: str | float | bool) -> Viewer:
        """Keeps what has changed. Raises what the keeper raises, and then nothing has changed."""
        changed: Viewer = replace(viewer, **changes)  # type: ignore[arg-type]  # the caller names fields of Viewer
        if self._keeper:
            self._keeper.keep_viewer(changed)
        self._known[changed.id] = changed
        _, login = self._seen.get(changed.id, (changed, ""))
        self._seen[changed.id] = changed, login
        return changed
