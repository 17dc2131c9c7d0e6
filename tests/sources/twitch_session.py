"""A session of the logged-in Twitch source: one that is live, and how one ends."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import State
from bot.sources.errors import SourceDropped, SourceError, SourceFailed
from bot.sources.twitch_eventsub import TwitchEventSub
from tests.sources.conftest import Listen, Listener

CHAT = "channel.chat.message"


async def why(source: TwitchEventSub) -> SourceError:
    """How a session ends that never becomes live."""
    events = source.events()
    try:
        with pytest.raises((SourceDropped, SourceFailed)) as ended:
            await asyncio.wait_for(anext(events), 5)
    finally:
        await events.aclose()
    return ended.value


async def live(source: TwitchEventSub, listen: Listen) -> Listener:
    listener = listen(source.events())
    await listener.state(State.READY)
    return listener


async def end_of(listener: Listener) -> SourceError:
    with pytest.raises((SourceDropped, SourceFailed)) as ended:
        await listener.next()
    return ended.value
