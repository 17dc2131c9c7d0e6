"""What an engine is: the seam between the server and whatever makes speech of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.engine.voices import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENGINES = ("espeak", "f5")  # all that there are, the lightest first

Report = Callable[[float, str], None]  # how far it has come, 0..1, and what it is doing


class EngineFault(Exception):
    """An engine cannot be used as things are; the message is a sentence for the streamer."""


class EngineAbsent(EngineFault):
    """It is not to be had on this machine, which is no fault: the sentence says why, and what to do."""


class Engine(Protocol):
    """Makes speech. All but `facts` is blocking, and is called on one thread that no other engine shares.

    The same text, voice and speed should give the same samples, whatever was spoken before and in whichever
    process: a client whose engine died asks again and goes on where it was. An engine that plans by the clock
    cannot promise it for longer texts, and then the client hears the text again from its start.
    """

    name: str
    rate: int  # samples per second of what `synthesize` yields; valid once loaded
    rehearsal: str  # what each voice speaks once, unheard, before it counts as ready; "": nothing

    def load(self, report: Report) -> None:
        """Makes everything ready that all voices share. Raises what it likes: the server reports it.

        An EngineFault is told by its sentence; anything else is logged with its traceback too.
        """

    def prepare(self, voice: Voice) -> None:
        """Makes one voice ready. Raises VoiceError if it cannot be used.

        Called for every voice again when anything in their folder has changed.
        """

    def synthesize(self, text: str, voice: Voice, speed: float) -> Iterator[NDArray[np.float32]]:
        """Yields speech in pieces, mono [samples] in -1..1, each cheap to make (some 20 ms).

        `text` is anything at all; what cannot be spoken is left out. Requests take turns between pieces,
        and one that is not wanted any more is closed between pieces. What it raises before the first piece
        makes a lighter engine speak the text instead.
        """
        ...

    def ahead(self, wanted: Sequence[tuple[str, Voice, float]]) -> None:
        """Texts, voices, speeds that will be asked for soon, the next one first, in place of those before."""
        ...

    def idle(self) -> bool:
        """Does a little (some 20 ms) of what may be wanted later; False: there is nothing to do.

        Called while nobody speaks, again and again as long as it is true.
        """
        ...

    def facts(self) -> Mapping[str, object]:
        """What /health tells of it besides: JSON values. Called on any thread, at any time, and at once."""
        ...
