"""What comes in from a chat: who did what, and what it was worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What somebody is in a channel. Means the same on every platform."""

    BROADCASTER = "broadcaster"
    MODERATOR = "moderator"
    VIP = "vip"
    SUBSCRIBER = "subscriber"  # pays by the month: a Twitch subscriber or founder, a Bilibili guard
    FOLLOWER = "follower"


@dataclass(frozen=True, slots=True)
class Medal:
    """A fan medal (Bilibili). `own`: it is this room's, and not somebody else's."""

    name: str
    level: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote. `id` is the platform's and never changes; `name` is data from a stranger."""

    id: str
    name: str
    login: str = ""  # the lower-case account name, where the platform has one
    roles: frozenset[Role] = frozenset()
    months: int = 0  # subscribed so far
    guard: int = 0  # 0 none, 1 captain, 2 admiral, 3 governor
    level: int = 0  # the account's, where the platform has levels
    medal: Medal | None = None

    @property
    def hidden(self) -> bool:
        """The platform does not tell who it is: the id is what all such have."""
        return self.id in ("", "0")


class FragmentKind(StrEnum):
    TEXT = "text"
    EMOTE = "emote"
    MENTION = "mention"
    CHEER = "cheer"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of a message: `text` as it was typed, and what it stands for."""

    text: str
    kind: FragmentKind = FragmentKind.TEXT


@dataclass(frozen=True, slots=True)
class Worth:
    """What was paid, in the platform's own money: "bits", "CNY", "USD"; "points" cost no money."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every chat event has. `id` is unique within its source."""

    source: str  # "twitch", "bilibili", …: the platform, also in a replay
    channel: str
    id: str
    sent_at: float = 0.0  # seconds since the epoch by the platform; 0: not told
    received_at: float = 0.0  # monotonic seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage(Event):
    """A line that somebody typed."""

    author: Author
    fragments: tuple[Fragment, ...]
    worth: Worth | None = None
    action: bool = False  # "/me …"
    origin: str = ""  # shared chat: the id of the channel that it was typed in, if not this one

    @property
    def text(self) -> str:
        return "".join(fragment.text for fragment in self.fragments)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperChat(Event):
    """A message that somebody paid to have shown (Bilibili's super chat; Twitch's are cheers, messages)."""

    author: Author
    text: str
    worth: Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption(Event):
    """Channel points spent on a reward; `text` is what the viewer typed with it."""

    author: Author
    reward: str
    reward_id: str = ""
    text: str = ""
    worth: Worth | None = None


class InteractionKind(StrEnum):
    ENTRY = "entry"
    FOLLOW = "follow"
    LIKE = "like"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Event):
    """A viewer did something without words."""

    author: Author
    kind: InteractionKind
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Event):
    """`count` of something given to the channel or its viewers (gifted subscriptions too)."""

    author: Author
    gift: str
    count: int = 1
    worth: Worth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Event):
    """Somebody subscribed, or goes on subscribing, for themselves. `text` is what they typed with it."""

    author: Author
    months: int = 1
    tier: str = ""  # "1", "2", "3" or "prime"; "captain", "admiral" or "governor"
    text: str = ""
    worth: Worth | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raid(Event):
    author: Author
    viewers: int


class RetractionScope(StrEnum):
    MESSAGE = "message"  # target: a message id
    USER = "user"  # target: an author id
    ALL = "all"  # the whole chat of the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction(Event):
    """Something said before must not be spoken, nor spoken on."""

    scope: RetractionScope
    target: str = ""


class NoticeKind(StrEnum):
    ANNOUNCEMENT = "announcement"  # by a moderator, to all
    LIVE = "live"  # the stream began
    ENDED = "ended"
    WARNING = "warning"  # the platform warns the streamer: to be told at once
    CUT_OFF = "cut off"  # the platform has ended the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """What the platform says, or a moderator announces."""

    text: str
    kind: NoticeKind = NoticeKind.ANNOUNCEMENT
    author: Author | None = None


ChatEvent = (
    ChatMessage | SuperChat | Redemption | Gift | Subscription | Raid | Interaction | Retraction | Notice
)


class Rank(IntEnum):
    """Whose turn it is: the higher one first."""

    VIEWER = 0
    SUBSCRIBER = 1  # and VIPs
    MODERATOR = 2  # and the broadcaster, raids and the like
    PAID = 3


# What a unit of a platform's money is about worth in US dollars: enough to put them in an order.
_DOLLARS = {"bits": 0.01, "CNY": 0.14, "USD": 1.0, "EUR": 1.1, "GBP": 1.3, "JPY": 0.0065}


def author_of(event: ChatEvent) -> Author | None:
    return None if isinstance(event, Retraction) else event.author


def worth_of(event: ChatEvent) -> Worth | None:
    """What was paid in money; channel points are none."""
    if not isinstance(event, (ChatMessage, SuperChat, Gift, Subscription)):
        return None
    return event.worth if event.worth and event.worth.currency != "points" else None


def rank_of(event: ChatEvent, paid_from: float = 0.0) -> Rank:
    """Where an event's words stand in the queue; of less than `paid_from` dollars, as if it were free."""
    worth = worth_of(event)
    paid = worth is not None and worth.amount > 0
    if paid and dollars(event) >= paid_from:
        return Rank.PAID
    author = author_of(event)
    roles = author.roles if author else frozenset()
    by_role = isinstance(event, ChatMessage | SuperChat | Interaction)
    if not by_role or roles & {Role.BROADCASTER, Role.MODERATOR}:
        return Rank.MODERATOR
    return Rank.SUBSCRIBER if roles & {Role.SUBSCRIBER, Role.VIP} else Rank.VIEWER


def dollars(event: ChatEvent | None) -> float:
    """What an event is about worth, to compare payments of several platforms."""
    worth = worth_of(event) if event else None
    return worth.amount * _DOLLARS.get(worth.currency, 0.1) if worth else 0.0


def retracts(retraction: Retraction, event: ChatEvent) -> bool:
    """True if `event` is among what `retraction` takes back."""
    if (retraction.source, retraction.channel) != (event.source, event.channel):
        return False
    if retraction.scope is RetractionScope.ALL:
        return True
    if retraction.scope is RetractionScope.MESSAGE:
        return event.id == retraction.target
    author = author_of(event)
    return author is not None and author.id == retraction.target
