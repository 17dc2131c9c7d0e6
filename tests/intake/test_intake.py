"""What becomes of each event: the real rules, queue and speaker, with a voice that makes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.messages import (
    Author,
    Dropped,
    Fragment,
    FragmentKind,
    Heard,
    Notice,
    Queued,
    Rank,
    Retraction,
    RetractionScope,
    Subscription,
    SuperChat,
    Worth,
)
from bot.speech.estimate import seconds
from tests.people import ALICE, BOB, CAROL, MODERATOR, message
from tests.stage import BITS, GIFT, NAMED, Stage, deleted, settle


def test_a_message_is_heard_of_queued_and_waits(tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates=NAMED, speech={"speed": 1.2})
    viewer = stage.viewers.of(message("x"))
    stage.viewers.change(viewer, voice="leo", speed=1.5, nickname="Big Al")
    said = message("hello")
    stage.take(said)
    utterance = stage.one()
    assert stage.entries == [Heard(said), Queued(utterance)]
    assert utterance.text == "Big Al says hello"
    assert utterance.shorter == ("Big says hello", "hello")
    assert (utterance.voice, utterance.rank, utterance.received_at) == ("leo", Rank.VIEWER, 1000)
    assert utterance.speed == pytest.approx(1.8)
    assert utterance.event == said


def test_a_refusal_is_told_with_its_reason(stage: Stage) -> None:
    bad = message("fuck")
    stage.take(bad, Notice(source="twitch", channel="c", id="n", text="live"))
    assert stage.refused == ["blocked", "not announced"]
    assert stage.waiting == []


def test_what_has_no_event_is_the_streamers(stage: Stage) -> None:
    utterance = stage.intake.enqueue(["welcome"])
    assert (utterance.rank, utterance.voice, utterance.event) == (Rank.MODERATOR, "mei", None)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{name} subscribed, month {months}. {text}", "Bob subscribed, month three. love it"),
        ("{name} subscribed! {text}", "Bob subscribed! love it"),
        ("{name}: {text}", "love it"),
    ],
)
def test_who_goes_on_is_not_named_again_and_yet_subscribes(template: str, said: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates={"subscription": template})
    stage.take(message("hello", by=BOB))
    stage.speak()
    stage.take(Subscription(source="twitch", channel="c", id="s", author=BOB, months=3, text="love it"))
    assert stage.speak() == said


# ------------------------------------------------------------------ the same from many


def test_while_it_waits_it_tells_how_many(stage: Stage) -> None:
    stage.take(message("666", id="a"), message("hi", by=CAROL, id="x"))
    stage.take(message("666", by=BOB, id="b"))
    assert stage.waiting == ["two people: six six six", "hi"]
    stage.take(message("6666", by=CAROL, id="c"), message("666!", by=CAROL, id="d"))
    assert stage.waiting == ["three people: six six six", "hi"]
    assert stage.refused == ["merged"] * 3  # and each person is counted once
    assert stage.queue.backlog == pytest.approx(seconds("three people: six six six") + seconds("hi"))


def test_a_crowd_on_bilibili_is_told_in_chinese(stage: Stage) -> None:
    stage.take(message("666", id="a", source="bilibili"), message("666", by=BOB, id="b", source="bilibili"))
    assert stage.waiting == ["两人：六六六"]


def test_the_crowd_has_no_one_name_and_no_one_voice(tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates={**NAMED, "crowd": "{count}人都说{text}"})
    stage.take(message("[leo] wow", id="a"))
    assert stage.one().parts
    stage.take(message("[leo] wow", by=BOB, id="b"), message("[leo] wow", by=CAROL, id="c"))
    utterance = stage.one()
    assert (utterance.text, utterance.shorter, utterance.parts) == ("三人都说wow", (), ())


def test_once_it_is_spoken_nobody_joins(stage: Stage) -> None:
    stage.take(message("666", id="a"))
    assert stage.speak() == "six six six"
    stage.take(message("666", by=BOB, id="b"))
    assert stage.waiting == []
    assert stage.refused == ["merged"]


def test_a_streamer_who_wants_no_count(tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates={"crowd": ""})
    stage.take(message("666", id="a"), message("666", by=BOB, id="b"))
    assert stage.waiting == ["six six six"]


def test_when_the_first_is_taken_back_the_next_is_the_first(stage: Stage) -> None:
    stage.take(message("666", id="a"), message("666", by=BOB, id="b"), deleted("a"))
    assert stage.waiting == []
    stage.take(message("666", by=CAROL, id="c"), message("666", by=MODERATOR, id="d"))
    assert stage.waiting == ["two people: six six six"]


def test_what_the_rules_passed_and_could_not_be_said_stands_for_nobody(stage: Stage) -> None:
    """Alice's own readings join to a blocked word; Bob's same line is a good one."""
    for word, reading in (("ab", "fu"), ("cd", "ck")):
        assert not stage.judgement.taught.teach(word, reading, message("x"))
    stage.take(message("ab-cd", id="a"), message("ab-cd", by=BOB, id="b"))
    assert stage.refused == ["blocked"]
    assert len(stage.waiting) == 1


async def test_joined_again_after_it_gave_way(stage: Stage) -> None:
    running = asyncio.create_task(stage.speaker.run())
    stage.take(message("666", id="a"))
    stage.take(message("666", by=BOB, id="b"))
    await settle()
    assert stage.silent.asked == ["1"]
    stage.take(message("thanks", by=CAROL, id="p", worth=BITS))
    assert stage.waiting == ["Carol: thanks", "two people: six six six"]
    stage.take(message("666", by=CAROL, id="c"))
    assert stage.waiting == ["Carol: thanks", "three people: six six six"]
    running.cancel()
    await asyncio.wait((running,))


# ------------------------------------------------------------------ muted, and turned off


def test_the_muted_are_not_read_but_for_what_they_pay(stage: Stage) -> None:
    stage.controls.change_viewer(stage.viewers.of(message("x")), muted=True)
    stage.take(message("hello"), message("!skip"), message("take this", id="p", worth=BITS))
    assert stage.refused == ["muted", "muted"]
    assert stage.answers == []
    assert stage.waiting == ["Alice: take this"]
    stage.controls.change_viewer(stage.viewers.of(message("x")), muted=False)
    stage.take(message("hello"))
    assert stage.waiting == ["Alice: take this", "hello"]


def test_turned_off_commands_go_on_and_so_does_what_is_paid(stage: Stage) -> None:
    stage.controls.read_aloud(False)
    stage.take(message("hello"), message("paid", by=BOB, worth=BITS), GIFT)
    assert stage.refused == ["off"]
    assert stage.waiting == ["Bob: paid", "Bob: one rose"]
    stage.take(message("!tts on", by=MODERATOR))
    assert stage.answers == ["chat is read aloud"]
    stage.take(message("and now", by=CAROL))
    assert stage.waiting[-1] == "and now"


def test_what_was_said_while_it_was_off_stands_for_nobody(stage: Stage) -> None:
    stage.controls.read_aloud(False)
    stage.take(message("666", id="a"))
    stage.controls.read_aloud(True)
    stage.take(message("666", by=BOB, id="b"))
    assert stage.refused == ["off"]
    assert stage.waiting == ["six six six"]


@pytest.mark.parametrize(
    ("given", "by", "word"),
    [
        ({"rules": {"paid_only": True}}, ALICE, "hi"),
        ({"rules": {"roles": ["subscriber"]}}, ALICE, "hi"),
        ({"rules": {"languages": ["zh"]}}, ALICE, "hello"),
        ({"rules": {"ignore": ["mod"]}}, MODERATOR, "hi"),
        ({}, ALICE, "!voice"),
    ],
)
def test_what_would_not_be_read_is_not_previewed(
    given: dict[str, Any], by: Author, word: str, tmp_path: Path
) -> None:
    stage = Stage(tmp_path, **given)
    stage.take(message(f"!teach {word} = anything one likes", by=by))
    assert stage.answers
    assert stage.waiting == []


def test_who_is_muted_previews_nothing(stage: Stage) -> None:
    stage.controls.change_viewer(stage.viewers.of(message("x", by=MODERATOR)), muted=True)
    stage.take(message("!teach gg = good game", by=MODERATOR))
    assert stage.answers == ["Mod: gg is read good game"]
    assert stage.waiting == []


def test_what_was_said_a_moment_ago_is_previewed_all_the_same(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rules={"cooldown": 60})
    stage.take(message("gg", id="a"), message("hi", by=BOB, id="b"), message("gg", by=CAROL, id="c"))
    assert [stage.speak(), stage.speak()] == ["two people: G G", "hi"]
    stage.take(message("!teach gg = good game", id="d"))
    assert stage.waiting == ["good game"]


def test_while_it_is_off_nothing_taught_is_previewed(stage: Stage) -> None:
    stage.controls.read_aloud(False)
    stage.take(message("!teach gg = good game"))
    assert stage.answers == ["Alice: where you write gg it is read good game"]
    assert stage.waiting == []


# ------------------------------------------------------------------ retractions


def test_a_retraction_removes_what_waits_and_is_not_spoken_itself(stage: Stage) -> None:
    stage.take(message("one", id="a"), message("two", by=BOB, id="b"), deleted("a"))
    assert stage.waiting == ["two"]
    user = Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.USER, target="2")
    stage.take(user)
    assert stage.waiting == []
    assert [
        (entry.utterance.text, entry.reason) for entry in stage.entries if isinstance(entry, Dropped)
    ] == [
        *(("one", "deleted"), ("two", "deleted")),
    ]
    assert stage.refused == []


def test_a_retraction_is_for_its_own_channel(stage: Stage) -> None:
    stage.take(message("one", id="a"))
    for source, channel in (("bilibili", "c"), ("twitch", "other")):
        stage.take(Retraction(source=source, channel=channel, id="r", scope=RetractionScope.ALL))
    assert stage.waiting == ["one"]
    stage.intake.enqueue(["the streamer's own"])
    stage.take(Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.ALL))
    assert stage.waiting == ["the streamer's own"]


# ------------------------------------------------------------------ voices within a message


@pytest.mark.parametrize(
    ("fragments", "text", "parts"),
    [
        (("[leo] hello [mei] 666",), "hello six six six",
         [("leo", "Alice says hello"), ("mei", "six six six")]),
        (("well [leo] hello",), "well hello", [("mei", "Alice says well"), ("leo", "hello")]),
        (("[leo] ... [mei] hi",), "hi", [("mei", "Alice says hi")]),
        (("[leo] hi ", Fragment("Kappa", FragmentKind.EMOTE)), "hi", [("leo", "Alice says hi")]),
        ((Fragment("[leo]", FragmentKind.EMOTE), " hi"), "hi", []),
        (("[nobody] hi",), "hi", []),
    ],
)  # fmt: skip
def test_inline(
    fragments: tuple[str | Fragment, ...], text: str, parts: list[tuple[str, str]], tmp_path: Path
) -> None:
    stage = Stage(tmp_path, templates=NAMED, viewers={"voices": "same"})
    stage.take(message(*fragments))
    utterance = stage.one()
    assert utterance.text == f"Alice says {text}"
    assert [(part.voice, part.text) for part in utterance.parts] == parts


@pytest.mark.parametrize(
    "text",
    [
        *("[leo]fu[mei]ck you", "fu[leo]ck", "[leo]a " * 7 + "[leo]fu[mei]ck you", "fu[doge]ck"),
        *("操[doge]你妈", "操［doge］你妈", "f[a]u[b]c[c]k"),
    ],
)
def test_what_is_blocked_is_found_around_names_in_brackets(text: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, rules={"blocked": ["fuck", "操你妈"], "repeats": 0})
    stage.take(
        message(text, id="a"),
        SuperChat(source="bilibili", channel="c", id="b", author=BOB, text=text, worth=Worth(30, "CNY")),
    )
    assert stage.refused == ["blocked"] * 2
    assert stage.waiting == []


def test_who_goes_on_in_several_voices_is_not_named_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates=NAMED, viewers={"voices": "same"})
    for number in ("one", "two"):
        stage.take(message(f"[leo] {number} [mei] hi", id=number))
    first, second = stage.queue.take(), stage.queue.take()
    assert first
    assert second
    assert [part.text for part in first.parts] == ["Alice says one", "hi"]
    assert [part.text for part in second.parts] == ["two", "hi"]


def test_what_changes_voices_is_estimated_by_its_parts(stage: Stage) -> None:
    stage.take(message("[leo] hello there [mei] hi"))
    assert stage.queue.backlog == pytest.approx(seconds("hello there") + seconds("hi"))


def test_inline_in_what_is_typed_with_something_else(tmp_path: Path) -> None:
    stage = Stage(tmp_path, viewers={"voices": "same"})
    common: dict[str, Any] = {"source": "twitch", "channel": "c", "author": BOB}
    stage.take(SuperChat(**common, id="a", text="[leo] hello [mei] hi", worth=Worth(30, "CNY")))
    stage.take(Subscription(**common, id="b", months=3, text="[leo] thanks"))
    paid, subscribed = stage.queue
    assert [(part.voice, part.text) for part in paid.parts] == [("leo", "Bob: hello"), ("mei", "hi")]
    assert [(part.voice, part.text) for part in subscribed.parts] == [
        ("leo", "Bob subscribed, month three. thanks")
    ]


def test_a_long_message_is_cut_in_several_voices_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, chat={"max_length": 40}, rules={"repeats": 0})
    stage.take(message("".join(f"[{voice}] some words here " for voice in ("leo", "mei") * 20)))
    assert len(stage.one().text) <= 40
    assert sum(len(part.text) for part in stage.one().parts) <= 40 + len("some words here")


# ------------------------------------------------------------------ what was given up


def test_what_was_given_up_is_told_when_it_is_calm_again(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path, queue={"length": 2, "max_age": 50}, templates={"skipped": "{count} messages were skipped"}
    )
    for number, by in enumerate((ALICE, BOB, CAROL, MODERATOR)):
        stage.take(message(f"message number {number}", by=by, id=str(number)))
    assert len(stage.waiting) == 2
    stage.take(deleted(str(3)))  # what was taken back was not given up
    stage.speak()
    assert stage.waiting == ["two messages were skipped"]
    stage.speak()
    assert stage.waiting == []
    stage.take(message("too old", by=BOB), message("paid", by=CAROL, worth=BITS))
    stage.clock.now += 51
    stage.speak()
    assert stage.waiting == ["one messages were skipped"]


def test_the_streamer_may_want_it_untold(tmp_path: Path) -> None:
    stage = Stage(tmp_path, queue={"length": 1})
    stage.take(message("one", id="a"), message("two", by=BOB, id="b"))
    stage.speak()
    assert stage.waiting == []
