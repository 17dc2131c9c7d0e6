"""What every event of a source has, ready to be given to its kind: source, channel, id and two times."""

from __future__ import annotations

from typing import TypedDict


class EventFields(TypedDict):
    """See `messages.Event`."""

    source: str
    channel: str
    id: str
    sent_at: float
    received_at: float
