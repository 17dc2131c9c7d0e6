"""Taught readings: where they apply, what may be taught, who changed what, and the file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.readings import MOST, MOST_OF_ONE, Matcher, Readings, Untaught
from bot.chat.readings_file import export, import_into
from bot.messages import Change, Reading


class Rows:
    """Kept in memory, as the store keeps them in its file."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Reading] = {}
        self.done: list[Change] = []

    def readings(self) -> Iterable[Reading]:
        return self.kept.values()

    def changes(self) -> Iterable[Change]:
        return self.done

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def apply(self, change: Change) -> None:
        self._replace(change.before, change.after)
        self.done.append(change)

    def take_back(self, change: Change) -> None:
        self._replace(change.after, change.before)
        self.done.remove(change)

    def _replace(self, old: Reading | None, new: Reading | None) -> None:
        if old:
            del self.kept[old.scope, old.word.lower()]
        if new:
            self.kept[new.scope, new.word.lower()] = new


def readings(rows: Rows | None = None) -> Readings:
    return Readings(rows or Rows(), lambda: 1_800_000_000.0, lambda text: "bad" in text)


def taught(**pairs: str) -> Readings:
    some = readings()
    for word, reading in pairs.items():
        assert isinstance(some.teach(word, reading, "mod"), Change)
    return some


@pytest.mark.parametrize(
    ("pairs", "text", "read"),
    [
        ({"gg": "good game"}, "gg everyone", "good game everyone"),
        ({"gg": "good game"}, "GG!", "good game!"),
        ({"gg": "good game"}, "egg ggs gg2 2gg", "egg ggs gg2 2gg"),
        ({"gg": "good game"}, "太强了gg吧", "太强了good game吧"),
        ({"gg": "good game", "gg wp": "well played all"}, "gg wp, gg", "well played all, good game"),
        ({"a": "b", "b": "c"}, "a b", "b c"),
        ({"c++": "see plus plus"}, "c++ and C++.", "see plus plus and see plus plus."),
        ({"node.js": "node jay ess"}, "use node.js now", "use node jay ess now"),
        ({"原神": "元神"}, "玩原神吗", "玩元神吗"),
        ({"原": "元", "原神": "圆神"}, "原神原", "圆神元"),
        ({"u": "you"}, "u r up", "you r up"),
        ({"666": "溜溜溜"}, "666 6666 666!", "溜溜溜 6666 溜溜溜!"),
        ({"a站": "诶站"}, "A站 啊a站", "诶站 啊诶站"),
        ({"héllo": "hello"}, "HÉLLO", "hello"),
        ({"x": r"\1 \g<0> {text}"}, "x", r"\1 \g<0> {text}"),
        ({"i": "eye"}, "İ i", "İ eye"),
        ({"привет": "privet"}, "Привет приветы", "privet приветы"),
        ({"씨": "ssi"}, "김씨", "김ssi"),
        ({}, "nothing", "nothing"),
        # a link is one thing, and so is a number
        (
            {"gg": "good game"},
            "gg see https://discord.gg/gg?gg=1 gg",
            "good game see https://discord.gg/gg?gg=1 good game",
        ),
        ({"gg": "good game", "com": "c"}, "discord.gg x.com/gg gg@x.com", "discord.gg x.com/gg gg@x.com"),
        ({"gg": "good game"}, "看https://discord.gg/x吧gg", "看https://discord.gg/x吧good game"),
        ({"twitch.tv": "twitch tee vee"}, "on twitch.tv now", "on twitch tee vee now"),
        ({"1": "one!", "5": "five!"}, "1 1.5 3-1 12:5 $1 5% 1,5 1.", "one! 1.5 3-1 12:5 $1 5% 1,5 one!."),
        ({"3-1": "three to one"}, "3-1 and 13-1", "three to one and 13-1"),
    ],
)
def test_apply(pairs: dict[str, str], text: str, read: str) -> None:
    assert taught(**pairs).apply(text) == read


def test_a_viewers_own_reading_wins_and_is_theirs_alone() -> None:
    some = taught(gg="good game", wp="well played")
    some.teach("gg", "gee gee", "Alice", "twitch:1")
    assert some.apply("gg wp", "twitch:1") == "gee gee well played"
    assert some.apply("gg wp", "twitch:2") == "good game well played"
    assert some.apply("gg wp") == "good game well played"
    some.forget("GG", "Alice", "twitch:1")
    assert some.apply("gg", "twitch:1") == "good game"


@pytest.mark.parametrize(
    ("word", "reading", "reason"),
    [
        ("", "x", "empty"),
        ("x", "", "empty"),
        ("x", "...", "empty"),
        ("x" * 41, "y", "too long"),
        ("x", "y" * 81, "too long"),
        ("x\x07", "y", "unreadable"),
        ("x", "y\u202e", "unreadable"),
        ("x", "y\ud800", "unreadable"),
        ("https://x.tv", "y", "link"),
        ("x", "see www.evil", "link"),
        ("bad", "y", "blocked"),
        ("x", "so bad", "blocked"),
    ],
)
def test_what_may_not_be_taught(word: str, reading: str, reason: str) -> None:
    some = readings()
    answer = some.teach(word, reading, "m")
    assert isinstance(answer, Untaught)
    assert (answer.reason, len(some)) == (reason, 0)


