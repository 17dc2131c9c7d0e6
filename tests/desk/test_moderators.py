"""What the moderators' commands do and answer, in both languages."""

from __future__ import annotations

import pytest

from bot.messages import Author, Worth
from tests.desk.asking import ask, hear, speaking
from tests.people import BOB, CAROL, MODERATOR, STREAMER, message
from tests.stage import BITS, Stage, settle


def test_what_moderators_may_others_may_not(stage: Stage) -> None:
    for line in ("!tts off", "!pause", "!clear", "!mute Bob", "!block x", "!volume 0", "!屏蔽x"):
        assert ask(stage, line) == ""
    assert stage.controls.reading_aloud
    assert not stage.queue.paused
    assert stage.silent.volume == 1


@pytest.mark.parametrize(
    ("line", "answer", "reading"),
    [
        ("!tts off", "chat is not read any more", False),
        ("!TTS OFF", "chat is not read any more", False),
        ("!朗读关", "停止朗读", False),
        ("!tts on", "chat is read aloud", True),
        ("!朗读 开", "开始朗读", True),
        ("!tts", "tts on | off", True),
        ("!tts maybe", "tts on | off", True),
    ],
)
def test_tts(line: str, answer: str, reading: bool, stage: Stage) -> None:
    assert ask(stage, line, MODERATOR) == answer
    assert stage.controls.reading_aloud is reading


def test_turned_off_what_waits_is_given_up_but_for_what_was_paid(stage: Stage) -> None:
    stage.take(message("one", id="a"), message("two", by=BOB, id="b", worth=BITS))
    stage.intake.enqueue(["the streamer's own"])
    ask(stage, "!tts off", MODERATOR)
    assert stage.waiting == ["Bob: two", "the streamer's own"]


async def test_turned_off_what_is_heard_is_heard_to_its_end(stage: Stage) -> None:
    async with speaking(stage):
        stage.take(message("one", id="a"), message("two", by=BOB, id="b"))
        await settle()
        hear(stage)
        ask(stage, "!tts off", MODERATOR)
        assert (stage.silent.cuts, stage.waiting) == ([], [])


async def test_paused_nothing_begins_to_be_heard(stage: Stage) -> None:
    async with speaking(stage):
        stage.take(message("one", id="a"))
        await settle()
        ask(stage, "!pause", MODERATOR)
        await settle()
        assert (stage.speaker.under_way, stage.waiting) == ([], ["one"])
        ask(stage, "!resume", MODERATOR)
        await settle()
        assert [one.text for one in stage.speaker.under_way] == ["one"]


def test_what_was_paused_in_mid_word_goes_on(stage: Stage) -> None:
    stage.controls.pause(now=True)  # as the panel does
    assert stage.silent.paused
    assert ask(stage, "!resume", MODERATOR) == "going on"
    assert not stage.silent.paused


def test_pause_and_resume(stage: Stage) -> None:
    stage.take(message("hello"))
    assert ask(stage, "!pause", MODERATOR) == "paused"
    assert stage.queue.take() is None
    assert ask(stage, "!继续", MODERATOR) == "继续朗读"
    assert stage.queue.take()
    assert ask(stage, "!暂停", MODERATOR) == "已暂停"
    assert ask(stage, "!resume", MODERATOR) == "going on"


def test_clear_leaves_what_was_paid_for(stage: Stage) -> None:
    stage.take(message("one", id="a"), message("two", by=BOB, id="b"))
    stage.take(message("three", by=CAROL, id="c", worth=Worth(1, "USD")))
    assert ask(stage, "!clear", MODERATOR) == "2 messages are gone"
    assert stage.waiting == ["Carol: three"]
    assert ask(stage, "!清空", MODERATOR) == "清空了 0 条"


@pytest.mark.parametrize("named", ["Bob", "@bob", "BOB", "2", "@Bob "])
def test_mute_takes_back_what_was_said_but_not_what_was_paid_for(named: str, stage: Stage) -> None:
    stage.take(message("rude", by=BOB, id="a"), message("nice", id="b"))
    stage.take(message("rude and paid", by=BOB, id="c", worth=Worth(1, "USD")))
    assert ask(stage, f"!mute {named}", MODERATOR) == "Bob is not read any more"
    assert stage.waiting == ["Bob: rude and paid", "nice"]
    stage.take(message("more", by=BOB, id="d"))
    assert stage.refused[-1] == "muted"
    assert ask(stage, f"!取消禁言{named}", MODERATOR) == "恢复朗读 Bob"
    stage.take(message("sorry", by=BOB, id="e"))
    assert stage.waiting[-1] == "sorry"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("!mute", "mute VIEWER"),
        ("!mute @", "mute VIEWER"),
        ("!mute nobody", "nobody called nobody has been seen"),
        ("!禁言nobody", "没有见过叫 nobody 的观众"),
        ("!unmute {viewer}", "nobody called (viewer) has been seen"),
    ],
)
def test_mute_whom(line: str, answer: str, stage: Stage) -> None:
    assert ask(stage, line, MODERATOR) == answer


async def test_mute_silences_what_is_heard(stage: Stage) -> None:
    async with speaking(stage):
        stage.take(message("rude", by=BOB))
        await settle()
        utterance = hear(stage)
        ask(stage, "!mute bob", MODERATOR)
        assert stage.silent.cuts == [utterance.id]


