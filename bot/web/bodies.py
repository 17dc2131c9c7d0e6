"""The shapes of what may be asked of the API, and of its answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from bot.web.shapes import HeldItem, Item, Key, Outcome, Past, Shape, Speed, Text, VoiceId, Why, Word

# ---------------------------------------------------------------- what may be done


class Order(Shape):
    ids: Annotated[list[Key], Field(max_length=10_000)]


class Removed(Shape):
    removed: Item


class Clear(Shape):
    paid: bool = False


class Cleared(Shape):
    removed: int


class Skip(Shape):
    id: Key | None = None


class Skipped(Shape):
    skipped: Item | None


class Pause(Shape):
    now: bool = False


class Paused(Shape):
    paused: bool


class Reading(Shape):
    on: bool


class ReadingAloud(Shape):
    reading_aloud: bool


class Say(Shape):
    text: Text
    voice: VoiceId | None = None
    speed: Speed | None = None
    next: bool = False


class Said(Shape):
    item: Item


class ControlChanges(Shape):
    volume: Annotated[float, Field(ge=0, le=1)] | None = None
    speed: Speed | None = None
    voice: VoiceId | None = None
    output: Annotated[str, StringConstraints(pattern=r"^(device|null|browser)$")] | None = None
    device: Key | None = None


class OutputKind(Shape):
    id: str
    title: str


class Device(Shape):
    index: int
    name: str
    title: str
    default: bool


class Outputs(Shape):
    output: str
    device: str
    outputs: list[OutputKind]
    devices: list[Device]
    detail: str


class Held(Shape):
    items: list[HeldItem]


class LetGo(Shape):
    """What is still held."""

    held: list[HeldItem]


# ---------------------------------------------------------------- history, viewers, words


class HistoryQuery(Shape):
    limit: int = Field(default=100, ge=1, le=500)
    before: int | None = Field(default=None, ge=0)
    outcome: Outcome | None = None


class History(Shape):
    items: list[Past]
    more: bool


class ViewerQuery(Shape):
    search: Key = ""
    limit: int = Field(default=50, ge=1, le=500)


class Viewer(Shape):
    id: str
    name: str
    nickname: str
    voice: str
    speed: float
    muted: bool
    blocked: bool


class Viewers(Shape):
    viewers: list[Viewer]


class ViewerChanges(Shape):
    muted: bool | None = None
    blocked: bool | None = None
    nickname: Annotated[str, StringConstraints(max_length=20)] | None = None
    voice: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")] | None = None
    speed: Speed | None = None


class BlockedWord(Shape):
    word: Word


class Entry(Shape):
    written: str
    kind: Literal["word", "pattern", "allowed"]
    where: str
    fixed: bool


class Blocklist(Shape):
    entries: list[Entry]
    faults: list[str]


class Changed(Shape):
    changed: bool
    message: str = ""


class Taught(Shape):
    word: str
    reading: str
    scope: str
    by: str
    at: float


class Readings(Shape):
    readings: list[Taught]


class Teach(Shape):
    word: Word
    reading: Word
    scope: Key = ""


class UndoWord(Shape):
    """Of which word the last change is taken back; "" is of any."""

    word: Annotated[str, StringConstraints(max_length=200)] = ""


class UndoReading(UndoWord):
    """Of which word, and for whom: null is for anybody, "" for everybody."""

    scope: Key | None = None


class Forget(Shape):
    word: Word
    scope: Key = ""


class Preview(Shape):
    text: Annotated[str, StringConstraints(max_length=2000)]
    platform: Literal["twitch", "bilibili"] = "twitch"
    name: Annotated[str, StringConstraints(max_length=60)] = "somebody"
    roles: list[Literal["broadcaster", "moderator", "vip", "subscriber", "follower"]] = Field(
        default=[], max_length=5
    )
    amount: Annotated[float, Field(ge=0, le=1e9)] = 0


class SaidPart(Shape):
    voice: str
    text: str


class Refusal(Shape):
    reason: str
    why: Why
    detail: str


class Previewed(Shape):
    said: list[str]
    parts: list[SaidPart]
    voice: str
    seconds: float
    refused: Refusal | None


# ---------------------------------------------------------------- voices and speech


class Voices(Shape):
    """`voices` as the engine tells of them: at least id, name, description, languages and engine.

    `absent`: likewise those whose engine is not there, with `why` in its words; others speak in their place.
    """

    voices: list[dict[str, Any]]
    absent: list[dict[str, Any]]
    default: str


class Sample(Shape):
    text: Annotated[str, StringConstraints(max_length=300)] | None = None
    speed: Speed | None = None


class Tts(Shape):
    text: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    voice_id: VoiceId | None = None
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    format: Literal["wav", "pcm"] = "wav"


# ---------------------------------------------------------------- numbers and log


class Quantiles(Shape):
    p50: float | None
    p95: float | None


Numbers = list[float | None]


class Series(Shape):
    """Values by step, oldest first; counts are of each step."""

    step: float
    at: list[float]
    chat_to_sound_p50: Numbers
    chat_to_sound_p95: Numbers
    first_sound_p50: Numbers
    rtf_mean: Numbers
    backlog: Numbers
    heard: Numbers
    spoken: Numbers
    refused: Numbers
    dropped: Numbers


class MetricsQuery(Shape):
    series: bool = False


class Metrics(Shape):
    at: float
    uptime: float
    rtf_mean: float | None
    rtf_p95: float | None
    requests_total: int
    errors_total: int
    first_sound: Quantiles
    chat_to_sound: Quantiles
    backlog: float
    waiting: int
    heard: int
    queued: int
    spoken: int
    audio_seconds: float
    refused: dict[str, int]
    dropped: dict[str, int]
    why: dict[str, Why]  # of each reason among them
    clients: int
    series: Series | None


class EventsQuery(Shape):
    view: Literal["panel", "overlay"] = "panel"
    token: Key = ""  # the overlay's
    name: Key = ""


class LogQuery(Shape):
    limit: int = Field(default=200, ge=1, le=1000)
    after: int = Field(default=0, ge=0)


class LogLine(Shape):
    number: int
    at: float
    level: str
    logger: str
    text: str


class Log(Shape):
    lines: list[LogLine]
