"""Commands among the messages, and what they have read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.commands import Call
from bot.messages import Answered, Heard, Refused
from tests.people import MODERATOR, message
from tests.stage import BITS, Stage, deleted, unread


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
