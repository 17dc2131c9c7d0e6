"""What is to be spoken, its sound, and what is kept of viewers and their readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.messages.events import ChatEvent, Rank, author_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Part:
    """A run of an utterance in one voice; `shorter` as the utterance's own."""

    voice: str
    text: str
    shorter: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One thing to be spoken. All its texts are speakable: no control characters, no links, no markup."""

    id: str  # unique in this run of the bot
    text: str
    voice: str
    shorter: tuple[str, ...] = ()  # the same in fewer words, for when others wait: a short name, no name
    parts: tuple[Part, ...] = ()  # where it changes voices; else empty, and `text` is for `voice`
    event: ChatEvent | None = None  # what asked for it; None: the streamer did
    received_at: float = 0.0
    not_before: float = 0.0  # monotonic second; until then a moderator may still take it back
    speed: float = 1.0
    rank: Rank = Rank.VIEWER

    @property
    def paid(self) -> bool:
        return self.rank is Rank.PAID

    @property
    def author_id(self) -> str:
        """Whose words these are; "" for the streamer's and the platform's."""
        author = author_of(self.event) if self.event else None
        if self.event is None or author is None:
            return ""
        who = author.id if not author.hidden else f"@{(author.login or author.name).casefold()}"
        return f"{self.event.source}:{who}"


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """A piece of an utterance's sound: mono float32 [samples] in -1..1 at `rate` samples per second."""

    utterance: Utterance
    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """What is kept of a viewer. `id` is "platform:id"; "" where nothing was chosen."""

    id: str
    name: str = ""  # as last seen
    nickname: str = ""
    voice: str = ""
    speed: float = 1.0
    muted: bool = False  # what they pay for is read still
    blocked: bool = False  # nothing of theirs is read


CHANNEL = ""  # the scope of a reading that counts for everybody


@dataclass(frozen=True, slots=True)
class Reading:
    """Taught by a viewer: `word` is read as `reading` in what `scope` writes.

    That is CHANNEL, or a viewer by their key ("twitch:123").
    """

    word: str
    reading: str
    scope: str = CHANNEL
    by: str = ""  # the name of who taught it
    at: float = 0.0  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Change:
    """What the reading of a word was and is; None: there is none."""

    before: Reading | None
    after: Reading | None
    by: str
    at: float
