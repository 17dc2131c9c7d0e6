"""What becomes of each event: the real rules, queue and speaker, with a voice that makes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import Call, Router
from bot.chat.judgement import Judgement
from bot.chat.viewers import Viewers
from bot.config import Settings
from bot.desk import Desk
from bot.feed import Feed
from bot.intake import Intake
from bot.messages import (
    Answered,
    AudioChunk,
    ChatEvent,
    Dropped,
    FeedEntry,
    Fragment,
    FragmentKind,
    Gift,
    Heard,
    Notice,
    Queued,
    Rank,
    Refused,
    Retraction,
    RetractionScope,
    Spoken,
    SuperChat,
    Trouble,
    Utterance,
    Worth,
)
from bot.sources.event_json import from_json, to_json
from bot.speech.estimate import seconds
from bot.speech.queue import Limits, SpeechQueue
from bot.speech.speaker import Speaker
from bot.speech.voices import Voices
from bot.store import Store, StoreError
from tests.people import ALICE, BOB, CAROL, MODERATOR, Clock, message

BITS = Worth(100, "bits")
NAMED = {"message": "{name} says {text}"}


class Silent:
    """A voice that is asked and makes nothing, an ear, and a player's volume."""

    volume = 1.0

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cuts: list[str] = []

    async def speak(self, utterance: Utterance) -> AsyncGenerator[AudioChunk]:
        self.asked.append(utterance.id)
        await asyncio.Event().wait()
        yield  # type: ignore[misc]  # never reached: it makes this a generator

    async def play(self, chunk: AudioChunk) -> bool:
        return True

    async def end(self, utterance: Utterance) -> None: ...

    def cut(self, utterance_id: str) -> None:
        self.cuts.append(utterance_id)


class Stage:
    def __init__(self, folder: Path, *, keeping: bool = False, **given: Any) -> None:
        rules = {"blocklist": folder / "blocklist.txt", "blocked": ["fuck"], **given.pop("rules", {})}
        commands = {"cooldown": 0, **given.pop("commands", {})}
        settings = Settings.model_validate({"rules": rules, "commands": commands, **given})
        self.clock = Clock()
        self.entries: list[FeedEntry] = []
        self.feed = Feed()
        self.store = Store(folder / "bot.sqlite3", to_json, from_json) if keeping else None
        self.judgement = Judgement(settings, self.store, self.clock, seconds)
        limits = Limits(**settings.queue.model_dump())
        self.queue = SpeechQueue(limits, clock=self.clock, dropped=self.feed.publish)
        self.silent = Silent()
        self.speaker = Speaker(self.queue, self.silent, self.silent, self.feed)
        self.viewers = Viewers(self.store)
        self.voices = Voices(settings.viewers, "mei")
        self.voices.known = ["leo", "mei"]
        self.router = Router(settings.commands, "!", self.clock)
        self.intake = Intake(
            feed=self.feed,
            reader=self.judgement.reader,
            router=self.router,
            viewers=self.viewers,
            voices=self.voices,
            queue=self.queue,
            speaker=self.speaker,
            speech=settings.speech,
            templates=settings.templates,
            store=self.store,
            unheard=self.judgement.unheard,
            clock=self.clock,
        )
        self.desk = Desk(
            queue=self.queue,
            speaker=self.speaker,
            player=self.silent,
            viewers=self.viewers,
            voices=self.voices,
            taught=self.judgement.taught,
            blocked=self.judgement.blocked,
            router=self.router,
            name=self.judgement.reader.name,
            hear=self.intake.hear,
        )
        self.intake.desk = self.desk
        self.feed.subscribe(self.entries.append)

    def take(self, *events: ChatEvent) -> None:
        for event in events:
            self.intake.take(event)

    @property
    def waiting(self) -> list[str]:
        return [utterance.text for utterance in self.queue]

    @property
    def refused(self) -> list[str]:
        return [entry.reason for entry in self.entries if isinstance(entry, Refused)]

    @property
    def answers(self) -> list[str]:
        return [entry.text for entry in self.entries if isinstance(entry, Answered)]

    def one(self) -> Utterance:
        (utterance,) = self.queue
        return utterance

    def speak(self) -> str:
        """Has the next one spoken to its end; returns what was said."""
        utterance = self.queue.take()
        assert utterance
        self.feed.publish(Spoken(utterance))
        return utterance.text


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, viewers={"voices": "same"})


