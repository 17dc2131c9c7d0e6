"""The shapes of the API's JSON: what is spoken, how the bot is, errors. Its document is made from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(max_length=200)]
VoiceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Speed = Annotated[float, Field(ge=0.5, le=2.0)]
StateName = Literal["starting", "ready", "waiting", "failed"]
RankName = Literal["viewer", "subscriber", "moderator", "paid"]
RoleName = Literal["overlay", "moderator", "owner"]
Outcome = Literal["speaking", "spoken", "refused", "dropped"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Nothing(Shape):
    """An empty object."""


# ---------------------------------------------------------------- what is to be spoken, or was


class Paid(Shape):
    amount: float
    currency: str


class Written(Shape):
    """What came in from a chat."""

    at: float
    platform: str
    channel: str
    event: str
    kind: str
    name: str
    viewer: str
    roles: list[str]
    written: str
    paid: Paid | None


class HeldItem(Written):
    """What a blocked viewer paid for: it waits for somebody's word."""

    id: str


class Item(Written):
    """Something to be spoken. `seconds` is an estimate; until `ready_at` it is held, to be taken back."""

    id: str
    text: str
    voice: str
    speed: float
    rank: RankName
    seconds: float
    ready_at: float | None = None


class Why(Shape):
    en: str
    zh: str


class Past(Item):
    """What became of something."""

    number: int
    outcome: Outcome
    reason: str
    why: Why | None
    detail: str
    latency: float | None
    ended_at: float | None


class Speaking(Shape):
    """What is being heard, as viewers may see it."""

    id: str
    at: float
    seconds: float
    exact: bool
    text: str
    name: str
    voice: str
    platform: str
    kind: str
    roles: list[str]
    rank: RankName
    paid: Paid | None
    latency: float


class Queue(Shape):
    backlog: float
    waiting: int
    paused: bool
    under_way: list[Item]
    items: list[Item]


# ---------------------------------------------------------------- how the bot is


class Source(Shape):
    source: str
    channel: str
    state: StateName
    detail: str


class Engine(Shape):
    state: StateName
    detail: str
    progress: float
    name: str


class Output(Shape):
    state: StateName
    detail: str
    kind: str
    device: str


class Controls(Shape):
    volume: float
    speed: float
    voice: str
    output: str
    device: str


class Told(Shape):
    """A trouble that the streamer should know of."""

    key: str
    detail: str
    at: float


class Pages(Shape):
    panels: int
    overlays: int
    audible: str


class Status(Shape):
    version: str
    at: float
    started_at: float
    role: RoleName
    reading_aloud: bool
    paused: bool
    sources: list[Source]
    engine: Engine
    output: Output
    controls: Controls
    backlog: float
    waiting: int
    speaking: Item | None
    troubles: list[Told]
    held: list[HeldItem]
    overlay_path: str | None
    pages: Pages
    prefix: str
    languages: list[str]


class Me(Shape):
    role: RoleName | None
    login: bool = True


class Login(Shape):
    token: Annotated[str, StringConstraints(max_length=500)]


# ---------------------------------------------------------------- errors


class Fault(Shape):
    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str | None


class Error(Shape):
    error: Fault