def test_there_are_not_too_many() -> None:
    some = readings()
    for number in range(MOST_OF_ONE):
        some.teach(f"w{number}", "x", "a", "twitch:1")
    answer = some.teach("one", "more", "a", "twitch:1")
    assert isinstance(answer, Untaught)
    assert answer.reason == "too many"
    for number in range(MOST - MOST_OF_ONE):
        assert isinstance(some.teach(f"w{number}", "x", "a"), Change)
    assert len(some) == MOST
    assert isinstance(some.teach("one", "more", "a"), Untaught)
    assert isinstance(some.teach("w1", "again", "a"), Change)


def test_changes_are_attributed_and_taken_back_after_a_restart() -> None:
    rows = Rows()
    some = readings(rows)
    some.teach("gg", "one", "Alice")
    some.teach("gg", "two", "Troll")
    some.teach("wp", "three", "Bob")
    again = readings(rows)
    assert [(one.reading, one.by, one.at) for one in again.of()] == [
        ("two", "Troll", 1_800_000_000.0),
        ("three", "Bob", 1_800_000_000.0),
    ]
    answer = again.undo()
    assert isinstance(answer, Change)
    assert (again.apply("wp"), answer.by) == ("wp", "Bob")
    assert isinstance(again.undo(), Change)
    assert again.apply("gg") == "one"
    assert isinstance(again.undo(), Change)
    assert (len(again), len(rows.kept), rows.done) == (0, 0, [])
    assert isinstance(again.undo(), Untaught)


def test_one_words_last_change_is_taken_back_whatever_came_after_it() -> None:
    some = readings()
    for word, reading in (("gg", "one"), ("gg", "two"), ("wp", "three")):
        some.teach(word, reading, "Alice")
    assert isinstance(some.undo(word=" GG "), Change)
    assert some.apply("gg wp") == "one three"
    assert isinstance(some.undo(word="gg"), Change)
    assert isinstance(some.undo(word="gg"), Untaught)
    assert some.apply("gg wp") == "gg three"


def test_the_last_change_in_a_scope_is_taken_back_and_nobody_elses() -> None:
    some = readings()
    some.teach("gg", "good game", "Mod")
    some.teach("gg", "my own", "Alice", "twitch:1")
    assert isinstance(some.undo(word="gg", scope=""), Change)
    assert (some.apply("gg"), some.apply("gg", "twitch:1")) == ("gg", "my own")
    assert isinstance(some.undo(word="gg", scope=""), Untaught)
    assert isinstance(some.undo(scope="twitch:2"), Untaught)
    assert isinstance(some.undo(scope="twitch:1"), Change)
    assert len(some) == 0


def test_what_nobody_taught_is_not_forgotten() -> None:
    assert isinstance(readings().forget("nothing", "m"), Untaught)


def test_what_the_store_refuses_has_not_happened() -> None:
    class Full(Rows):
        def apply(self, change: Change) -> None:
            raise OSError("disk full")

    some = readings(Full())
    with pytest.raises(OSError, match="disk full"):
        some.teach("gg", "x", "m")
    assert some.apply("gg") == "gg"
    assert isinstance(some.undo(), Untaught)


def test_export_and_import() -> None:
    some = taught(gg="good game", **{"#tag": "hash tag", "\\x": "back", "原神": "元神", "a = b": "is"})
    some.teach("gg", "gee", "Al\tice", "twitch:1")
    text = export(some.every())
    other = readings()
    assert import_into(other, text, "me", "f") == (6, [])
    assert [(one.word, one.reading, one.scope) for one in other.every()] == [
        (one.word, one.reading, one.scope) for one in some.every()
    ]
    assert {one.by for one in other.every()} == {"mod", "Al ice"}
    assert import_into(other, text, "me", "f") == (0, [])


def test_import_says_what_is_of_no_use() -> None:
    some = readings()
    count, faults = import_into(some, "\ufeff# x\n\ngg = good game\r\nnothing\nbad\tx\n", "me", "r.tsv")
    assert (count, [one.by for one in some.every()]) == (1, ["me"])
    assert faults == [
        "r.tsv, line 4: there is no tab between a word and its reading",
        "r.tsv, line 5: That may not be said here.",
    ]


ALPHABET = "abA 傻逼1"


@given(
    st.dictionaries(st.text("ab傻逼1", min_size=1, max_size=3), st.text(ALPHABET, max_size=3), max_size=6),
    st.text(ALPHABET, max_size=30),
)
@settings(max_examples=400)
def test_as_a_regular_expression_would(pairs: dict[str, str], text: str) -> None:
    spaced = "[a-zA-Z0-9]"

    def bounded(word: str) -> str:
        left = f"(?<!{spaced})" if re.match(spaced, word[0]) else ""
        right = f"(?!{spaced})" if re.match(spaced, word[-1]) else ""
        return left + re.escape(word) + right

    expected = text
    if pairs:
        longest_first = "|".join(bounded(word) for word in sorted(pairs, key=len, reverse=True))
        expected = re.sub(longest_first, lambda found: pairs[found[0].lower()], text, flags=re.IGNORECASE)
    assert Matcher(Reading(word, reading) for word, reading in pairs.items()).apply(text) == expected


@given(st.text(st.characters(codec=None), max_size=100), st.text(min_size=1, max_size=10))
def test_any_text(text: str, word: str) -> None:
    some = readings()
    some.teach(word, "x", "m")
    some.apply(text)


def test_linear() -> None:
    matcher = Matcher(Reading("a" * length, "x") for length in range(1, 41))

    def cost(length: int) -> float:
        begun = time.process_time()
        matcher.apply(("a " * length)[:length])
        return time.process_time() - begun

    small, large = (min(cost(length) for _ in range(2)) for length in (50_000, 100_000))
    assert large < 4 * small + 0.05
