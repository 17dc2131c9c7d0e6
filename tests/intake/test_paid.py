"""What is paid: it goes first, is kept until it was heard, and is given up at last."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import ChatEvent, Dropped, Gift, Queued, Rank, Spoken, SuperChat, Trouble, Worth
from bot.store import StoreError
from tests.people import ALICE, BOB, CAROL, message
from tests.stage import BITS, GIFT, Stage, deleted, settle, unread

# ------------------------------------------------------------------ paid


async def test_what_is_made_gives_way_to_what_is_paid(stage: Stage) -> None:
    running = asyncio.create_task(stage.speaker.run())
    stage.take(message("hello", id="a"))
    await settle()
    stage.take(message("cheers", by=BOB, id="b", worth=BITS))
    await settle()
    assert stage.silent.asked == ["1", "2"]
    assert stage.silent.cuts == ["1"]
    assert stage.waiting == ["hello"]
    stage.take(message("cheers too", by=CAROL, id="c", worth=Worth(10_000, "bits")))
    await settle()
    assert stage.silent.asked == ["1", "2"]  # what is paid does not give way
    assert stage.waiting == ["Carol: cheers too", "hello"]
    running.cancel()
    await asyncio.wait((running,))


SUPER_CHAT = SuperChat(source="twitch", channel="c", id="s", author=ALICE, text="hi", worth=Worth(30, "CNY"))


def test_paid_is_kept_until_it_was_heard_or_taken_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("free", id="f"), SUPER_CHAT, message("hey", by=CAROL, id="m", worth=BITS), GIFT)
    assert unread(stage) == ["s", "m", "g"]
    assert stage.speak() == "Alice: hi"
    assert unread(stage) == ["m", "g"]
    stage.take(deleted("m"))
    assert unread(stage) == ["g"]
    assert stage.speak() == "Bob: one rose"
    assert unread(stage) == []
    assert stage.speak() == "free"
    assert stage.store
    stage.store.close()


def test_it_is_kept_before_it_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    kept: list[list[str]] = []
    stage.feed.subscribe(lambda entry: kept.append(unread(stage)) if isinstance(entry, Queued) else None)
    stage.take(SUPER_CHAT)
    assert kept == [["s"]]
    assert stage.store
    stage.store.close()


def test_what_is_refused_is_not_kept(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("fuck", worth=BITS))
    assert unread(stage) == []
    assert stage.store
    stage.store.close()


def test_a_store_that_fails_costs_nothing_but_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, keeping=True)
    assert stage.store

    def full(event: ChatEvent) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(stage.store, "add", full)
    monkeypatch.setattr(stage.store, "remove", full)
    stage.take(SUPER_CHAT, GIFT)
    assert stage.speak() == "Alice: hi"
    assert [entry for entry in stage.entries if isinstance(entry, Trouble)] == [
        Trouble("store", "the disk is full: paid messages may not survive a restart")
    ]
    stage.store.close()


def test_what_is_worth_little_counts_as_if_it_were_free(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True, rules={"paid_from": 1.0})
    stage.take(message("a cent", by=BOB, id="m", worth=Worth(1, "bits")))
    stage.take(message("a dollar", by=CAROL, id="n", worth=BITS))
    stage.take(Gift(source="twitch", channel="c", id="h", author=BOB, gift="rose", worth=Worth(0.1, "CNY")))
    stage.take(Gift(source="twitch", channel="c", id="i", author=ALICE, gift="leaf"))
    # A gift of too little stands where one stands that costs nothing.
    assert [(one.text, one.rank) for one in stage.queue] == [
        ("Carol: a dollar", Rank.PAID),
        ("Bob: one rose", Rank.MODERATOR),
        ("Alice: one leaf", Rank.MODERATOR),
        ("Bob: a cent", Rank.VIEWER),
    ]
    assert unread(stage) == ["n"]
    assert stage.store
    stage.store.close()


CHEAP = replace(SUPER_CHAT, worth=Worth(5, "CNY"))


def test_the_voice_of_the_paid_is_for_what_counts_as_paid(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rules={"paid_from": 1.0}, viewers={"voices": "same", "paid": "leo"})
    stage.take(SUPER_CHAT, replace(CHEAP, id="t", author=BOB))
    assert [(one.rank, one.voice) for one in stage.queue] == [(Rank.PAID, "leo"), (Rank.VIEWER, "mei")]


def test_where_only_the_paid_are_read_too_little_is_not(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rules={"paid_from": 1.0, "paid_only": True})
    stage.take(message("hi", worth=Worth(5, "bits")), CHEAP, replace(CHEAP, id="t", text=""))
    assert stage.refused == ["unpaid"] * 3
    stage.take(message("hi", by=BOB, worth=BITS), replace(SUPER_CHAT, id="u"))
    assert stage.waiting == ["Alice: hi", "Bob: hi"]


def test_what_counts_no_more_is_spoken_once_and_kept_no_longer(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("a cent", by=BOB, id="m", worth=Worth(1, "bits")), GIFT)
    assert stage.store
    stage.store.close()
    stage = Stage(tmp_path, keeping=True, rules={"paid_from": 2.0})
    assert stage.store
    stage.take(*stage.store.unread())
    assert [stage.speak(), stage.speak()] == ["Bob: one rose", "a cent"]
    assert unread(stage) == []
    stage.store.close()


# ------------------------------------------------------------------ what no engine can speak


def failed(stage: Stage) -> None:
    """The engine fails at the first that waits."""
    utterance = stage.queue.take()
    assert utterance
    stage.feed.publish(Dropped(utterance, "engine"))


def spoke_another(stage: Stage, text: str = "something else") -> None:
    stage.take(message(text, by=ALICE))
    utterance = stage.queue.take()
    assert utterance
    stage.feed.publish(Spoken(utterance))


def troubles(stage: Stage) -> list[str]:
    return [entry.detail for entry in stage.entries if isinstance(entry, Trouble)]


def test_a_paid_message_that_fails_at_every_start_is_shown_in_the_end(tmp_path: Path) -> None:
    for run in (1, 2, 3, 4):
        stage = Stage(tmp_path, keeping=True)
        assert stage.store
        if run == 1:
            stage.take(message("read this", by=BOB, worth=BITS))
        else:
            stage.take(*stage.store.unread())
        if run == 4:
            assert stage.waiting == []
            assert [one.given_up for one in stage.store.unread_paid()] == [True]
        else:
            failed(stage)
            spoke_another(stage)
            spoke_another(stage, "and more")  # one run counts once
            told = ["a paid message could not be read in 3 runs and is not tried again: Bob: read this"]
            assert troubles(stage) == (told if run == 3 else [])
        stage.store.close()


def test_a_run_counts_once_however_often_it_is_said_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    assert stage.store
    for others in ("one", "two", "three"):
        stage.take(message("read this", by=BOB, id="p", worth=BITS))
        failed(stage)
        spoke_another(stage, others)
    assert [one.failures for one in stage.store.unread_paid()] == [1]
    assert troubles(stage) == []
    stage.store.close()


def test_what_the_engine_failed_at_and_is_then_deleted_is_not_kept(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("read this", by=BOB, id="p", worth=BITS), message("this too", id="q", worth=BITS))
    failed(stage)
    failed(stage)
    stage.take(deleted("p"))
    spoke_another(stage)
    assert unread(stage) == ["q"]
    assert stage.store
    stage.store.close()


def test_an_engine_that_speaks_nothing_at_all_is_not_the_messages_fault(tmp_path: Path) -> None:
    for _ in range(5):
        stage = Stage(tmp_path, keeping=True)
        assert stage.store
        if not list(stage.store.unread()):
            stage.take(message("read this", by=BOB, worth=BITS))
        else:
            stage.take(*stage.store.unread())
        failed(stage)
        assert troubles(stage) == []
        stage.store.close()