def test_mute_is_one_persons_where_ids_are_hidden(stage: Stage) -> None:
    stage.take(message("rude", by=Author("0", "甲"), id="a"), message("nice", by=Author("0", "乙"), id="b"))
    ask(stage, "!mute 甲", MODERATOR)
    assert stage.waiting == ["nice"]


@pytest.mark.parametrize("line", ["!block @bob", "!屏蔽 @Bob", "!block ＠Bob ", "!屏蔽@2"])
def test_a_viewer_is_blocked_and_what_they_pay_for_is_held(line: str, stage: Stage) -> None:
    stage.take(message("rude", by=BOB, id="a"), message("nice", id="b"))
    stage.take(message("rude and paid", by=BOB, id="c", worth=BITS))
    assert ask(stage, line, MODERATOR) in (
        "Bob is blocked: nothing of theirs is read",
        "已屏蔽观众 Bob，什么都不读",
    )
    assert stage.waiting == ["nice"]
    assert [one.event.id for one in stage.intake.paid.held.all] == ["c"]
    assert not list(stage.judgement.blocklist)[1:]  # no word was blocked
    assert ask(stage, "!unblock @Bob", MODERATOR) == "Bob is not blocked any more"
    assert stage.waiting == ["Bob: rude and paid", "nice"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("!block @nobody", "nobody called nobody has been seen"),
        ("!取消屏蔽 @nobody", "没有见过叫 nobody 的观众"),
        ("!block @", "block WORD | @VIEWER"),
    ],
)
def test_block_whom(line: str, answer: str, stage: Stage) -> None:
    assert ask(stage, line, MODERATOR) == answer


@pytest.mark.parametrize(("silence", "undo"), [("!mute", "!unmute"), ("!block @", "!unblock @")])
def test_staff_who_are_not_read_may_undo_it(silence: str, undo: str, stage: Stage) -> None:
    stage.take(message("hello", by=STREAMER), message("hi", by=BOB, id="b"))
    for name in ("streamer", "bob"):
        ask(stage, f"{silence} {name}", MODERATOR)
    stage.take(message("can you hear me", by=STREAMER))
    assert stage.waiting == []
    assert ask(stage, "!queue", BOB) == ""
    assert ask(stage, f"{undo} streamer", STREAMER)
    stage.take(message("hello again", by=STREAMER))
    assert stage.waiting == ["hello again"]


def test_a_moderator_whom_the_streamer_blocks_commands_no_more(stage: Stage) -> None:
    stage.take(message("hello", by=MODERATOR))
    ask(stage, "!block @mod", STREAMER)
    for line in ("!unblock @mod", "!pause", "!teach gg = good game"):
        assert ask(stage, line, MODERATOR) == ""
    stage.take(message("can you hear me", by=MODERATOR))
    assert stage.waiting == []
    assert not stage.controls.paused


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        (["!block mango"], ["m… is blocked"]),
        (["!屏蔽芒果"], ["已屏蔽 芒…"]),
        (["!block mango", "!block MANGO"], ["m… is blocked", "M… is in the list already"]),
        (["!block mango", "!unblock mango"], ["m… is blocked", "m… is not blocked any more"]),
        (["!unblock mango"], ["m… is not in the list that chat may change"]),
        (["!取消屏蔽mango"], ["m… 不在聊天能改的屏蔽词里"]),
        (["!block fuck"], ["f… is in the list already"]),
        (["!unblock fuck"], ["f… is not blocked any more"]),
        (["!block /man(go/"], ["/… is nothing that can be blocked"]),
        (["!屏蔽***"], ["*… 不能屏蔽"]),
        (["!block a # b"], ["a… is nothing that can be blocked"]),
        (["!block"], ["block WORD | @VIEWER"]),
        (["!unblock"], ["unblock WORD | @VIEWER"]),
        (["!屏蔽"], ["屏蔽 词 | @观众"]),
    ],
)
def test_block(lines: list[str], answers: list[str], stage: Stage) -> None:
    assert [ask(stage, line, MODERATOR) for line in lines] == answers
    assert not any("mango" in answer.lower() or "fuck" in answer for answer in answers)


def test_what_is_blocked_is_not_read_from_then_on(stage: Stage) -> None:
    ask(stage, "!block mango", MODERATOR)
    stage.take(message("m.a.n.g.o"))
    assert stage.refused[-1] == "blocked"


@pytest.mark.parametrize(
    ("line", "answer", "volume"),
    [
        ("!volume 50", "volume 50 %", 0.5),
        ("!音量30%", "音量 30%", 0.3),
        ("!volume 0", "volume 0 %", 0),
        ("!volume 12.5 %", "volume 12.5 %", 0.125),
        *(
            (f"!volume {wrong}".strip(), "a volume is a number from 0 to 100", 1)
            for wrong in ("loud", "-1", "101", "nan", "inf", "%")
        ),
        ("!volume", "volume 100 %", 1),
        ("!音量 大", "音量是 0 到 100 的数字", 1),
    ],
)
def test_volume(line: str, answer: str, volume: float, stage: Stage) -> None:
    assert ask(stage, line, MODERATOR) == answer
    assert stage.silent.volume == volume
