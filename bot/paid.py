"""What people have paid for: kept until it was heard, held where it is not to be, and given up at last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bot.feed import Feed
from bot.held import Held
from bot.messages import (
    ChatEvent,
    Dropped,
    Retraction,
    Spoken,
    Trouble,
    Utterance,
    author_of,
    retracts,
    worth_of,
)
from bot.store import MOST_FAILURES, StoreError

if TYPE_CHECKING:
    from bot.store import Store

HELD = "held"  # why what was paid for is not spoken and yet not given up
_SHOWN = 300  # characters of a message that nobody has heard


class Paid:
    """With no store it holds what is to be held, and nothing survives a restart."""

    def __init__(self, feed: Feed, store: Store | None, clock: Callable[[], float]) -> None:
        self.held = Held()
        self._feed = feed
        self._store = store
        self._clock = clock
        self._unspoken: list[Utterance] = []  # the engine failed at them and has not spoken since
        self._counted: set[tuple[str, str, str]] = set()  # events that have failed in this run

    def keep(self, event: ChatEvent) -> None:
        """It is to be spoken, and is owed from now on."""
        self.held.forget(event)
        if self._store:
            self._change(self._store.add, event)

    def hold(self, event: ChatEvent) -> None:
        """Its viewer is blocked, or it could not be read: it waits for somebody's word."""
        # One of an earlier run has no time of this one's.
        self.held.add(event if event.received_at else replace(event, received_at=self._clock()))
        if self._store:
            self._change(self._store.add, event)

    def let_go(self, event: ChatEvent) -> None:
        """It is spoken no more, and need not survive a restart."""
        if not worth_of(event):
            return
        # Also of what counts as paid no more: an earlier run may have kept it.
        self.held.forget(event)
        if self._store:
            self._change(self._store.remove, event)

    def retract(self, retraction: Retraction) -> None:
        """What is held, or was to be tried again by the next run, is taken back."""
        for event in self.held.take(lambda one: retracts(retraction, one)):
            self.let_go(event)
        for utterance in self._unspoken[:]:
            if utterance.event and retracts(retraction, utterance.event):
                self._unspoken.remove(utterance)
                self.let_go(utterance.event)

    def settle(self, entry: Spoken | Dropped) -> None:
        """What has come of an utterance; to be told before anybody else is.

        For what was heard and is still kept would be heard again after a crash.
        """
        utterance = entry.utterance
        if utterance.event:
            if isinstance(entry, Dropped) and entry.reason == HELD:
                self.hold(utterance.event)
            elif isinstance(entry, Dropped) and entry.reason == "engine" and utterance.paid:
                self._unspoken.append(utterance)
            else:
                self.let_go(utterance.event)
        if isinstance(entry, Spoken):
            self._count_unspoken()

    def _count_unspoken(self) -> None:
        """An engine that speaks again failed at those alone: not so one that is away, or wants a token."""
        while self._unspoken:
            utterance = self._unspoken.pop()
            if (event := utterance.event) and self._store:
                key = (event.source, event.channel, event.id)
                if key not in self._counted:  # somebody may have had it said again
                    self._counted.add(key)
                    self._change(partial(self._try_later, self._store, utterance.text), event)

    def _try_later(self, store: Store, text: str, event: ChatEvent) -> None:
        """The next run speaks what the engine could not, unless it has had its chances: then it is shown."""
        if store.failed(event) < MOST_FAILURES:
            return
        author = author_of(event)
        name = "".join(filter(str.isprintable, author.name)) if author else ""
        self._feed.publish(
            Trouble(
                f"unread: {event.source} {event.channel} {event.id}",
                f"a paid message could not be read in {MOST_FAILURES} runs and is not tried again: "
                + (text if name in text else f"{name}: {text}")[:_SHOWN],
            )
        )

    def _change(self, change: Callable[[ChatEvent], None], event: ChatEvent) -> None:
        try:
            change(event)
        except StoreError as error:
            self._feed.publish(Trouble("store", f"{error}: paid messages may not survive a restart"))
