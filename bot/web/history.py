"""What was spoken, refused and given up of late, for those who ask why, and to be spoken again."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.messages import ChatEvent, Dropped, FeedEntry, Refused, Speaking, Spoken, Utterance
from bot.web.shapes import (
    Outcome,
    Past,
)
from bot.web.views import Views, clean
from bot.web.why import Sentences, why

KEPT = 500


@dataclass(slots=True)
class Record:
    """`event` is None for the streamer's own words, `utterance` for what was refused."""

    past: Past
    event: ChatEvent | None
    utterance: Utterance | None


def first_number(now: float) -> int:
    """What a run counts from that begins at `now`, in seconds since the epoch: beyond all that runs before it
    have counted, lest a page that outlives a run takes one thing for another.
    """
    return int(now * 1000)


class History:
    """The last ones, oldest first. `wall` gives seconds since the epoch."""

    def __init__(self, views: Views, sentence: Sentences, wall: Callable[[], float]) -> None:
        self._views = views
        self._sentence = sentence
        self._wall = wall
        self._numbers = itertools.count(first_number(wall()))
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._sounding: dict[str, Record] = {}

    def __iter__(self) -> Iterator[Record]:
        """Newest first."""
        return reversed(self._records)

    def find(self, number: int) -> Record | None:
        return next((record for record in self._records if record.past.number == number), None)

    def take(self, entry: FeedEntry) -> Past | None:
        """What an entry adds or changes; None: nothing."""
        match entry:
            case Refused(event=event, reason=reason, detail=detail):
                return self._add(event, None, "refused", reason=reason, detail=clean(detail)).past
            case Speaking(utterance=utterance, latency=latency):
                record = self._add(utterance.event, utterance, "speaking", latency=round(latency, 4))
                self._sounding[utterance.id] = record
                return record.past
            case Spoken(utterance=utterance):
                return self._end(utterance, "spoken", "")
            case Dropped(utterance=utterance, reason=reason):
                return self._end(utterance, "dropped", reason)
        return None

    def _end(self, utterance: Utterance, outcome: Outcome, reason: str) -> Past:
        record = self._sounding.pop(utterance.id, None)
        if record is None:
            record = self._add(utterance.event, utterance, outcome, reason=reason)
        ended = {"outcome": outcome, "reason": reason, "why": why(reason, self._sentence)}
        record.past = record.past.model_copy(update={**ended, "ended_at": round(self._wall(), 3)})
        return record.past

    def _add(
        self,
        event: ChatEvent | None,
        utterance: Utterance | None,
        outcome: Outcome,
        *,
        reason: str = "",
        detail: str = "",
        latency: float | None = None,
    ) -> Record:
        past = Past(
            **self._views.fields(event, utterance),
            number=next(self._numbers),
            outcome=outcome,
            reason=reason,
            why=why(reason, self._sentence),
            detail=detail,
            latency=latency,
            ended_at=None,
        )
        record = Record(past, event, utterance)
        self._records.append(record)
        return record