def deleted(target: str) -> Retraction:
    return Retraction(source="twitch", channel="c", id="r", scope=RetractionScope.MESSAGE, target=target)


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


# ------------------------------------------------------------------ the same from many


def test_while_it_waits_it_tells_how_many(stage: Stage) -> None:
    stage.take(message("666", id="a"), message("hi", by=CAROL, id="x"))
    stage.take(message("666", by=BOB, id="b"))
    assert stage.waiting == ["2 people: six six six", "hi"]
    stage.take(message("6666", by=CAROL, id="c"), message("666!", by=CAROL, id="d"))
    assert stage.waiting == ["3 people: six six six", "hi"]
    assert stage.refused == ["merged"] * 3  # and each person is counted once
    assert stage.queue.backlog == pytest.approx(seconds("3 people: six six six") + seconds("hi"))


def test_the_crowd_has_no_one_name_and_no_one_voice(tmp_path: Path) -> None:
    stage = Stage(tmp_path, templates={**NAMED, "crowd": "{count}人都说{text}"})
    stage.take(message("[leo] wow", id="a"))
    assert stage.one().parts
    stage.take(message("[leo] wow", by=BOB, id="b"), message("[leo] wow", by=CAROL, id="c"))
    utterance = stage.one()
    assert (utterance.text, utterance.shorter, utterance.parts) == ("3人都说wow", (), ())


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
    assert stage.waiting == ["2 people: six six six"]


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
    await _settle()
    assert stage.silent.asked == ["1"]
    stage.take(message("thanks", by=CAROL, id="p", worth=BITS))
    assert stage.waiting == ["Carol: thanks", "2 people: six six six"]
    stage.take(message("666", by=CAROL, id="c"))
    assert stage.waiting == ["Carol: thanks", "3 people: six six six"]
    running.cancel()
    await asyncio.wait((running,))


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


# ------------------------------------------------------------------ paid


async def test_what_is_made_gives_way_to_what_is_paid(stage: Stage) -> None:
    running = asyncio.create_task(stage.speaker.run())
    stage.take(message("hello", id="a"))
    await _settle()
    stage.take(message("cheers", by=BOB, id="b", worth=BITS))
    await _settle()
    assert stage.silent.asked == ["1", "2"]
    assert stage.silent.cuts == ["1"]
    assert stage.waiting == ["hello"]
    stage.take(message("cheers too", by=CAROL, id="c", worth=Worth(10_000, "bits")))
    await _settle()
    assert stage.silent.asked == ["1", "2"]  # what is paid does not give way
    assert stage.waiting == ["Carol: cheers too", "hello"]
    running.cancel()
    await asyncio.wait((running,))


SUPER_CHAT = SuperChat(source="twitch", channel="c", id="s", author=ALICE, text="hi", worth=Worth(30, "CNY"))
GIFT = Gift(source="twitch", channel="c", id="g", author=BOB, gift="rose", worth=Worth(1, "USD"))


def unread(stage: Stage) -> list[str]:
    assert stage.store
    return [event.id for event in stage.store.unread()]


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


# ------------------------------------------------------------------ muted, and turned off


def test_the_muted_are_not_read_but_for_what_they_pay(stage: Stage) -> None:
    stage.desk.mute(stage.viewers.of(message("x")), mute=True)
    stage.take(message("hello"), message("!skip"), message("take this", id="p", worth=BITS))
    assert stage.refused == ["muted", "muted"]
    assert stage.answers == []
    assert stage.waiting == ["Alice: take this"]
    stage.desk.mute(stage.viewers.of(message("x")), mute=False)
    stage.take(message("hello"))
    assert stage.waiting == ["Alice: take this", "hello"]


