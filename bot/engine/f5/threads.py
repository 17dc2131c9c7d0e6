"""How torch's threads wait for each other on a processor that other programs want too."""

from __future__ import annotations

from collections.abc import MutableMapping

_SPINS = "1000"  # some 10 microseconds; a product of this model takes a thousand times as long


def yield_the_processor(environment: MutableMapping[str, str]) -> None:
    """To be called before torch is imported: GNU's OpenMP, which it comes with on Linux, reads it but once.

    A thread that is through with its share spins for a millisecond before it sleeps, unless told otherwise.
    Beside OBS and a game, the thread that it waits for is often not running, and spinning keeps a core from
    it: the same products take two to three times as long. What the environment already says of it stands.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", _SPINS)
