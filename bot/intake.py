"""From a chat event to the queue: retracted, carried out as a command, refused, or worded and voiced."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chat.commands import Router
from bot.chat.reader import Reader, Rejected
from bot.chat.viewers import Viewers
from bot.config import Speech
from bot.feed import Feed
from bot.messages import (
    Answered,
    ChatEvent,
    ChatMessage,
    Dropped,
    FeedEntry,
    Heard,
    Part,
    Queued,
    Rank,
    Refused,
    Retraction,
    Spoken,
    Trouble,
    Utterance,
    Viewer,
    rank_of,
    retracts,
)
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import StoreError

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.store import Store


class Intake:
    """Decides what becomes of each event; belongs to the event loop's thread and never waits."""

    def __init__(
        self,
        *,
        feed: Feed,
        reader: Reader,
        router: Router,
        viewers: Viewers,
        voices: Voices,
        queue: SpeechQueue,
        speaker: Speaker,
        speech: Speech,
        store: Store | None,
        clock: Callable[[], float],
    ) -> None:
        self._feed = feed
        self._reader = reader
        self._router = router
        self._viewers = viewers
        self._voices = voices
        self._queue = queue
        self._speaker = speaker
        self._speech = speech
        self._store = store
        self._clock = clock
        self._numbers = itertools.count(1)
        self.desk: Desk | None = None  # carries out commands, once there is one
        if store:
            feed.subscribe(self._forget_paid)

    def take(self, event: ChatEvent) -> None:
        """What becomes of an event that has just come in."""
        self._feed.publish(Heard(event))
        if isinstance(event, Retraction):
            self._speaker.retract(
                lambda utterance: bool(utterance.event and retracts(event, utterance.event)), "deleted"
            )
            return
        viewer = self._viewers.of(event)
        if rejected := self._refused(event, viewer) or self._commanded(event):
            self._feed.publish(Refused(event, rejected.reason))
            return
        said = self._reader.read(event, viewer)
        if isinstance(said, Rejected):
            self._feed.publish(Refused(event, said.reason))
        else:
            self.enqueue(said, event, viewer)

    def enqueue(
        self, said: list[str], event: ChatEvent | None = None, viewer: Viewer | None = None
    ) -> Utterance:
        """Has something spoken; `said` from its fullest wording to its shortest."""
        voice = self._voices.choose(event, viewer)
        utterance = Utterance(
            id=str(next(self._numbers)),
            text=said[0],
            shorter=tuple(said[1:]),
            voice=voice,
            parts=self._parts(event, voice),
            speed=self._speech.speed * (viewer.speed if viewer else 1.0),
            event=event,
            rank=rank_of(event) if event else Rank.MODERATOR,
            received_at=event.received_at if event and event.received_at else self._clock(),
        )
        if event and utterance.paid and self._store:
            self._keep(self._store.add, event)
        self._feed.publish(Queued(utterance))
        self._queue.put(utterance)
        if utterance.paid:
            self._speaker.give_way()
        return utterance

    def _refused(self, event: ChatEvent, viewer: Viewer) -> Rejected | None:
        if rank_of(event) is Rank.PAID:
            return None
        if viewer.muted:
            return Rejected("muted")
        if self.desk and not self.desk.reading_aloud and not self._is_call(event):
            return Rejected("off")
        return None

    def _is_call(self, event: ChatEvent) -> bool:
        return isinstance(event, ChatMessage) and self._reader.is_command(event)

    def _commanded(self, event: ChatEvent) -> Rejected | None:
        """Carries out a command. Whatever looks like one is not spoken, known or not."""
        if not isinstance(event, ChatMessage) or not self._reader.is_command(event):
            return None
        if self.desk and not self._reader.judge(event) and (call := self._router.call(event)):
            self._feed.publish(Answered(event, self.desk.carry_out(call)))
        return Rejected("command")

    def _parts(self, event: ChatEvent | None, voice: str) -> tuple[Part, ...]:
        """A message that changes voices by itself: "[leo] hello [mei] hi"."""
        if not isinstance(event, ChatMessage):
            return ()
        parts = self._voices.parts(event.text, voice)
        said = (replace(part, text=self._reader.speakable_text(part.text)) for part in parts)
        return tuple(part for part in said if part.text)

    def _forget_paid(self, entry: FeedEntry) -> None:
        """A paid message that was heard to its end, or taken back, need not survive a restart."""
        if isinstance(entry, Spoken | Dropped):
            utterance = entry.utterance
            if self._store and utterance.event and utterance.paid:
                self._keep(self._store.remove, utterance.event)

    def _keep(self, change: Callable[[ChatEvent], None], event: ChatEvent) -> None:
        try:
            change(event)
        except StoreError as error:
            self._feed.publish(Trouble("store", f"{error}: paid messages may not survive a restart"))