def test_turned_off_commands_go_on_and_so_does_what_is_paid(stage: Stage) -> None:
    stage.desk.reading_aloud = False
    stage.take(message("hello"), message("paid", by=BOB, worth=BITS), GIFT)
    assert stage.refused == ["off"]
    assert stage.waiting == ["Bob: paid", "Bob: one rose"]
    stage.take(message("!tts on", by=MODERATOR))
    assert stage.answers == ["chat is read aloud"]
    stage.take(message("and now", by=CAROL))
    assert stage.waiting[-1] == "and now"


def test_what_was_said_while_it_was_off_stands_for_nobody(stage: Stage) -> None:
    stage.desk.reading_aloud = False
    stage.take(message("666", id="a"))
    stage.desk.reading_aloud = True
    stage.take(message("666", by=BOB, id="b"))
    assert stage.refused == ["off"]
    assert stage.waiting == ["six six six"]


def test_while_it_is_off_nothing_taught_is_previewed(stage: Stage) -> None:
    stage.desk.reading_aloud = False
    stage.take(message("!teach gg = good game"))
    assert stage.answers == ["Alice: gg is read good game"]
    assert stage.waiting == []


# ------------------------------------------------------------------ commands and what they have read


def test_a_command_is_refused_carried_out_and_answered(stage: Stage) -> None:
    event = message("!voice leo")
    stage.take(event)
    assert stage.entries == [
        *(Heard(event), Refused(event, "command"), Answered(event, "Alice: your voice is leo now")),
    ]


def test_unknown_and_forbidden_commands_are_silent(stage: Stage) -> None:
    stage.take(message("!uptime"), message("!clear"), message("!声响"))
    assert stage.refused == ["command"] * 3
    assert stage.answers == []


def test_without_a_desk_nothing_is_carried_out(stage: Stage) -> None:
    stage.intake.desk = None
    stage.take(message("!voice leo"), message("hello"))
    assert stage.answers == []
    assert stage.waiting == ["hello"]


def test_what_is_taught_is_heard_once_as_it_will_be(stage: Stage) -> None:
    stage.take(message("!teach gg = good game"))
    assert stage.waiting == ["good game"]
    assert stage.one().event == message("gg")
    stage.take(deleted("m"))
    assert stage.waiting == []


def test_a_preview_is_not_worth_what_was_cheered_with_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    stage.intake.hear("gg", message("!teach gg = x", worth=BITS))
    assert not stage.one().paid
    assert unread(stage) == []
    assert stage.store
    stage.store.close()


def test_what_cannot_be_said_is_not_heard(stage: Stage) -> None:
    stage.intake.hear("...", message("x"))
    stage.intake.hear("", message("x"))
    assert stage.waiting == []


def test_the_desk_is_given_the_call(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Call] = []

    def carry_out(call: Call) -> str:
        calls.append(call)
        return "done"

    monkeypatch.setattr(stage.desk, "carry_out", carry_out)
    stage.take(message("!声音leo", by=MODERATOR))
    assert [(call.command, call.arguments, call.chinese) for call in calls] == [("voice", "leo", True)]
    assert stage.answers == ["done"]


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
    assert stage.waiting == ["2 messages were skipped"]
    stage.speak()
    assert stage.waiting == []
    stage.take(message("too old", by=BOB), message("paid", by=CAROL, worth=BITS))
    stage.clock.now += 51
    stage.speak()
    assert stage.waiting == ["1 messages were skipped"]


def test_the_streamer_may_want_it_untold(tmp_path: Path) -> None:
    stage = Stage(tmp_path, queue={"length": 1})
    stage.take(message("one", id="a"), message("two", by=BOB, id="b"))
    stage.speak()
    assert stage.waiting == []


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
            assert [event.id for event in stage.store.given_up()] != []
        else:
            failed(stage)
            spoke_another(stage)
            spoke_another(stage, "and more")  # one run counts once
            told = ["a paid message could not be read in 3 runs and is not tried again: Bob: read this"]
            assert troubles(stage) == (told if run == 3 else [])
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
