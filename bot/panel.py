"""What a streamer and their moderators may see and do of the running bot from a page or a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from bot.chat.blockfile import Entry
from bot.chat.blocklist import Unchanged
from bot.chat.judgement import Judgement
from bot.chat.readings import Untaught
from bot.chat.rules.reasons import Reason, Rejected, sentence
from bot.chat.templates import text_of
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.held import HeldEvent
from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    Part,
    Reading,
    Role,
    Utterance,
    Viewer,
    Worth,
)
from bot.speech.estimate import Estimator
from bot.speech.queue import SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import StoreError

if TYPE_CHECKING:
    from bot.controls import Controls
    from bot.intake import Intake
    from bot.playback.devices import Device

__all__ = ["HeldEvent", "Panel", "Refusal", "StoreError", "Tried"]

Refusal = Rejected  # to say something, as those know it who ask
QUEUE_FULL = "queue full"  # why, besides what the rules give
_MONEY = {"twitch": "bits", "bilibili": "CNY"}


class Outputs(Protocol):
    """Where sound goes, which may be changed while it does."""

    kind: str
    device: str

    @property
    def latency(self) -> float: ...
    def change(self, kind: str, device: str) -> None:
        """OutputError: there is no such output; what was goes on."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What would be said of a line."""

    said: list[str]
    parts: tuple[Part, ...]
    voice: str
    seconds: float
    refused: Rejected | None


