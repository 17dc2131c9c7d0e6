"""What is remembered of whom, how long, and how somebody is found by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.chat.viewers import Viewers, viewer_id
from bot.messages import Author, Notice, Viewer
from bot.sources.event_json import from_json, to_json
from bot.store import Store, StoreError
from tests.people import ALICE, BOB, message


class Kept:
    """Viewers in a dictionary, which can be made to refuse."""

    def __init__(self, *viewers: Viewer) -> None:
        self.rows = {viewer.id: viewer for viewer in viewers}
        self.full = False

    def viewers(self) -> Iterable[Viewer]:
        return list(self.rows.values())

    def keep_viewer(self, viewer: Viewer) -> None:
        if self.full:
            raise StoreError("the disk is full")
        self.rows[viewer.id] = viewer


def test_keys() -> None:
    assert viewer_id(message("x")) == "twitch:1"
    assert viewer_id(message("x", source="bilibili")) == "bilibili:1"
    # Where ids are hidden the name stands in, and no two people are one.
    assert viewer_id(message("x", by=Author("0", "张***"), source="bilibili")) == "bilibili:@张***"
    assert viewer_id(Notice(source="t", channel="c", id="n", text="x")) == ""


def test_somebody_new_has_chosen_nothing() -> None:
    viewers = Viewers()
    assert viewers.of(message("x")) == Viewer("twitch:1", "Alice")
    assert viewers.of(Notice(source="t", channel="c", id="n", text="x")) == Viewer("")


def test_what_was_changed_is_kept_and_counts_at_once() -> None:
    kept = Kept()
    viewers = Viewers(kept)
    changed = viewers.change(viewers.of(message("x")), voice="leo")
    assert changed == Viewer("twitch:1", "Alice", voice="leo")
    viewers.change(viewers.of(message("x")), speed=1.5, nickname="Al")
    both = Viewer("twitch:1", "Alice", "Al", "leo", 1.5)
    assert viewers.of(message("y")) == both
    assert kept.rows == {"twitch:1": both}
    assert Viewers(kept).of(message("z")) == both
    assert viewers.of(message("x", source="bilibili")).voice == ""  # another person
    assert viewers.of(message("x", by=BOB)).voice == ""


def test_what_could_not_be_kept_has_not_changed() -> None:
    kept = Kept(Viewer("twitch:1", "Alice", voice="mei"))
    viewers = Viewers(kept)
    kept.full = True
    with pytest.raises(StoreError):
        viewers.change(viewers.of(message("x")), voice="leo")
    assert viewers.of(message("x")).voice == "mei"
    found = viewers.named("twitch", "alice")
    assert found
    assert found.voice == "mei"


def test_the_real_store_keeps_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite3", to_json, from_json)
    viewers = Viewers(store)
    viewers.change(viewers.of(message("x")), nickname="小明'; --", muted=True, speed=0.5)
    store.close()
    store = Store(tmp_path / "bot.sqlite3", to_json, from_json)
    assert Viewers(store).of(message("x")) == Viewer("twitch:1", "Alice", "小明'; --", "", 0.5, True)
    with pytest.raises(StoreError, match="cannot be written"):
        Viewers(store).change(Viewer("twitch:\ud800"), voice="leo")
    store.close()


LOCAL = Author("9", "爱丽丝", "alice_cn")


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("twitch", "Alice", "twitch:1"),
        ("twitch", "ALICE", "twitch:1"),
        ("twitch", "1", "twitch:1"),
        ("twitch", "爱丽丝", "twitch:9"),
        ("twitch", "alice_cn", "twitch:9"),  # moderators type the login
        ("twitch", "Alice_CN", "twitch:9"),
        ("twitch", "Kept", "twitch:8"),  # of an earlier evening
        ("twitch", "Ali", ""),
        ("twitch", "", ""),
        ("twitch", "twitch:1", ""),
        ("bilibili", "Alice", ""),
        ("bilibili", "张***", "bilibili:@张***"),
        ("twitch", "troll", "twitch:6"),  # what cannot be seen cannot be typed
        ("twitch", "ＡＬＩＣＥ", "twitch:1"),
        ("twitch", "Captain", "twitch:7"),  # as they are called aloud
    ],
)
def test_named(source: str, name: str, found: str) -> None:
    viewers = Viewers(Kept(Viewer("twitch:8", "Kept", muted=True), Viewer("twitch:7", "Bert", "Captain")))
    for event in (
        message("x", by=Author("5", "Troll_2")),
        message("x", by=Author("6", "tr\u200boll")),
        message("x"),
        message("x", by=LOCAL),
        message("x", by=Author("0", "张***"), source="bilibili"),
        Notice(source="twitch", channel="c", id="n", text="x"),
    ):
        viewers.of(event)
    viewer = viewers.named(source, name)
    assert (viewer.id if viewer else "") == found


def test_of_two_of_one_name_it_is_who_wrote_last() -> None:
    viewers = Viewers()
    viewers.of(message("x", by=Author("1", "Same")))
    viewers.of(message("x", by=Author("2", "Same")))
    found = viewers.named("twitch", "same")
    assert found
    assert found.id == "twitch:2"


def test_who_has_a_new_name_is_found_by_it() -> None:
    kept = Kept(Viewer("twitch:1", "OldName", voice="leo"))
    viewers = Viewers(kept)
    assert viewers.of(message("x", by=Author("1", "NewName"))) == Viewer("twitch:1", "NewName", voice="leo")
    found = viewers.named("twitch", "newname")
    assert found
    viewers.change(found, muted=True)
    assert kept.rows["twitch:1"].name == "NewName"


def test_after_a_change_the_login_is_still_known() -> None:
    viewers = Viewers()
    viewers.change(viewers.of(message("x", by=LOCAL)), voice="leo")
    found = viewers.named("twitch", "alice_cn")
    assert found
    assert found.voice == "leo"


def test_the_memory_of_who_wrote_is_bounded_and_that_of_choices_is_not() -> None:
    viewers = Viewers()
    viewers.change(viewers.of(message("x")), muted=True)
    for number in range(10, 2010):
        viewers.of(message("x", by=Author(str(number), f"v{number}")))
    assert viewers.named("twitch", "v2009")
    found = viewers.named("twitch", "alice")
    assert found
    assert found.muted
    viewers.of(message("x", by=BOB))
    assert viewers.named("twitch", "v10") is None


def test_viewers_are_found_for_a_page() -> None:
    viewers = Viewers(Kept(Viewer("twitch:8", "Kept", blocked=True)))
    alice = viewers.of(message("x", by=ALICE))
    viewers.of(message("x", by=BOB))
    assert [viewer.id for viewer in viewers.all()] == ["twitch:2", "twitch:1", "twitch:8"]
    assert viewers.by_id("twitch:1") == alice
    kept = viewers.by_id("twitch:8")
    assert kept is not None
    assert kept.blocked
    assert viewers.by_id("twitch:99") is viewers.by_id("") is None
