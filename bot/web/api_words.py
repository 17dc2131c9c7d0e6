"""Viewers, history, and the words that are read: blocked ones, readings, and trying a line out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.messages import Viewer as KeptViewer
from bot.panel import Panel, Refusal, StoreError
from bot.web.access import Role
from bot.web.bodies import (
    BlockedWord,
    Blocklist,
    Changed,
    Entry,
    Forget,
    History,
    HistoryQuery,
    Preview,
    Previewed,
    Readings,
    Said,
    SaidPart,
    Taught,
    Teach,
    UndoReading,
    UndoWord,
    Viewer,
    ViewerChanges,
    ViewerQuery,
    Viewers,
)
from bot.web.bodies import (
    Refusal as Refused,
)
from bot.web.errors import ApiError
from bot.web.routes import Call, Route
from bot.web.shapes import (
    Why,
)
from bot.web.story import Story
from bot.web.views import clean
from bot.web.why import why

Result = TypeVar("Result")


class Problem(Protocol):
    """Why something was not changed."""

    @property
    def sentence(self) -> str: ...


class Words:
    """What moderators do to how chat is read."""

    def __init__(self, panel: Panel, story: Story) -> None:
        self._panel = panel
        self._story = story

    def routes(self) -> list[Route]:
        may = Role.MODERATOR
        return [
            Route("GET", "/api/history", self.history, may, "What was spoken, refused and given up", cost=2),
            Route("POST", "/api/history/{number}/replay", self.replay, may, "Say it again", cost=5),
            Route("GET", "/api/viewers", self.viewers, may, "Who wrote lately, or is known"),
            Route("PATCH", "/api/viewers/{id}", self.change_viewer, may, "Mute, block or name a viewer"),
            Route("GET", "/api/blocklist", self.blocklist, may, "The words that are never said"),
            Route("POST", "/api/blocklist", self.block, may, "Block a word"),
            Route("POST", "/api/blocklist/remove", self.unblock, may, "Unblock a word"),
            Route("POST", "/api/blocklist/undo", self.undo_block, may, "Take the last change back"),
            Route("GET", "/api/readings", self.readings, may, "How words are read, as taught"),
            Route("POST", "/api/readings", self.teach, may, "Teach how a word is read"),
            Route("POST", "/api/readings/remove", self.forget, may, "Forget a reading"),
            Route("POST", "/api/readings/undo", self.undo_reading, may, "Take the last change back"),
            Route("POST", "/api/preview", self.preview, may, "What would be said of a line", cost=2),
        ]

    # ------------------------------------------------------------ history

    async def history(self, call: Call, query: HistoryQuery) -> History:
        found = [
            record.past
            for record in self._story.history
            if (query.before is None or record.past.number < query.before)
            and (query.outcome is None or record.past.outcome == query.outcome)
        ]
        return History(items=found[: query.limit], more=len(found) > query.limit)

    async def replay(self, call: Call) -> Said:
        number = call.path["number"]
        number_is = number.isascii() and number.isdecimal() and len(number) < 16
        record = self._story.history.find(int(number)) if number_is else None
        if record is None:
            raise ApiError(404, "That is not remembered any more.", code="not_found", param="path.number")
        said = self._panel.replay(record.event, record.utterance)
        if isinstance(said, Refusal):
            words = why(said.reason, self._panel.sentence)
            raise ApiError(409, f"It cannot be said: {words.en if words else ''}.", code=_code(said.reason))
        return Said(item=self._story.item(said))

    # ------------------------------------------------------------ viewers

    async def viewers(self, call: Call, query: ViewerQuery) -> Viewers:
        found = self._panel.viewers(query.search)[: query.limit]
        return Viewers(viewers=[_viewer(one) for one in found])

    async def change_viewer(self, call: Call, body: ViewerChanges) -> Viewer:
        viewer = self._panel.viewer(call.path["id"])
        if viewer is None:
            raise ApiError(404, "No such viewer has written lately.", code="not_found", param="path.id")
        changes = body.model_dump(exclude_none=True)
        if body.nickname and not self._panel.sayable_name(body.nickname):
            raise ApiError(422, "That name cannot be said.", code="invalid", param="body.nickname")
        if body.voice and not self._panel.find_voice(body.voice)[0]:
            raise ApiError(404, "There is no voice of this name.", code="voice_not_found", param="body.voice")
        return _viewer(_kept(lambda: self._panel.change_viewer(viewer, **changes)))

    # ------------------------------------------------------------ blocked words

    async def blocklist(self, call: Call) -> Blocklist:
        entries, faults = self._panel.blocked()
        return Blocklist(
            entries=[
                Entry(
                    written=clean(one.written),
                    kind=one.kind.value,
                    where=clean(one.where),
                    fixed=one.where.startswith("config.toml"),
                )
                for one in entries
            ],
            faults=[clean(fault) for fault in faults],
        )

    async def block(self, call: Call, body: BlockedWord) -> Changed:
        return _changed(self._panel.block(body.word, _by(call)))

    async def unblock(self, call: Call, body: BlockedWord) -> Changed:
        return _changed(self._panel.unblock(body.word, _by(call)))

    async def undo_block(self, call: Call, body: UndoWord) -> Changed:
        return _changed(self._panel.undo_block(body.word))

    # ------------------------------------------------------------ readings

    async def readings(self, call: Call) -> Readings:
        return Readings(
            readings=[
                Taught(
                    word=clean(one.word),
                    reading=clean(one.reading),
                    scope=clean(one.scope),
                    by=clean(one.by),
                    at=one.at,
                )
                for one in self._panel.readings()
            ]
        )

    async def teach(self, call: Call, body: Teach) -> Changed:
        return _changed(_kept(lambda: self._panel.teach(body.word, body.reading, _by(call), body.scope)))

    async def forget(self, call: Call, body: Forget) -> Changed:
        return _changed(_kept(lambda: self._panel.forget(body.word, _by(call), body.scope)))

    async def undo_reading(self, call: Call, body: UndoReading) -> Changed:
        return _changed(_kept(lambda: self._panel.undo_reading(body.word, body.scope)))

    async def preview(self, call: Call, body: Preview) -> Previewed:
        tried = self._panel.preview(body.text, body.platform, body.name, list(body.roles), body.amount)
        refused = tried.refused
        return Previewed(
            said=[clean(line) for line in tried.said],
            parts=[SaidPart(voice=part.voice, text=clean(part.text)) for part in tried.parts],
            voice=tried.voice,
            seconds=round(tried.seconds, 2),
            refused=Refused(
                reason=str(refused.reason),
                why=why(refused.reason, self._panel.sentence) or Why(en="", zh=""),
                detail=clean(refused.detail),
            )
            if refused
            else None,
        )


def _viewer(viewer: KeptViewer) -> Viewer:
    return Viewer(
        id=clean(viewer.id),
        name=clean(viewer.name),
        nickname=clean(viewer.nickname),
        voice=viewer.voice,
        speed=viewer.speed,
        muted=viewer.muted,
        blocked=viewer.blocked,
    )


def _by(call: Call) -> str:
    return call.role.name.lower()


def _changed(problem: Problem | None) -> Changed:
    if problem is not None:
        raise ApiError(409, problem.sentence, code="unchanged")
    return Changed(changed=True)


def _kept(change: Callable[[], Result]) -> Result:
    try:
        return change()
    except StoreError as error:
        raise ApiError(500, f"It could not be kept: {error}.", code="store") from None


def _code(reason: str) -> str:
    return reason.replace(" ", "_")