class Panel:
    """Carries out what it is asked to; belongs to the event loop's thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        queue: SpeechQueue,
        speaker: Speaker,
        outputs: Outputs,
        controls: Controls,
        intake: Intake,
        viewers: Viewers,
        voices: Voices,
        judgement: Judgement,
        estimator: Estimator,
        clock: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._speaker = speaker
        self._outputs = outputs
        self._controls = controls
        self._intake = intake
        self._viewers = viewers
        self._voices = voices
        self._judgement = judgement
        self._estimator = estimator
        self._clock = clock
        self.prefix = settings.chat.command_prefix
        self.engine_name = "" if settings.engine.url else settings.engine.name

    # ------------------------------------------------------------ as it is

    @property
    def backlog(self) -> float:
        return self._queue.backlog

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def paused(self) -> bool:
        return self._controls.paused

    @property
    def reading_aloud(self) -> bool:
        return self._controls.reading_aloud

    @property
    def queued(self) -> list[Utterance]:
        """What waits, in the order in which it would be spoken."""
        return list(self._queue)

    @property
    def under_way(self) -> list[Utterance]:
        """What is being made or heard; what is heard comes first."""
        heard = self._speaker.heard
        return sorted(self._speaker.under_way, key=lambda utterance: utterance is not heard)

    @property
    def heard(self) -> Utterance | None:
        return self._speaker.heard

    @property
    def known_voices(self) -> list[str]:
        return list(self._voices.known)

    @property
    def output(self) -> str:
        return self._outputs.kind

    @property
    def device(self) -> str:
        return self._outputs.device

    @property
    def output_latency(self) -> float:
        return self._outputs.latency

    def seconds(self, utterance: Utterance) -> float:
        """How long it will sound, estimated."""
        return self._estimator.seconds_of(utterance)

    def sentence(self, reason: str, language: str) -> str:
        """Why the rules refuse something, for people."""
        return sentence(reason, language)

    # ------------------------------------------------------------ controls

    @property
    def volume(self) -> float:
        return self._controls.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._controls.volume = volume

    @property
    def speed(self) -> float:
        return self._intake.speech.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._intake.speech = self._intake.speech.model_copy(update={"speed": speed})

    @property
    def voice(self) -> str:
        return self._voices.default

    @voice.setter
    def voice(self, voice: str) -> None:
        self._voices.default = voice

    def find_voice(self, name: str) -> tuple[str, list[str]]:
        """(the voice of this name or "", the nearest names); before the engine has told, any name."""
        return self._voices.find(name) if self._voices.known else (name, [])

    def change_output(self, kind: str, device: str) -> str:
        """From now on sound goes there; or a sentence on why it cannot."""
        from bot.playback import OutputError

        try:
            self._outputs.change(kind, device)
        except OutputError as error:
            return str(error)
        return ""

    async def devices(self) -> tuple[list[Device], str]:
        """What there is to play on, or a sentence on why that cannot be told."""
        from bot.playback import OutputError
        from bot.playback.listing import list_elsewhere

        try:
            return await list_elsewhere(), ""
        except OutputError as error:
            return [], str(error)

    def pause(self, *, now: bool) -> None:
        """`now`: in mid-word; else what is heard is heard to its end."""
        self._controls.pause(now=now)

    def resume(self) -> None:
        self._controls.resume()

    def read_aloud(self, on: bool) -> None:
        self._controls.read_aloud(on)

    # ------------------------------------------------------------ the queue

    def find(self, utterance_id: str) -> Utterance | None:
        return next((one for one in (*self.under_way, *self._queue) if one.id == utterance_id), None)

    def order(self, ids: list[str]) -> None:
        """Within their ranks; what is not named follows."""
        self._queue.reorder(ids)

    def remove(self, utterance: Utterance, reason: str = "removed") -> None:
        self._speaker.retract(lambda one: one.id == utterance.id, reason)

    def skip(self) -> Utterance | None:
        """Ends what is heard, or is about to be; returns it."""
        under_way = self.under_way
        if under_way:
            self.remove(under_way[0], "skipped")
            return under_way[0]
        return None

    def clear(self, *, paid: bool) -> int:
        return self._controls.clear(paid=paid)

    def say(
        self, text: str, *, voice: str = "", speed: float = 0.0, first: bool = False, trusted: bool = True
    ) -> Utterance | Rejected:
        """Speaks the streamer's own words; those of who is not `trusted` may hold nothing that is blocked."""
        message = _typed(text, "", Author(id="", name=""))
        said = self._judgement.reader.text(message)
        if not trusted and (said is None or self._judgement.is_blocked(text)):
            return Rejected(Reason.BLOCKED)
        if said is None:  # what was taught has made a blocked word of it: as it was typed, then
            said = "".join(character if character.isprintable() else " " for character in text)
        if not any(character.isalnum() for character in said):
            return Rejected(Reason.SYMBOLS)
        utterance = self._intake.enqueue([said], voice=voice, speed=speed)
        if first:
            self._queue.reorder([utterance.id])
        return self._kept(utterance)

    def replay(self, event: ChatEvent | None, utterance: Utterance | None) -> Utterance | Rejected:
        """Speaks again what was spoken, given up or refused by the rules, unless a word in it is blocked."""
        now = self._clock()
        event = replace(event, received_at=now) if event else None
        written = event.text if isinstance(event, ChatMessage) else text_of(event) if event else ""
        if self._judgement.is_blocked(written):
            return Rejected(Reason.BLOCKED)
        viewer = self._viewers.of(event) if event else None
        if utterance is None:
            assert event is not None, "what was refused is an event"
            said = self._judgement.reader.word(event, viewer)
            if isinstance(said, Rejected):
                return said
            return self._kept(self._intake.enqueue(said, event, viewer))
        if self._judgement.is_blocked(utterance.text):
            return Rejected(Reason.BLOCKED)
        voice = "" if utterance.parts else utterance.voice  # which voices it changes to is worked out anew
        return self._kept(self._intake.enqueue([utterance.text], event, viewer, voice=voice))

    def _kept(self, utterance: Utterance) -> Utterance | Rejected:
        """What has been queued, unless there was no room for it."""
        return self.find(utterance.id) or Rejected(QUEUE_FULL)

    # ------------------------------------------------------------ viewers

    def viewers(self, search: str) -> list[Viewer]:
        """Who wrote lately or is known, by a part of name, nickname or id; the last to write first."""
        wanted = search.strip().casefold()
        return [
            viewer
            for viewer in self._viewers.all()
            if not wanted
            or wanted in viewer.name.casefold()
            or wanted in viewer.nickname.casefold()
            or wanted == viewer.id.casefold()
        ]

    def viewer(self, viewer_key: str) -> Viewer | None:
        return self._viewers.by_id(viewer_key)

    def change_viewer(self, viewer: Viewer, **changes: str | float | bool) -> Viewer:
        """StoreError: nothing has changed."""
        return self._controls.change_viewer(viewer, **changes)

    @property
    def held(self) -> tuple[HeldEvent, ...]:
        """What blocked viewers paid for, the oldest first; another tuple whenever it has changed."""
        return self._intake.paid.held.all

    def say_held(self, held: HeldEvent) -> Utterance | Rejected:
        """Speaks it, unless it cannot be said or holds a blocked word; then it is held on."""
        return self.replay(held.event, None)

    def let_go(self, held: HeldEvent) -> None:
        """Gives it up for good."""
        self._intake.paid.let_go(held.event)

    def sayable_name(self, name: str) -> str:
        """A name as it is said; "" if it cannot be, or must not be."""
        return self._judgement.reader.name(name)

    # ------------------------------------------------------------ words

    def blocked(self) -> tuple[list[Entry], list[str]]:
        """The block list's entries, and a sentence for each line of no use."""
        blocklist = self._judgement.blocklist
        blocklist.refresh()
        return list(blocklist), blocklist.faults

    def block(self, word: str, by: str) -> Unchanged | None:
        return _unchanged(self._judgement.blocklist.add(word, by))

    def unblock(self, word: str, by: str) -> Unchanged | None:
        return _unchanged(self._judgement.blocklist.remove(word, by))

    def undo_block(self, word: str) -> Unchanged | None:
        """The last change of `word`, or of any if it is ""."""
        return _unchanged(self._judgement.blocklist.undo(word=word))

    def readings(self) -> list[Reading]:
        return self._judgement.readings.every()

    def teach(self, word: str, reading: str, by: str, scope: str) -> Untaught | None:
        """StoreError: it could not be kept."""
        return _untaught(self._judgement.readings.teach(word, reading, by, scope))

    def forget(self, word: str, by: str, scope: str) -> Untaught | None:
        return _untaught(self._judgement.readings.forget(word, by, scope))

    def undo_reading(self, word: str, scope: str | None) -> Untaught | None:
        """The last change of `word`, or of any if it is "", in `scope`, or in any if it is None."""
        return _untaught(self._judgement.readings.undo(word=word, scope=scope))

    def preview(self, text: str, platform: str, name: str, roles: list[str], amount: float) -> Tried:
        """What would be said of a line, by the rules that ask for no more than the line."""
        author = Author(id="preview", name=name, roles=frozenset(Role(role) for role in roles))
        message = _typed(text, platform, author)
        if amount:
            message = replace(message, worth=Worth(amount, _MONEY[platform]))
        reader = self._judgement.trial
        voice = self._voices.choose(message, None, reader.rank(message))
        said = reader.read(message)
        if isinstance(said, Rejected):
            return Tried([], (), voice, 0.0, said)
        parts = self._intake.parts(message, None, voice, len(said[0]))
        utterance = Utterance(
            id="", text=said[0], voice=voice, parts=parts, speed=self.speed, received_at=self._clock()
        )
        return Tried(said, parts, voice, self._estimator.seconds_of(utterance), None)


def _typed(text: str, platform: str, author: Author) -> ChatMessage:
    return ChatMessage(source=platform, channel="", id="", author=author, fragments=(Fragment(text),))


def _unchanged(change: object) -> Unchanged | None:
    return change if isinstance(change, Unchanged) else None


def _untaught(change: object) -> Untaught | None:
    return change if isinstance(change, Untaught) else None
