"""Viewers' choices, readings and their changes, as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Change, Reading, Viewer
from bot.sources.event_json import from_json, to_json
from bot.store import Store, StoreError
from tests.store.stored import paid


def test_viewers_are_kept_whole_and_once(store: Store, path: Path) -> None:
    alice = Viewer("twitch:1", "Alice", "Big '; DROP TABLE viewers", "leo", 1.25, True, True)
    store.keep_viewer(Viewer("twitch:1", "Alice"))
    store.keep_viewer(Viewer("bilibili:1", "爱丽丝"))
    store.keep_viewer(alice)
    store.close()
    again = Store(path, to_json, from_json)
    assert sorted(again.viewers(), key=lambda viewer: viewer.id) == [Viewer("bilibili:1", "爱丽丝"), alice]
    again.close()


def test_half_a_character_in_a_name_keeps_nobody_from_being_muted(store: Store) -> None:
    store.keep_viewer(Viewer("twitch:1", "Tr\ud800oll", muted=True))
    assert list(store.viewers()) == [Viewer("twitch:1", "Tr?oll", muted=True)]


GG = Reading("gg", "good game", by="Alice", at=1.0)
MINE = replace(GG, scope="twitch:1", reading="my game")
BETTER = replace(GG, reading="great game", by="Bob", at=2.0)
TAUGHT, MINE_TAUGHT = Change(None, GG, "Alice", 1.0), Change(None, MINE, "Alice", 1.0)
CHANGED, FORGOTTEN = Change(GG, BETTER, "Bob", 2.0), Change(BETTER, None, "Mod", 3.0)


def test_readings_and_how_they_came_about(store: Store, path: Path) -> None:
    for change in (TAUGHT, MINE_TAUGHT, CHANGED):
        store.apply(change)
    store.close()
    again = Store(path, to_json, from_json)
    assert set(again.readings()) == {BETTER, MINE}
    assert list(again.changes()) == [TAUGHT, MINE_TAUGHT, CHANGED]
    again.apply(FORGOTTEN)
    assert list(again.readings()) == [MINE]
    again.take_back(FORGOTTEN)
    again.take_back(CHANGED)
    assert set(again.readings()) == {GG, MINE}
    assert list(again.changes()) == [TAUGHT, MINE_TAUGHT]
    again.close()


def test_a_word_is_one_in_any_case_of_letters(store: Store) -> None:
    store.apply(TAUGHT)
    louder = replace(GG, word="GG", reading="GOOD GAME")
    store.apply(Change(GG, louder, "Alice", 2.0))
    assert list(store.readings()) == [louder]


def test_of_two_same_changes_one_is_taken_back(store: Store) -> None:
    forgotten = Change(GG, None, "Alice", 1.0)
    for change in (TAUGHT, forgotten, TAUGHT):
        store.apply(change)
    store.take_back(TAUGHT)
    assert list(store.changes()) == [TAUGHT, forgotten]
    assert list(store.readings()) == []


def test_a_change_that_cannot_be_kept_is_not_half_kept(store: Store) -> None:
    store.apply(TAUGHT)
    lone = replace(BETTER, reading="\ud800")
    with pytest.raises(StoreError, match="cannot be written"):
        store.apply(Change(GG, lone, "Bob", 2.0))
    assert list(store.readings()) == [GG]
    assert list(store.changes()) == [TAUGHT]
    store.apply(CHANGED)  # and the store is not left in the midst of it
    assert list(store.readings()) == [BETTER]


def test_changes_that_are_kept_together_are_kept_or_none(store: Store) -> None:
    lone = replace(BETTER, reading="\ud800")
    with pytest.raises(StoreError, match="cannot be written"), store.together():
        teach_both(store, Change(GG, lone, "Bob", 2.0))
    assert (list(store.readings()), list(store.changes())) == ([], [])
    with store.together():
        teach_both(store, CHANGED)
    assert (list(store.readings()), list(store.changes())) == ([BETTER], [TAUGHT, CHANGED])


def teach_both(store: Store, second: Change) -> None:
    store.apply(TAUGHT)
    store.apply(second)


def test_changes_to_be_taken_back_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store._CHANGES", 3)
    for number in range(10):
        store.apply(Change(None, replace(GG, word=f"w{number}"), "Alice", float(number)))
    assert [change.at for change in store.changes()] == [7, 8, 9]
    assert len(list(store.readings())) == 10


def test_everything_of_a_closed_store_says_so(store: Store) -> None:
    store.close()
    for use in (
        lambda: list(store.viewers()),
        lambda: list(store.readings()),
        lambda: list(store.changes()),
        lambda: store.keep_viewer(Viewer("t:1")),
        lambda: store.apply(TAUGHT),
        lambda: store.take_back(TAUGHT),
        lambda: store.remove(paid(1)),
    ):
        with pytest.raises(StoreError, match=r"cannot be (read|written)"):
            use()
