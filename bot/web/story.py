"""What the pages are told: the feed, the queue and how the bot is, as snapshots and what changes them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from bot import __version__
from bot.messages import (
    Answered,
    Dropped,
    EngineState,
    FeedEntry,
    Heard,
    OutputState,
    Retraction,
    SourceState,
    State,
    Trouble,
    Utterance,
    author_of,
)
from bot.messages import Speaking as SpeakingEntry
from bot.messages import Spoken as SpokenEntry
from bot.panel import HeldEvent, Panel
from bot.web.access import Role
from bot.web.events import Event, Hub
from bot.web.history import History
from bot.web.shapes import (
    Controls,
    Engine,
    HeldItem,
    Item,
    Output,
    Pages,
    Queue,
    Source,
    Speaking,
    Status,
    Told,
)
from bot.web.views import Views, clean, typed

log = logging.getLogger(__name__)

_TOLD = 50  # troubles that are kept
_PAST = 100  # in a snapshot
_WAITING_EVERY = 1.0  # seconds between two tellings of the backlog to overlays


class Story:
    """Subscribe `show` to a feed and `made` to the speaker, and call `tick` now and then.

    `overlay_token` goes into the overlay's link; `most` pages may be open; `wall` is the epoch's seconds.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        overlay_token: str = "",
        most: int = 64,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.panel = panel
        self._wall = wall
        self._clock = clock
        begun = wall() - clock()
        self._views = Views(panel.seconds, lambda monotonic: begun + monotonic if monotonic else wall())
        self.history = History(self._views, panel.sentence, wall)
        self.hub = Hub(self.tick, most=most)
        self.audible: Callable[[], str] = lambda: ""  # the page that is heard, if the pages play the sound
        self._overlay_path = f"/overlay?token={overlay_token}" if overlay_token else "/overlay"
        self._started_at = wall()
        self._sources: dict[tuple[str, str], Source] = {}
        self._engine = Engine(state="starting", detail="", progress=0.0, name=panel.engine_name)
        self._output = OutputState(State.STARTING)
        self._troubles: deque[Told] = deque(maxlen=_TOLD)
        self._held: tuple[tuple[HeldEvent, ...], list[HeldItem]] = ((), [])
        self._speaking: Speaking | None = None
        # What the pages have been told last:
        self._shown: dict[str, Utterance] = {}
        self._order: list[str] = []
        self._told: dict[str, Any] = {}
        self._overlay_told: tuple[Any, ...] = ()
        self._waiting_told = (0, 0.0)
        self._tell_waiting_at = 0.0

    # ------------------------------------------------------------ as it is

    def item(self, utterance: Utterance) -> Item:
        return self._views.item(utterance)

    def queue(self) -> Queue:
        panel = self.panel
        return Queue(
            backlog=round(panel.backlog, 2),
            waiting=panel.waiting,
            paused=panel.paused,
            under_way=[self.item(utterance) for utterance in panel.under_way],
            items=[self.item(utterance) for utterance in panel.queued],
        )

    def held(self) -> list[HeldItem]:
        held, shown = self._held
        if held is not self.panel.held:  # asked for ten times a second, and seldom another
            held = self.panel.held
            shown = [self._views.held(one) for one in held]
            self._held = held, shown
        return shown

    def status(self, role: Role) -> Status:
        heard = self.panel.heard
        changing = self._changing()
        return Status(
            version=__version__,
            at=round(self._wall(), 3),
            started_at=round(self._started_at, 3),
            role="owner" if role is Role.OWNER else "moderator",
            backlog=round(self.panel.backlog, 2),
            waiting=self.panel.waiting,
            speaking=self.item(heard) if heard else None,
            overlay_path=self._overlay_path if role >= Role.MODERATOR else None,
            prefix=self.panel.prefix,
            languages=["en", "zh"],
            **changing,
        )

    def snapshot(self, role: Role) -> Event:
        """What a panel begins with; what is told after it changes just this."""
        self.tick()
        past = [record.past for record, _ in zip(self.history, range(_PAST), strict=False)]
        return {
            "type": "snapshot",
            "at": self._wall(),
            "status": self.status(role),
            "queue": self.queue(),
            "history": past,
        }

    def overlay_snapshot(self) -> Event:
        return {
            "type": "snapshot",
            "at": self._wall(),
            "theme": {},
            "speaking": self._speaking,
            "waiting": self.panel.waiting,
            **self._overlay_state(),
        }

    @property
    def sources(self) -> list[Source]:
        return list(self._sources.values())

    def controls(self) -> Controls:
        panel = self.panel
        return Controls(
            volume=round(panel.volume, 4),
            speed=panel.speed,
            voice=panel.voice,
            output=panel.output,
            device=panel.device,
        )

    # ------------------------------------------------------------ as it changes

    def show(self, entry: FeedEntry) -> None:
        """A fault here must cost the pages an event, and the bot nothing."""
        try:
            self._show(entry)
        except Exception:
            log.exception("the pages were not told of %s", type(entry).__name__)

    def made(self, utterance: Utterance, seconds: float) -> None:
        """All of an utterance has been made; it lasts `seconds`. A fault here costs what `show`'s does."""
        try:
            self._made(utterance, seconds)
        except Exception:
            log.exception("the pages were not told how long %s is", utterance.id)

    def _made(self, utterance: Utterance, seconds: float) -> None:
        shown = self._speaking
        if shown and shown.id == utterance.id:
            self._speaking = shown.model_copy(update={"seconds": round(seconds, 3), "exact": True})
        self._both({"type": "length", "id": utterance.id, "seconds": round(seconds, 3)})

    def tick(self) -> None:
        """Tells what has changed and is in no feed: the queue, and how things are."""
        self._tell_queue()
        changing = self._changing()
        if changes := {key: value for key, value in changing.items() if self._told.get(key) != value}:
            self._told = changing
            self.hub.publish("panel", {"type": "status", "changes": changes})
        state = self._overlay_state()
        if (told := tuple(state.values())) != self._overlay_told:
            self._overlay_told = told
            self.hub.publish("overlay", {"type": "state", **state})
        now = self._clock()
        waiting = self.panel.waiting, round(self.panel.backlog, 1)
        if waiting != self._waiting_told and now >= self._tell_waiting_at:
            self._waiting_told, self._tell_waiting_at = waiting, now + _WAITING_EVERY
            self.hub.publish("overlay", {"type": "waiting", "waiting": waiting[0], "backlog": waiting[1]})

    def _show(self, entry: FeedEntry) -> None:
        match entry:
            case SourceState(source=source, channel=channel, state=state, detail=detail):
                told = Source(
                    source=clean(source), channel=clean(channel), state=state.value, detail=clean(detail)
                )
                self._sources[source, channel] = told
            case EngineState(state=state, detail=detail, progress=progress):
                self._engine = self._engine.model_copy(
                    update={"state": state.value, "detail": clean(detail), "progress": progress}
                )
            case OutputState():
                self._output = entry
            case Trouble(key=key, detail=detail):
                one = Told(key=clean(key), detail=clean(detail), at=round(self._wall(), 3))
                self._troubles.append(one)
                self.hub.publish("panel", {"type": "trouble", **one.model_dump()})
            case Heard(event=event) if not isinstance(event, Retraction) and self.hub.count("panel"):
                self.hub.publish("panel", {"type": "heard", "item": self._views.written(event)})
            case Answered(event=event, text=text):
                author = author_of(event)
                name = clean(author.name) if author else ""
                answered = {"name": name, "written": clean(typed(event)), "text": clean(text)}
                self.hub.publish("panel", {"type": "answered", **answered, "at": self._wall()})
            case SpeakingEntry(utterance=utterance, latency=latency):
                self._begin(utterance, latency)
            case SpokenEntry(utterance=utterance):
                self._end(utterance, "")
            case Dropped(utterance=utterance, reason=reason):
                self._end(utterance, reason)
        if past := self.history.take(entry):
            self.hub.publish("panel", {"type": "past", "item": past})

    def _begin(self, utterance: Utterance, latency: float) -> None:
        item = self.item(utterance)
        self._speaking = Speaking(
            id=item.id,
            at=round(self._wall() + self.panel.output_latency, 3),
            seconds=item.seconds,
            exact=False,
            text=item.text,
            name=item.name,
            voice=item.voice,
            platform=item.platform,
            kind=item.kind,
            roles=item.roles,
            rank=item.rank,
            paid=item.paid,
            latency=round(latency, 4),
        )
        self._both({"type": "speaking", "item": self._speaking})

    def _end(self, utterance: Utterance, reason: str) -> None:
        if self._speaking and self._speaking.id == utterance.id:
            self._speaking = None
            self._both({"type": "ended", "id": utterance.id, "whole": not reason, "reason": reason})

    def _both(self, event: Event) -> None:
        self.hub.publish("overlay", event, urgent=True)
        self.hub.publish("panel", event, urgent=True)

    def _tell_queue(self) -> None:
        panel = self.panel
        queued = panel.queued
        under_way = panel.under_way
        order = [utterance.id for utterance in queued]
        now_under_way = [utterance.id for utterance in under_way]
        if not self.hub.count("panel"):
            # Nobody is told; the next page's snapshot begins from here.
            self._shown = {utterance.id: utterance for utterance in (*queued, *under_way)}
            self._order = [*order, "|", *now_under_way]
            return
        shown = {utterance.id: utterance for utterance in (*queued, *under_way)}
        changed = [one for key, one in shown.items() if self._shown.get(key) is not one]
        marks = [*order, "|", *now_under_way]
        if not changed and marks == self._order:
            return
        self._shown, self._order = shown, marks
        self.hub.publish(
            "panel",
            {
                "type": "queue",
                "backlog": round(panel.backlog, 2),
                "waiting": panel.waiting,
                "paused": panel.paused,
                "set": [self.item(utterance) for utterance in changed],
                "order": order,
                "under_way": now_under_way,
            },
        )

    def _changing(self) -> dict[str, Any]:
        """What of the status is told whenever it changes; the queue's numbers come with the queue."""
        panel = self.panel
        return {
            "reading_aloud": panel.reading_aloud,
            "paused": panel.paused,
            "sources": list(self._sources.values()),
            "engine": self._engine,
            "output": Output(
                state=self._output.state.value,
                detail=clean(self._output.detail),
                kind=panel.output.partition(":")[0],
                device=panel.device,
            ),
            "controls": self.controls(),
            "troubles": list(self._troubles),
            "held": self.held(),
            "pages": Pages(
                panels=self.hub.count("panel"), overlays=self.hub.count("overlay"), audible=self.audible()
            ),
        }

    def _overlay_state(self) -> dict[str, Any]:
        panel = self.panel
        output = panel.output.partition(":")[0]
        return {"paused": panel.paused, "reading_aloud": panel.reading_aloud, "output": output}
