"""What the rules with a memory remember: cooldowns, repetitions, crowds and shares."""

from __future__ import annotations

import pytest

from bot.chat.rules.authors import viewer_key
from bot.chat.rules.crowd import Crowd, First, Joined, same_words_key
from bot.chat.rules.pace import Share
from bot.chat.rules.reasons import Merged, Rejected
from bot.messages import Author
from tests.chat.judge import BITS, Judge, seconds
from tests.people import ALICE, BOB, MODERATOR, Clock, message


def test_cooldown() -> None:
    judge = Judge(cooldown=10, same_words=0)
    assert judge(message("one")) == ""
    assert judge(message("two")) == "cooldown"
    assert judge(message("two", by=BOB)) == ""
    assert judge(message("two", worth=BITS)) == ""
    assert [judge(message(f"m{number}", by=MODERATOR)) for number in range(3)] == ["", "", ""]
    judge.clock.now += 9.9
    assert judge(message("three")) == "cooldown"
    judge.clock.now += 0.1
    assert judge(message("four")) == ""
    assert judge(message("five")) == "cooldown"


def test_a_refused_message_starts_no_cooldown() -> None:
    judge = Judge(cooldown=10)
    assert judge(message("fuck")) == "blocked"
    assert judge(message("hello")) == ""
    judge.clock.now += 5
    assert judge(message("hello", by=BOB)) == "merged"
    assert judge(message("other", by=BOB)) == ""


def test_the_hidden_are_told_apart_by_name() -> None:
    judge = Judge(cooldown=10, same_words=0)
    assert judge(message("one", by=Author("0", "张***"))) == ""
    assert judge(message("two", by=Author("0", "李***"))) == ""
    assert judge(message("three", by=Author("0", "张***"))) == "cooldown"
    assert viewer_key(message("x"), ALICE) != viewer_key(message("x", source="bilibili"), ALICE)


def test_the_same_viewer_again() -> None:
    judge = Judge(same_words=0)
    assert judge(message("Hello!")) == ""
    assert judge(message("hello")) == "repeated"
    assert judge(message("other")) == ""
    judge.clock.now += 29
    assert judge(message("HELLO ...")) == "repeated"  # and the wait begins anew
    judge.clock.now += 29
    assert judge(message("hello")) == "repeated"
    judge.clock.now += 30
    assert judge(message("hello")) == ""


def test_a_crowd_is_merged_into_the_first() -> None:
    judge = Judge(same_words=10)
    assert judge(message("666", id="first")) == ""
    for number in range(2, 6):
        merged = judge.why(message("6666 !" * (number % 2) or "６６６", by=Author(str(number), "x"), id="n"))
        assert merged == Merged("merged", "", "first", number) or (
            isinstance(merged, Merged) and (merged.into, merged.count) == ("first", number)
        )
    assert judge(message("777", by=BOB)) == ""
    assert judge(message("666", by=BOB, worth=BITS)) == ""
    judge.clock.now += 10
    assert judge(message("666", by=Author("77", "x"), id="second")) == ""


def test_what_is_refused_leads_no_crowd() -> None:
    judge = Judge(cooldown=10)
    assert judge(message("one")) == ""
    assert judge(message("666")) == "cooldown"
    assert judge(message("666", by=BOB)) == ""


def test_crowd_by_itself() -> None:
    crowd = Crowd(10)
    assert crowd.offer("gg", "a", 0, "1") == First()
    assert crowd.offer("GG!", "b", 5, "2") == Joined("1", 2)
    assert crowd.offer("gg", "b", 6, "3") == Joined("1", 2)
    crowd.retract("1")
    assert crowd.offer("gg", "b", 7, "4") == First()
    assert crowd.offer("x" * 201, "a", 7, "5") == First()
    assert crowd.offer("x" * 201, "b", 7, "6") == First()


@pytest.mark.parametrize(
    ("one", "other"), [("666", "666666"), ("哈哈哈", "哈哈哈哈!"), ("Nice", "nice~"), ("太強了", "太强了")]
)
def test_same_words(one: str, other: str) -> None:
    assert same_words_key(one) == same_words_key(other)


@pytest.mark.parametrize(("one", "other"), [("66", "666"), ("good", "god"), ("1-0", "11-0"), ("?", "!")])
def test_other_words(one: str, other: str) -> None:
    assert same_words_key(one) != same_words_key(other)


def test_memory_is_bounded() -> None:
    crowd, clock = Crowd(1e9), Clock()
    judge = Judge(clock, crowd, cooldown=1e9, share=0.5)
    for number in range(12_000):
        judge(message(f"text {number}", by=Author(str(number), "x")))
    assert len(crowd._sayings) <= 1000


def test_nobody_has_more_than_a_share_while_others_wait() -> None:
    judge = Judge(share=0.5, share_of=20, same_words=0)
    long = "x" * 60  # six seconds
    assert judge(message(long + "1")) == ""
    assert judge(message(long + "2")) == ""  # nobody else is there
    assert judge(message(long + "3")) == ""
    assert judge(message("hi", by=BOB)) == ""
    assert judge(message(long + "4")) == "share"
    assert judge(message(long + "4", worth=BITS)) == ""
    for number in range(3):
        assert judge(message(f"{long}{number}", by=Author(f"b{number}", "x"))) == ""
    assert judge(message("short")) == ""
    judge.clock.now += 61
    assert judge(message(long + "5")) == ""
    assert judge(message(long + "6")) == ""


def test_a_share_is_given_back() -> None:
    share = Share(0.5, 20, seconds, Clock())
    one = message("x" * 90)
    share.heard(one)
    assert share(message("hi", by=BOB)) is None
    assert share(message("y" * 90)) == Rejected("share")
    share.charge(viewer_key(one, ALICE), -9)
    assert share(message("y" * 90)) is None
