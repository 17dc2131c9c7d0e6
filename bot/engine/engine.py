"""What an engine is: the seam between the server and whatever makes speech of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from bot.engine.voices import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Report = Callable[[float, str], None]  # how far it has come, 0..1, and what it is doing


class Engine(Protocol):
    """Makes speech. Everything is blocking, and is called on one thread that no other engine shares.

    The same text, voice and speed give the same samples, whatever was spoken before and in whichever
    process: a client whose engine died asks again and goes on where it was.
    """

    name: str
    rate: int  # samples per second of what `synthesize` yields; valid once loaded

    def load(self, report: Report) -> None:
        """Makes everything ready that all voices share. Raises what it likes: the server reports it."""

    def prepare(self, voice: Voice) -> None:
        """Makes one voice ready. Raises VoiceError if it cannot be used."""

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[NDArray[np.float32]]:
        """Yields speech in pieces, mono [samples] in -1..1, each cheap to make (some 20 ms).

        `text` is anything at all; what cannot be spoken is left out. Requests take turns between pieces,
        and one that is not wanted any more is closed between pieces.
        """
        ...
