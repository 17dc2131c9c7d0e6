"""Whose readings count for whom, who may take them back, and the block list as moderators edit it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.blocklist import Blocklist
from bot.chat.moderation import Blocked, Taught
from bot.chat.readings import MOST_OF_ONE, Readings, Unkept
from bot.messages import Author
from tests.people import ALICE, BOB, MODERATOR, STREAMER, SUBSCRIBER, VIP, Clock, message


class Classroom:
    def __init__(self) -> None:
        self.readings = Readings(Unkept(), lambda: 1.8e9, lambda text: "bad" in text)
        self.taught = Taught(self.readings)

    def teach(self, word: str, reading: str, by: Author) -> str:
        """Why not, or ""."""
        refused = self.taught.teach(word, reading, message("x", by=by))
        return refused.reason if refused else ""

    def forget(self, word: str, by: Author) -> bool:
        return self.taught.forget(word, message("x", by=by))


@pytest.fixture
def room() -> Classroom:
    return Classroom()


@pytest.mark.parametrize(
    ("by", "everybodys"),
    [(ALICE, False), (SUBSCRIBER, True), (VIP, True), (MODERATOR, True), (STREAMER, True)],
)
def test_whose_readings_count_for_everybody(by: Author, everybodys: bool, room: Classroom) -> None:
    assert room.teach("gg", "good game", by) == ""
    assert room.readings.apply("gg", f"twitch:{by.id}") == "good game"
    assert room.readings.apply("gg", "twitch:other") == ("good game" if everybodys else "gg")
    assert [one.by for one in room.readings.every()] == [by.name]


@pytest.mark.parametrize(
    ("word", "reading", "reason"),
    [
        ("gg", "...", "empty"),
        ("", "x", "empty"),
        ("g" * 41, "x", "too long"),
        ("g", "x" * 81, "too long"),
        ("g", "x\u202ey", "unreadable"),
        ("g", "https://x.tv", "link"),
        ("g", "very bad", "blocked"),
        ("bad", "g", "blocked"),
    ],
)
def test_what_cannot_be_taught(word: str, reading: str, reason: str, room: Classroom) -> None:
    assert room.teach(word, reading, ALICE) == reason
    assert len(room.readings) == 0


def test_one_viewer_cannot_fill_it(room: Classroom) -> None:
    for number in range(MOST_OF_ONE):
        assert room.teach(f"word{number}", "x", ALICE) == ""
    assert room.teach("one more", "x", ALICE) == "too many"
    assert room.teach("word1", "y", ALICE) == ""  # it is there already
    assert room.teach("one more", "x", BOB) == ""


@pytest.mark.parametrize(
    ("taught_by", "forgets", "gone"),
    [
        (ALICE, ALICE, True),
        (ALICE, BOB, False),
        (ALICE, MODERATOR, False),  # a viewer's own are theirs
        (SUBSCRIBER, SUBSCRIBER, True),
        (SUBSCRIBER, ALICE, False),
        (SUBSCRIBER, VIP, False),
        (SUBSCRIBER, MODERATOR, True),
        (MODERATOR, STREAMER, True),
        (STREAMER, MODERATOR, True),
    ],
)
def test_who_may_have_it_forgotten(taught_by: Author, forgets: Author, gone: bool, room: Classroom) -> None:
    room.teach("Good  Game", "x", taught_by)
    assert room.forget("good   game", forgets) is gone
    assert (len(room.readings) == 0) is gone


def test_ones_own_is_forgotten_before_everybodys(room: Classroom) -> None:
    room.teach("gg", "own", ALICE)
    room.teach("gg", "everybody's", MODERATOR)
    assert room.forget("gg", ALICE)
    assert room.readings.apply("gg", "twitch:1") == "everybody's"
    assert not room.forget("gg", ALICE)
    assert not room.forget("nothing", MODERATOR)


def test_words_are_everybodys_and_ones_own(room: Classroom) -> None:
    room.teach("b", "x", ALICE)
    room.teach("z", "y", MODERATOR)
    room.teach("c", "w", BOB)
    assert room.taught.words(message("x")) == [("z", "y"), ("b", "x")]
    assert room.taught.words(message("x", source="bilibili")) == [("z", "y")]


# ------------------------------------------------------------------ the block list


@pytest.fixture
def blocked(tmp_path: Path) -> Blocked:
    clock = Clock()
    return Blocked(Blocklist(tmp_path / "blocklist.txt", clock, lambda: 1.8e9, blocked=["given", "/fixed+/"]))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("mango", None),
        ("/man.?go/", None),
        ("*mango*", None),
        ("+mango", None),
        ("", "wrong"),
        ("***", "wrong"),
        ("/(/", "wrong"),
        ("/.*/", "wrong"),
        ("x" * 61, "wrong"),
        ("a # b", "wrong"),
        ("GIVEN", "there already"),
    ],
)
def test_block(word: str, reason: str | None, blocked: Blocked) -> None:
    refused = blocked.block(word, "Mod")
    assert (refused.reason if refused else None) == reason
    if reason is None:
        again = blocked.block(word, "Mod")
        assert again
        assert again.reason == "there already"
        assert blocked.unblock(word, "Mod") is None
        again = blocked.unblock(word, "Mod")
        assert again
        assert again.reason == "not there"


@pytest.mark.parametrize(
    ("word", "reason"),
    [("given", None), ("/fixed+/", "not there"), ("nothing", "not there"), ("", "not there")],
)
def test_unblock(word: str, reason: str | None, blocked: Blocked) -> None:
    refused = blocked.unblock(word, "Mod")
    assert (refused.reason if refused else None) == reason


def test_a_file_that_cannot_be_written_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocklist = Blocklist(tmp_path / "file" / "blocklist.txt", Clock(), lambda: 1.8e9)
    refused = Blocked(blocklist).block("mango", "Mod")
    assert refused
    assert refused.reason == "cannot be written"
    assert blocklist.find("mango") is None


def test_who_blocked_it_and_when_stands_in_the_file(blocked: Blocked, tmp_path: Path) -> None:
    assert blocked.block("mango", "Mod\nforged # x") is None
    assert (tmp_path / "blocklist.txt").read_text().splitlines()[-1] == "mango  # Modforged # x, 2027-01-15"
