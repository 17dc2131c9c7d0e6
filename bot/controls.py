"""What the streamer and moderators control while the bot runs, from chat and from the pages alike."""

from __future__ import annotations

from typing import Protocol

from bot.chat.viewers import Viewers, whose
from bot.intake import Intake
from bot.messages import Viewer
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker


class Sound(Protocol):
    """What is needed of the player."""

    volume: float
    paused: bool


class Controls:
    """Belongs to the event loop's thread."""

    def __init__(
        self, *, queue: SpeechQueue, speaker: Speaker, player: Sound, viewers: Viewers, intake: Intake
    ) -> None:
        self._queue = queue
        self._speaker = speaker
        self._player = player
        self._viewers = viewers
        self._intake = intake

    @property
    def volume(self) -> float:
        return self._player.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._player.volume = volume

    @property
    def paused(self) -> bool:
        return self._queue.paused

    def pause(self, *, now: bool = False) -> None:
        """`now`: in mid-word; else what is heard is heard to its end, and nothing after it."""
        self._queue.paused = True
        self._speaker.put_back()
        self._player.paused = now or self._player.paused

    def resume(self) -> None:
        self._player.paused = False
        self._queue.resume()

    @property
    def reading_aloud(self) -> bool:
        return self._intake.reading_aloud

    def read_aloud(self, on: bool) -> None:
        """Off: of chat only what is paid for is read from now on; what is heard is heard to its end."""
        self._intake.reading_aloud = on
        if not on:
            heard = self._speaker.heard
            self._speaker.retract(
                lambda one: one.event is not None and not one.paid and one is not heard, "off"
            )

    def clear(self, *, paid: bool = False) -> int:
        """Gives up what waits, what was paid for only if that is said; returns how many."""
        return self._queue.remove(lambda one: paid or not one.paid, "cleared")

    def change_viewer(self, viewer: Viewer, **changes: str | float | bool) -> Viewer:
        """Who is muted or blocked now is heard no more; what they paid for is spoken, or held if they are
        blocked, until they are no more. StoreError: nothing has changed.
        """
        changed = self._viewers.change(viewer, **changes)
        if changes.get("blocked"):
            self._intake.block(changed)
        elif changes.get("muted"):
            self._speaker.retract(lambda one: whose(one) == viewer.id and not one.paid, "muted")
        if changes.get("blocked") is False:
            self._intake.unblock(changed)
        return changed
