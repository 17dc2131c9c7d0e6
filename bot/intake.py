"""From a chat event to the queue: retracted, carried out as a command, refused, or worded and voiced."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.chat.commands import Router
from bot.chat.reader import Reader
from bot.chat.rules.authors import is_staff
from bot.chat.rules.reasons import Merged, Reason, Rejected
from bot.chat.templates import fill, retyped, template_of, typed_in
from bot.chat.viewers import Viewers, viewer_id, whose
from bot.config import Speech, Templates
from bot.feed import Feed
from bot.messages import (
    Answered,
    Author,
    ChatEvent,
    ChatMessage,
    Dropped,
    FeedEntry,
    Fragment,
    Heard,
    Part,
    Queued,
    Rank,
    Refused,
    Retraction,
    Role,
    Spoken,
    Trouble,
    Utterance,
    Viewer,
    retracts,
)
from bot.paid import HELD, Paid
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import StoreError

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.store import Store

log = logging.getLogger(__name__)

_CALM = 0.1  # of the seconds that may wait: below that, what was given up may be told
# Why what was just taught might not be heard as it is read now, and yet is to be.
_SAID_OF_LATE = (Reason.REPEATED, Reason.MERGED, Reason.COOLDOWN)
_NO_TIME = ("queue full", "stale")  # why the queue gives up what nobody has taken back


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
        templates: Templates,
        store: Store | None,
        unheard: Callable[[ChatMessage], None] = lambda message: None,
        clock: Callable[[], float],
    ) -> None:
        """`unheard` is told of a message that the rules had passed, and that is not spoken after all."""
        self._feed = feed
        # reader, speech and templates may be exchanged at any time.
        self.reader = reader
        self._router = router
        self._viewers = viewers
        self._voices = voices
        self._queue = queue
        self._speaker = speaker
        self.speech = speech
        self.templates = templates
        self._unheard = unheard
        self.paid = Paid(feed, store, clock)
        self._clock = clock
        self._numbers = itertools.count(1)
        self.desk: Desk | None = None  # carries out commands, once there is one
        self.reading_aloud = True  # else only what is paid for is read
        self._first_words: dict[str, str] = {}  # of messages that tell how many have said them, by their id
        self._skipped = 0  # given up for want of time, and not told of yet
        feed.subscribe(self._settle)

    def take(self, event: ChatEvent) -> None:
        """What becomes of an event that has just come in."""
        with self._costing_itself_alone(event):
            self._feed.publish(Heard(event))
            if isinstance(event, Retraction):
                self._speaker.retract(
                    lambda utterance: bool(utterance.event and retracts(event, utterance.event)), "deleted"
                )
                self.paid.retract(event)
            else:
                self._decide(event)

    @contextlib.contextmanager
    def _costing_itself_alone(self, event: ChatEvent) -> Iterator[None]:
        """An event that something here cannot cope with is given up; held, if it was paid for."""
        try:
            yield
        except StoreError:
            raise
        except Exception:
            log.exception("event %s of %s was given up", event.id, event.source)
            if self.reader.rank(event) is Rank.PAID:
                self.paid.hold(event)
                what = "a paid message could not be read, and is held"
            else:
                what = "an event could not be read"
            self._feed.publish(Trouble(what, f"{what}: the log has the details"))

    def _decide(self, event: ChatEvent) -> None:
        viewer = self._viewers.of(event)
        said = self._refused(event, viewer) or self.reader.judge(event) or self._worded(event, viewer)
        if not isinstance(said, Rejected):
            self.enqueue(said, event, viewer)
            return
        self._feed.publish(Refused(event, said.reason, said.detail))
        if said.reason == Reason.HELD:
            self.paid.hold(event)
        else:
            self.paid.let_go(event)  # of an earlier run, which had not refused it
        if said.reason == Reason.COMMAND and isinstance(event, ChatMessage):
            self._carry_out(event)
        elif isinstance(said, Merged):
            self._join(said, template_of(self.templates, "crowd", event.source))

    def block(self, viewer: Viewer) -> None:
        """Silences who is blocked now; what they have paid for is held."""
        self._speaker.retract(lambda one: whose(one) == viewer.id and not one.paid, "blocked viewer")
        self._speaker.retract(lambda one: whose(one) == viewer.id, HELD)

    def unblock(self, viewer: Viewer) -> None:
        """What was held of who is blocked no more is decided over as if it had just come in."""
        for event in self.paid.held.take(lambda one: viewer_id(one) == viewer.id):
            with self._costing_itself_alone(event):
                self._decide(replace(event, received_at=self._clock()))

    def hear(self, text: str, message: ChatMessage) -> None:
        """Has `text` read as if the author of `message` had typed it, unless that would not be read."""
        typed = replace(message, fragments=(Fragment(text),), worth=None)
        viewer = self._viewers.of(message)
        refused = self._refused(typed, viewer) or self.reader.judge(typed)
        if refused and refused.reason not in _SAID_OF_LATE:
            return
        said = self._worded(typed, viewer)
        if not isinstance(said, Rejected):
            self.enqueue(said, typed, viewer)

    def enqueue(
        self,
        said: list[str],
        event: ChatEvent | None = None,
        viewer: Viewer | None = None,
        *,
        voice: str = "",
        speed: float = 0.0,
    ) -> Utterance:
        """Has something spoken; `said` from its fullest wording to its shortest.

        In a `voice` and at a `speed` of its own if they are given.
        """
        chosen = voice
        rank = self.reader.rank(event) if event else Rank.MODERATOR
        voice = chosen or self._voices.choose(event, viewer, rank)
        utterance = Utterance(
            id=str(next(self._numbers)),
            text=said[0],
            shorter=tuple(said[1:]),
            voice=voice,
            parts=() if chosen else self.parts(event, viewer, voice, len(said[0])),
            speed=speed or self.speech.speed * (viewer.speed if viewer else 1.0),
            event=event,
            rank=rank,
            received_at=event.received_at if event and event.received_at else self._clock(),
        )
        if event and utterance.paid:
            self.paid.keep(event)
        self._feed.publish(Queued(utterance))
        self._queue.put(utterance)
        if utterance.paid and not self._queue.limits.hold:
            self._speaker.give_way()
        return utterance

    def _refused(self, event: ChatEvent, viewer: Viewer) -> Rejected | None:
        if self.reader.rank(event) is Rank.PAID:
            return Rejected(Reason.HELD) if viewer.blocked else None
        if viewer.blocked:
            why = Reason.IGNORED
        elif viewer.muted:
            why = Reason.MUTED
        elif not self.reading_aloud:
            why = Reason.OFF
        else:
            return None
        # While nothing is read commands go on, or nobody could turn it on again; and so do those of staff who
        # are not read, or a streamer whom a moderator mutes could not undo it. But a moderator who is blocked
        # commands nothing: they would unblock themself.
        if isinstance(event, ChatMessage) and (why is Reason.OFF or _commands(event.author, viewer)):
            judged = self.reader.judge(event)
            if judged and judged.reason == Reason.COMMAND:
                return judged
            if judged is None:
                self._unheard(event)
        return Rejected(why)

    def _worded(self, event: ChatEvent, viewer: Viewer) -> list[str] | Rejected:
        said = self.reader.word(event, viewer)
        if isinstance(said, Rejected) and isinstance(event, ChatMessage):
            self._unheard(event)
        return said

    def _carry_out(self, message: ChatMessage) -> None:
        """Whatever looks like a command is not spoken; the bot's own are carried out."""
        if self.desk and (call := self._router.call(message)):
            self._feed.publish(Answered(message, self.desk.carry_out(call)))

    def _join(self, merged: Merged, template: str) -> None:
        """The message that others have said too tells how many, if it still waits."""

        def counted(utterance: Utterance) -> Utterance:
            text = utterance.shorter[-1] if utterance.shorter else utterance.text
            text = self._first_words.setdefault(merged.into, text)
            told = fill(template, {"count": self.reader.count(merged.count, template), "text": text})
            return replace(utterance, text=told, shorter=(), parts=())

        if template:
            self._queue.amend(
                lambda utterance: utterance.event is not None and utterance.event.id == merged.into, counted
            )

    def parts(
        self, event: ChatEvent | None, viewer: Viewer | None, voice: str, longest: int
    ) -> tuple[Part, ...]:
        """A message that changes voices by itself: "[leo] hello [mei] hi"; cut at about `longest` characters.

        The first run is worded as the message would be, with its author's name where the template has it.
        """
        if event is None:
            return ()
        parts: list[Part] = []
        for speaks, fragments in self._voices.runs(typed_in(event), voice):
            if sum(len(part.text) for part in parts) >= longest:
                break
            run = retyped(event, fragments)
            text = self.reader.text(run, viewer)
            if not text:
                continue
            worded = [text] if parts else self.reader.word(run, viewer)
            said, *shorter = [text] if isinstance(worded, Rejected) else worded
            parts.append(Part(speaks, said, tuple(shorter)))
        return tuple(parts)

    def _settle(self, entry: FeedEntry) -> None:
        """What came of an utterance is told to those who count on it."""
        if not isinstance(entry, Spoken | Dropped):
            return
        utterance = entry.utterance
        if utterance.event:
            self._first_words.pop(utterance.event.id, None)
        self.paid.settle(entry)
        if isinstance(entry, Dropped) and entry.reason in _NO_TIME:
            self._skipped += 1
        elif isinstance(entry, Spoken):
            self._tell_skipped()
        if isinstance(entry, Dropped) and isinstance(utterance.event, ChatMessage):
            self._unheard(utterance.event)

    def _tell_skipped(self) -> None:
        """Once it is calm again, how much was given up, if the streamer wants that said."""
        calm = self._queue.backlog <= self._queue.limits.seconds * _CALM
        if self._skipped and calm and (template := self.templates.skipped):
            count, self._skipped = self._skipped, 0
            self.enqueue([fill(template, {"count": self.reader.count(count, template)})])


def _commands(author: Author, viewer: Viewer) -> bool:
    """Whether who is not read may direct the bot all the same."""
    return Role.BROADCASTER in author.roles if viewer.blocked else is_staff(author)
