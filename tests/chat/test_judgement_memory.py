"""What the rules remember of what was spoken, and forget of what was not: crowds, shares, cooldowns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.chat.rules.pace import Share
from bot.chat.rules.reasons import Merged, Reason, Rejected
from bot.messages import Author, ChatMessage
from tests.chat.court import BITS, Court
from tests.people import ALICE, BOB, CAROL, MODERATOR, STREAMER, message


def merged(said: list[str] | Rejected) -> tuple[str, int]:
    assert isinstance(said, Merged)
    return said.into, said.count


def test_the_same_from_many_is_one(court: Court) -> None:
    assert court.said(message("666", id="a")) == "six six six"
    assert merged(court.read(message("6666 !!", by=BOB, id="b"))) == ("a", 2)
    assert merged(court.read(message("６６６", by=CAROL, id="c"))) == ("a", 3)
    court.clock.now += 10
    assert court.said(message("666", by=MODERATOR, id="d")) == "six six six"


def test_what_is_not_spoken_stands_for_nobody(court: Court) -> None:
    first = message("666", id="a")
    assert court.said(first) == "six six six"
    court.judgement.unheard(first)
    assert court.said(message("666", by=BOB, id="b")) == "six six six"
    assert merged(court.read(message("666", by=CAROL, id="c"))) == ("b", 2)
    court.judgement.unheard(message("666", by=CAROL, id="c"))  # it stood for nobody
    assert merged(court.read(message("666", by=MODERATOR, id="d"))) == ("b", 3)


def talk(court: Court, by: Author, count: int) -> list[ChatMessage]:
    """What was let through of `count` different long messages."""
    passed = []
    for number in range(count):
        words = message(
            f"{by.name} {number} " + "talks at length of this and that " * 3, by=by, id=f"{number}"
        )
        if not isinstance(court.read(words), Rejected):
            passed.append(words)
    return passed


def test_a_share_that_was_not_used_is_given_back(tmp_path: Path) -> None:
    court = Court(tmp_path, share=0.5, share_of=40)
    court.said(message("somebody else is here", by=BOB))
    heard = talk(court, ALICE, 12)
    assert 1 <= len(heard) < 12
    assert talk(court, ALICE, 1) == []
    for one in heard:
        court.judgement.unheard(one)
    court.clock.now += 31  # or they would be the same words again
    court.said(message("and still is", by=BOB))
    assert talk(court, ALICE, 12) == heard


@pytest.mark.parametrize("free", [{"worth": BITS}, {"by": MODERATOR}, {"by": STREAMER}])
def test_who_was_not_charged_gets_nothing_back(free: dict[str, Any], tmp_path: Path) -> None:
    def let_through(unheard: bool) -> int:
        court = Court(tmp_path, share=0.5, share_of=40, staff_pass=True)
        court.said(message("somebody else is here", by=BOB))
        if unheard:
            spared = message("a long story " + "of what happened on the way here " * 3, **free)
            court.read(spared)
            court.judgement.unheard(spared)
        share = next(rule for rule in court.judgement._memory._paced if isinstance(rule, Share))
        assert all(charged >= 0 for charged in share._each.values())
        return len(talk(court, ALICE, 12))

    assert let_through(unheard=True) == let_through(unheard=False)


def test_what_is_not_spoken_is_not_remembered_of_its_writer(court: Court) -> None:
    first = message("the same words", id="a")
    assert court.said(first)
    assert court.read(message("the same words", id="b")) == Rejected(Reason.REPEATED)
    court.judgement.unheard(first)
    assert court.said(message("the same words", id="c"))


def test_a_cooldown_is_of_what_is_spoken(tmp_path: Path) -> None:
    court = Court(tmp_path, cooldown=20)
    first = message("one thing", id="a")
    assert court.said(first)
    assert court.read(message("another", id="b")) == Rejected(Reason.COOLDOWN)
    court.judgement.unheard(first)
    assert court.said(message("another", id="c"))
