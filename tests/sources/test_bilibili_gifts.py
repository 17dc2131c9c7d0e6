"""Clicks become one gift, in time that is passed in."""

from __future__ import annotations

from bot.messages import Author, Gift, Worth
from bot.sources.bilibili_gifts import GiftMerger


def gift(id_: str, count: int = 1, yuan: float | None = 0.1) -> Gift:
    worth = None if yuan is None else Worth(yuan, "CNY")
    author = Author(id="1", name="A")
    return Gift(source="bilibili", channel="7", id=id_, author=author, gift="花", count=count, worth=worth)


def test_clicks_within_the_window_are_one_gift() -> None:
    merger = GiftMerger(3.0)
    for at, id_ in ((0.0, "a"), (2.9, "b"), (5.0, "c")):
        assert merger.due(at) == []
        assert merger.add("key", gift(id_, 2), at) == []
    assert merger.wait(5.0) == 3.0
    assert merger.due(7.9) == []
    (whole,) = merger.due(8.0)
    assert (whole.id, whole.count, whole.worth) == ("a", 6, Worth(0.3, "CNY"))
    assert merger.wait(8.0) is None


def test_whoever_never_stops_is_told_of_all_the_same() -> None:
    merger = GiftMerger(3.0)
    told = []
    for second in range(40):
        told += merger.due(second)
        merger.add("key", gift(str(second)), second)
    assert [whole.count for whole in told] == [15, 15]


def test_other_keys_are_other_gifts_and_no_worth_is_none() -> None:
    merger = GiftMerger(3.0)
    merger.add("a", gift("1", yuan=None), 0)
    merger.add("a", gift("2", yuan=None), 1)
    merger.add("b", gift("3"), 2)
    assert [(whole.count, whole.worth) for whole in merger.due(4.5)] == [(2, None)]
    assert [whole.id for whole in merger.flush()] == ["3"]
    assert merger.flush() == []


def test_a_clock_that_jumps_loses_nothing() -> None:
    for jump in (-1000.0, 1e9):
        merger = GiftMerger(3.0)
        merger.add("a", gift("1"), 100.0)
        assert [whole.id for whole in merger.due(100.0 + jump)] == ["1"]


def test_no_window_holds_nothing_back_and_the_memory_is_bounded() -> None:
    assert len(GiftMerger(0.0).add("a", gift("1"), 0)) == 1
    merger = GiftMerger(3.0, most=2)
    let_go = [whole.id for key in "abcd" for whole in merger.add(key, gift(key), 0.0)]
    assert let_go == ["a", "b"]
    assert len(merger) == 2
