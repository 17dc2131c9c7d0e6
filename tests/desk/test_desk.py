"""What each command does and answers, in both languages, also to the hostile; and what the store's end is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.answers import _ANSWERS
from bot.chat.commands import COMMANDS
from bot.messages import Author, Dropped, Viewer
from bot.store import StoreError
from tests.desk.asking import alice, ask, hear, speaking
from tests.people import ALICE, BOB, CAROL, MODERATOR, SUBSCRIBER, message
from tests.stage import Stage, settle

# ------------------------------------------------------------------ for everyone


@pytest.mark.parametrize(
    ("line", "answer", "voice"),
    [
        ("!voice leo", "Alice: your voice is leo now", "leo"),
        ("!声音LEO", "Alice：你的声音换成了 leo", "leo"),
        ("!voice", "Alice: your voice is mei", ""),
        ("!声音", "Alice：你的声音是 mei", ""),
        ("!voice loe", "Alice: there is no voice loe; there are leo", ""),
        ("!voice xyz", "Alice: there is no voice xyz; there are leo, mei", ""),
        ("!声音 小明", "Alice：没有叫 小明 的声音，可以选 leo, mei", ""),
        ("!voice ../../x", "Alice: there is no voice ../../x; there are leo, mei", ""),
        ("!voice {0}", "Alice: there is no voice (0); there are leo, mei", ""),
        (f"!voice {'x' * 500}", f"Alice: there is no voice {'x' * 19}…; there are leo, mei", ""),
        ("!voice list", "voices: leo, mei", ""),
        ("!声音 列表", "声音：leo, mei", ""),
        ("!voices", "voices: leo, mei", ""),
        ("!声音列表", "声音：leo, mei", ""),
    ],
)
def test_voice(line: str, answer: str, voice: str, stage: Stage) -> None:
    assert ask(stage, line) == answer
    assert alice(stage).voice == voice


@pytest.mark.parametrize("line", ["!voice default", "!声音默认"])
def test_the_voice_that_was_chosen_is_given_up(line: str, stage: Stage) -> None:
    ask(stage, "!voice leo")
    assert ask(stage, line) in ("Alice: your voice is mei", "Alice：你的声音是 mei")
    assert alice(stage).voice == ""


def test_a_random_voice_is_one_that_there_is(stage: Stage) -> None:
    given = set()
    for line in ("!voice random", "!声音随机") * 20:
        ask(stage, line)
        given.add(alice(stage).voice)
    assert given == {"leo", "mei"}
    stage.voices.known = []
    assert ask(stage, "!voice random") == "Alice: there is no voice random; there are "


@pytest.mark.parametrize(
    ("line", "answer", "speed"),
    [
        ("!speed 1.5", "Alice: your speed is 1.5 now", 1.5),
        ("!语速0.5", "Alice：你的语速换成了 0.5", 0.5),
        ("!speed 2", "Alice: your speed is 2 now", 2),
        ("!speed 1,5", "Alice: your speed is 1.5 now", 1.5),
        ("!speed", "Alice: your speed is 1", 1),
        ("!语速", "Alice：你的语速是 1", 1),
        *(
            (f"!speed {wrong}".strip(), "Alice: a speed is a number from 0.5 to 2", 1)
            for wrong in ("fast", "0.49", "2.01", "-1", "nan", "inf", "1e999", "0x1", "1,5,0")
        ),
        ("!语速 快", "Alice：语速是 0.5 到 2 的数字", 1),
    ],
)
def test_speed(line: str, answer: str, speed: float, stage: Stage) -> None:
    assert ask(stage, line) == answer
    assert alice(stage).speed == speed


@pytest.mark.parametrize(
    ("line", "answer", "nickname"),
    [
        ("!callme Big Al", "Alice: you are Big Al now", "Big Al"),
        ("!叫我阿明", "Alice：以后叫你 阿明", "阿明"),
        ("!callme xX_Wolf_Xx", "Alice: you are Wolf now", "Wolf"),
        ("!callme", "Alice: you are called by your name again", ""),
        ("!叫我", "Alice：恢复用你的名字", ""),
        *(
            (f"!callme {wrong}", "Alice: that cannot be said, or is longer than 20 characters", "before")
            for wrong in ("♥♥♥", "fuck", "f.u.c.k", "Abcdefghij Klmnopqrst U", "...")
        ),
        ("!叫我♥", "Alice：这个名字读不出来，或者超过 20 个字", "before"),
    ],
)
def test_call_me(line: str, answer: str, nickname: str, stage: Stage) -> None:
    stage.viewers.change(alice(stage), nickname="before")
    assert ask(stage, line) == answer
    assert alice(stage).nickname == nickname


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("!teach gg = good game", "Alice: where you write gg it is read good game"),
        ("!teach gg＝good game", "Alice: where you write gg it is read good game"),
        ("!教gg=good game", "Alice：你写的 gg 读作 good game"),
        ("!teach gg = {name}", "Alice: where you write gg it is read (name)"),
        ("!teach gg", "teach WORD = READING"),
        ("!教 gg", "教 词 = 读音"),
        ("!teach", "teach WORD = READING"),
        ("!teach = x", "teach WORD = READING"),
        ("!teach gg =", "teach WORD = READING"),
        ("!teach gg = ...", "Alice: there is nothing in it to say"),
        (f"!teach {'g' * 41} = x", "Alice: at most 40 characters for the word and 80 for its reading"),
        ("!teach gg = https://x.tv", "Alice: a reading may not hold a link"),
        ("!教gg=https://x.tv", "Alice：读音里不能有链接"),
        ("!teach gg = fuck", "Alice: that may not be said here"),
        ("!教 gg=f u c k", "Alice：这里不能说这个"),
    ],
)
def test_teach(line: str, answer: str, stage: Stage) -> None:
    assert ask(stage, line) == answer
    taught = " it is read " in answer or "读作" in answer
    assert len(stage.waiting) == taught  # it is said once
    assert len(stage.judgement.taught.words(message("x"))) == taught


def test_what_a_subscriber_teaches_counts_for_everybody(stage: Stage) -> None:
    assert ask(stage, "!teach gg = good game", SUBSCRIBER) == "Sub: gg is read good game"
    assert ask(stage, "!教 brb = back soon", MODERATOR) == "Mod：brb 读作 back soon"
    stage.take(message("gg brb", by=BOB))
    assert stage.waiting[-1] == "good game back soon"


def test_readings_and_forget(stage: Stage) -> None:
    assert ask(stage, "!readings") == "readings: none yet"
    assert ask(stage, "!读音") == "读音：还没有"
    ask(stage, "!teach gg = good game")
    ask(stage, "!teach brb = back soon", MODERATOR)
    assert ask(stage, "!readings") == "readings: brb = back soon, gg = good game"
    assert ask(stage, "!forget brb") == "Alice: nobody has taught brb"
    assert ask(stage, "!forget") == "forget WORD"
    assert ask(stage, "!forget GG") == "Alice: gg is read as usual again".replace("gg", "GG")
    assert ask(stage, "!忘记brb", MODERATOR) == "Mod：brb 恢复原来的读音"
    assert ask(stage, "!忘记brb", MODERATOR) == "Mod：没有人教过 brb"
    for number in range(20):
        ask(stage, f"!teach w{number:02} = {'x' * 80}")
    assert ask(stage, "!readings").count("=") == 8


def test_the_queue(stage: Stage) -> None:
    assert ask(stage, "!queue") == "0 waiting, 0 s of speech"
    stage.take(message("hello there everybody, how are you", by=BOB))
    assert ask(stage, "!queue") == "1 waiting, 2 s of speech"
    assert ask(stage, "!队列") == "1 条在等，约 2 秒"


def test_help_lists_what_one_may(stage: Stage) -> None:
    everyones = "voice voices speed callme teach forget readings skip queue help"
    assert ask(stage, "!help") == f"commands: {everyones}"
    assert ask(stage, "!帮助") == "命令：声音 声音列表 语速 叫我 教 忘记 读音 跳过 队列 帮助"
    assert ask(stage, "!help", MODERATOR) == f"commands: {' '.join(COMMANDS)}"


# ------------------------------------------------------------------ skip


def skipped(stage: Stage) -> list[str]:
    return [entry.utterance.text for entry in stage.entries if isinstance(entry, Dropped)]


async def test_ones_own_is_skipped_wherever_it_is(stage: Stage) -> None:
    async with speaking(stage):
        stage.take(message("being made", id="a"), message("of Bob's", by=BOB, id="b"))
        stage.take(message("waiting", id="c"), message("waiting too", id="d"))
        await settle()
        assert ask(stage, "!skip", CAROL) == "nothing of yours is being read"
        assert ask(stage, "!skip") == "skipped"  # nothing of it can be heard yet
        await settle()
        assert hear(stage).text == "of Bob's"
        assert ask(stage, "!跳过") == "已跳过"
        assert skipped(stage) == ["being made", "waiting"]
        assert stage.speaker.heard
        assert ask(stage, "!skip", BOB) == "skipped"
        assert ask(stage, "!skip", BOB) == "nothing of yours is being read"
        assert skipped(stage) == ["being made", "waiting", "of Bob's"]


async def test_moderators_skip_what_is_heard_whoever_says_it(stage: Stage) -> None:
    async with speaking(stage):
        assert ask(stage, "!skip", MODERATOR) == "nothing of yours is being read"
        stage.take(message("heard", id="a"), message("next", by=BOB, id="b"))
        await settle()
        hear(stage)
        assert ask(stage, "!skip", MODERATOR) == "skipped"
        assert skipped(stage) == ["heard"]
        await settle()
        assert ask(stage, "!skip", MODERATOR) == "skipped"  # being made: it would sound at any moment
        assert skipped(stage) == ["heard", "next"]


async def test_nobody_skips_anothers_where_ids_are_hidden(stage: Stage) -> None:
    async with speaking(stage):
        stage.take(message("mine", by=Author("0", "甲")))
        await settle()
        hear(stage)
        assert ask(stage, "!skip", Author("0", "乙")) == "nothing of yours is being read"
        assert ask(stage, "!skip", Author("0", "甲")) == "skipped"


# ------------------------------------------------------------------ hostile names, and a store that fails


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("{voice}", "(voice)"),
        ("{0.__class__}", "(0.__class__)"),
        ("a\r\nPRIVMSG #c :x", "a PRIVMSG #c :x"),
        ("\u202egnp\x1b[31m\x00", "gnp [31m"),
        ("\ud800x", "x"),
        ("%s\\1", "%s\\1"),
        ("long" * 100, "longlonglonglonglon…"),
        ("", ""),
    ],
)
def test_hostile_names(name: str, shown: str, stage: Stage) -> None:
    author = Author("9", name)
    assert ask(stage, "!voice leo", author) == f"{shown}: your voice is leo now"
    assert ask(stage, "!mute 9", MODERATOR) == f"{shown or '9'} is not read any more"


def test_every_command_has_an_answer_to_nothing_and_to_anything(stage: Stage) -> None:
    for name in COMMANDS:
        for arguments in ("", "x", "{name}", "=", "a=b", "@", "\u202e", "9" * 400, "😀", "/(", "字" * 400):
            answer = ask(stage, f"!{name} {arguments}", MODERATOR)
            assert answer
            assert answer.isprintable()
            assert len(answer) <= 500


def test_every_command_is_carried_out_by_somebody(stage: Stage) -> None:
    assert set(stage.desk._actions) == set(COMMANDS)


def test_every_answer_names_the_same_in_both_languages() -> None:
    for english, chinese in _ANSWERS.values():
        assert english.count("{") == chinese.count("{")


@pytest.mark.parametrize(
    ("line", "by"),
    [
        ("!voice leo", ALICE),
        ("!speed 1.5", ALICE),
        ("!callme Al", ALICE),
        ("!callme", ALICE),
        ("!teach gg = good game", ALICE),
        ("!mute Alice", MODERATOR),
    ],
)
def test_what_cannot_be_kept_is_answered_and_has_not_changed(
    line: str, by: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, keeping=True)
    assert stage.store

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(stage.store, "keep_viewer", full)
    monkeypatch.setattr(stage.store, "apply", full)
    before = alice(stage)
    assert ask(stage, line, by) == "that could not be kept"
    assert alice(stage) == before
    assert stage.judgement.taught.words(message("x")) == []
    assert stage.waiting == []
    stage.store.close()


def test_in_chinese_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    assert stage.store
    stage.store.close()
    assert ask(stage, "!声音leo") == "没有保存成功"


def test_choices_survive_a_restart(tmp_path: Path) -> None:
    stage = Stage(tmp_path, keeping=True)
    for line in ("!voice leo", "!callme Big Al", "!speed 1.5", "!teach gg = good game"):
        assert ask(stage, line)
    ask(stage, "!mute Alice", MODERATOR)
    assert stage.store
    stage.store.close()
    stage = Stage(tmp_path, keeping=True)
    assert alice(stage) == Viewer("twitch:1", "Alice", "Big Al", "leo", 1.5, True)
    assert stage.judgement.taught.words(message("x")) == [("gg", "good game")]
    assert stage.store
    stage.store.close()
