"""Text cut into pieces of about one to two seconds where it sounds well, the first as short as does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

from bot.engine.f5.duration import seconds
from bot.engine.f5.joints import Joint, Token, tokenize
from bot.engine.f5.long_tokens import LONGEST, split

# What a cut costs, where a first piece that is 1 s too long costs 1.
_COST = {Joint.TIED: 4.0, Joint.WORD: 1.0, Joint.PHRASE: 0.5, Joint.CLAUSE: -0.4, Joint.SENTENCE: -1.0}
_SHORTEST = 0.8  # s: less, and the model garbles it, and pays for the reference for nothing
_SHORT = 6.0  # for 1 s too little
_LONGEST, _LONG = 2.0, 1.5  # s; for 1 s too much
_FIRST = 0.8  # s: more of the first piece is later to be heard
_WHOLE = 0.6  # s of a first piece that is a clause ("Good night, ")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that can be spoken in one go; `joint` is what stands between it and the next."""

    text: str
    joint: Joint


def cut(text: str) -> list[Piece]:
    """The pieces of `text`, which join to it; none if there is nothing to say in it.

    Sizes are in seconds at the even pace of `duration.seconds`, whatever the voice: too short is a matter of
    syllables. None is longer than `LONGEST`, wherever it must be cut. The cuts are those of the least cost in
    all, found by dynamic programming over the words: time is linear in the text's length.
    """
    if not seconds(text):
        return []
    tokens = [part for token in tokenize(text) for part in split(token)]
    alone = [seconds(token.text) for token in tokens]
    # What a word adds to what goes on after it: its marks' pause, without being drawn out as the last.
    within = [seconds(f"{token.text} {token.text}") - own for token, own in zip(tokens, alone, strict=True)]
    begins = [0.0, *accumulate(within)]
    # best[i]: the least cost of tokens[:i], and where its last piece begins
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(tokens) + 1):
        last = begins[end - 1] + alone[end - 1]
        found = (inf, 0)
        for start in range(end - 1, -1, -1):
            length = last - begins[start]
            if length > LONGEST and start < end - 1:
                break
            found = min(found, (best[start][0] + _cost(length, tokens[end - 1].joint, start == 0), start))
        best.append(found)
    cuts = [len(tokens)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    joined = [
        Token("".join(token.text for token in tokens[start:end]), tokens[end - 1].joint)
        for start, end in pairwise(cuts)
    ]
    # Tokens are foretold one by one: joined, they may come out a little longer.
    return [Piece(part.text, part.joint) for token in joined for part in split(token)]


def _cost(length: float, joint: Joint, first: bool) -> float:
    shortest = _WHOLE if first and joint >= Joint.CLAUSE else _SHORTEST
    cost = _COST[joint] + _SHORT * max(0.0, shortest - length)
    return cost + (max(0.0, length - _FIRST) if first else _LONG * max(0.0, length - _LONGEST))
