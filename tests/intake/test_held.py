"""What blocked viewers pay for: never spoken by itself, never lost, said or let go by who may decide."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from bot.held import MOST, Held
from bot.messages import Dropped, Queued, Trouble
from tests.people import ALICE, BOB, message
from tests.stage import BITS, GIFT, Stage, deleted, settle, unread


def held(stage: Stage) -> list[str]:
    return [one.event.id for one in stage.intake.paid.held.all]


def dropped(stage: Stage) -> list[str]:
    return [entry.reason for entry in stage.entries if isinstance(entry, Dropped)]


def block(stage: Stage, *, blocked: bool = True) -> None:
    """Bob, as the panel does it."""
    viewer = stage.viewers.by_id("twitch:2")
    assert viewer
    viewer = stage.viewers.change(viewer, blocked=blocked)
    (stage.intake.block if blocked else stage.intake.unblock)(viewer)


def test_what_waits_is_held_when_its_writer_is_blocked(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(
        message("free", by=BOB, id="f"),
        message("paid", by=BOB, id="p", worth=BITS),
        GIFT,
        message("hi", id="a"),
    )
    block(stage)
    assert stage.waiting == ["hi"]
    assert sorted(dropped(stage)) == ["blocked viewer", "held", "held"]
    assert sorted(held(stage)) == ["g", "p"]
    assert unread(stage) == ["p", "g"]
    assert stage.store
    stage.store.close()


async def test_what_is_being_made_is_silenced_and_held(stage: Stage) -> None:
    running = asyncio.create_task(stage.speaker.run())
    stage.take(message("paid", by=BOB, id="p", worth=BITS))
    await settle()
    assert stage.silent.asked == ["1"]
    block(stage)
    assert stage.silent.cuts == ["1"]
    assert held(stage) == ["p"]
    running.cancel()
    await asyncio.wait((running,))


def test_what_comes_in_later_is_held_and_the_rest_refused(stage: Stage) -> None:
    stage.take(message("first", by=BOB))
    block(stage)
    stage.take(message("free", by=BOB, id="f"), message("paid", by=BOB, id="p", worth=BITS), GIFT)
    assert stage.refused == ["ignored", "held", "held"]
    assert stage.waiting == []
    assert held(stage) == ["p", "g"]


def test_it_is_said_once_or_let_go_for_good(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("first", by=BOB))
    block(stage)
    stage.take(message("paid", by=BOB, id="p", worth=BITS), GIFT)
    paid, gift = (one.event for one in stage.intake.paid.held.all)
    stage.intake.enqueue(["paid"], paid, stage.viewers.of(paid))
    assert (held(stage), stage.waiting) == (["g"], ["paid"])
    assert unread(stage) == ["p", "g"]  # until it has been heard
    stage.speak()
    assert unread(stage) == ["g"]
    stage.intake.paid.let_go(gift)
    assert (held(stage), unread(stage)) == ([], [])
    assert stage.store
    stage.store.close()


def test_unblocked_it_is_read(stage: Stage) -> None:
    stage.take(message("first", by=BOB))
    block(stage)
    stage.take(message("paid", by=BOB, id="p", worth=BITS), message("other", by=ALICE, id="o", worth=BITS))
    block(stage, blocked=False)
    assert sorted(stage.waiting) == ["Alice: other", "Bob: paid"]
    assert held(stage) == []


def test_what_is_deleted_in_chat_is_held_no_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("first", by=BOB))
    block(stage)
    stage.take(message("paid", by=BOB, id="p", worth=BITS), deleted("p"))
    assert (held(stage), unread(stage)) == ([], [])
    assert stage.store
    stage.store.close()


def test_the_next_run_holds_it_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.take(message("paid", by=BOB, id="p", worth=BITS))
    block(stage)
    assert stage.store
    stage.store.close()
    stage = Stage(tmp_path, keeping=True)
    assert stage.store
    stage.take(*stage.store.unread())  # as the app does
    assert (held(stage), unread(stage)) == (["p"], ["p"])
    assert not [entry for entry in stage.entries if isinstance(entry, Queued)]
    stage.store.close()


def test_the_same_is_held_once_and_not_without_end() -> None:
    held = Held()
    for number in range(MOST + 10):
        for _ in range(2):
            held.add(message("paid", by=BOB, id=f"p{number}", worth=BITS))
    assert len(held.all) == MOST
    assert len({one.id for one in held.all}) == MOST
    assert held.all[0].event.id == "p10"


def test_the_oldest_comes_first_in_whatever_order_they_are_given() -> None:
    held = Held()
    for at in (3.0, 1.0, 2.0):
        held.add(replace(message("paid", id=str(at), worth=BITS), received_at=at))
    assert [one.event.received_at for one in held.all] == [1.0, 2.0, 3.0]


def test_what_a_bug_keeps_from_being_read_is_held_if_it_was_paid_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    known, stage.voices.known = stage.voices.known, cast("Any", None)
    stage.take(message("free", id="f"), message("paid", by=BOB, id="p", worth=BITS))
    assert (held(stage), unread(stage), stage.waiting) == (["p"], ["p"], [])
    assert [entry.detail.split(":")[0] for entry in stage.entries if isinstance(entry, Trouble)] == [
        "an event could not be read",
        "a paid message could not be read, and is held",
    ]
    stage.voices.known = known
    block(stage)
    block(stage, blocked=False)
    assert (held(stage), unread(stage), stage.waiting) == ([], ["p"], ["Bob: paid"])
    assert stage.store
    stage.store.close()
