"""Who listens to the feed, and who comes late to it."""

from __future__ import annotations

from bot.feed import Feed
from bot.messages import EngineState, FeedEntry, OutputState, SourceState, State, Trouble


def test_every_listener_hears_everything_in_order_and_a_trouble_once() -> None:
    feed = Feed()
    first: list[FeedEntry] = []
    second: list[FeedEntry] = []
    feed.subscribe(first.append)
    feed.subscribe(second.append)
    entries: list[FeedEntry] = [EngineState(State.STARTING), Trouble("k", "d"), EngineState(State.READY)]
    for entry in (*entries, Trouble("k", "another")):
        feed.publish(entry)
    assert first == second == entries


def test_who_comes_late_is_told_how_every_part_is() -> None:
    feed = Feed()
    for entry in (
        EngineState(State.STARTING),
        SourceState("twitch", "a", State.READY),
        SourceState("twitch", "b", State.WAITING),
        SourceState("twitch", "a", State.WAITING),
        Trouble("k", "d"),
        EngineState(State.READY),
        OutputState(State.READY),
    ):
        feed.publish(entry)
    late: list[FeedEntry] = []
    feed.subscribe(late.append)
    assert late == []
    feed.subscribe(late.append, states=True)
    assert late == [
        EngineState(State.READY),
        SourceState("twitch", "a", State.WAITING),
        SourceState("twitch", "b", State.WAITING),
        Trouble("k", "d"),
        OutputState(State.READY),
    ]
