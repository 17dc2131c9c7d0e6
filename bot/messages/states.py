"""What the bot says of itself: how its parts are doing, and what becomes of each event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.events import ChatEvent
from bot.messages.speech import Utterance


class State(StrEnum):
    """How a part of the bot that can come and go is doing."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"  # it went away and is being tried again
    FAILED = "failed"  # it will not come back by itself


@dataclass(frozen=True, slots=True)
class SourceState:
    source: str
    channel: str
    state: State
    detail: str = ""  # a sentence for the streamer


@dataclass(frozen=True, slots=True)
class EngineState:
    state: State
    detail: str = ""
    progress: float = 0.0  # 0..1 while starting


@dataclass(frozen=True, slots=True)
class OutputState:
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PagesState:
    """The panel, the overlay and the API; while READY, `detail` is the address to open."""

    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event came in."""

    event: ChatEvent


@dataclass(frozen=True, slots=True)
class Refused:
    """An event will not be spoken. `reason` is one of a small set; `detail` is for people."""

    event: ChatEvent
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Dropped:
    """An utterance that was queued will not be spoken, or not to its end."""

    utterance: Utterance
    reason: str


@dataclass(frozen=True, slots=True)
class Speaking:
    """The first sample of an utterance went to the output; `latency` seconds after its event came in."""

    utterance: Utterance
    latency: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """The last sample of an utterance has been heard."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Answered:
    """What the bot answers to a command, in the language that it was given in."""

    event: ChatEvent
    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something the streamer should know, in one sentence; said once for each `key`."""

    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """How a request to the engine went, in seconds; `sound` were made in the first `took`.

    That is up to when it was first made to wait for the ear, so that `took / sound` is its own pace.
    """

    first: float  # until the first sound
    took: float
    sound: float
    total: float = 0.0  # of sound, in the whole answer
    failed: bool = False


FeedEntry = (
    SourceState
    | EngineState
    | OutputState
    | PagesState
    | Heard
    | Refused
    | Queued
    | Dropped
    | Speaking
    | Spoken
    | Answered
    | Trouble
)
