"""The feed as lines and as JSON, and that no stranger's text reaches the terminal's controls."""

from __future__ import annotations

import io
import json
import os
import time
import unicodedata
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Dropped,
    EngineState,
    Event,
    FeedEntry,
    Fragment,
    FragmentKind,
    Gift,
    Heard,
    Interaction,
    InteractionKind,
    Notice,
    OutputState,
    Queued,
    Raid,
    Redemption,
    Refused,
    Retraction,
    RetractionScope,
    Role,
    SourceState,
    Speaking,
    Spoken,
    State,
    Subscription,
    SuperChat,
    Trouble,
    Utterance,
    Worth,
)
from bot.terminal.plain import JsonLines, PlainLines, Troubles
from bot.terminal.wording import printable, what, who

NOON = time.struct_time((2026, 1, 31, 12, 0, 5, 5, 31, 0))
ALICE = Author("1", "Alice", "alice", frozenset({Role.VIP, Role.MODERATOR}))


def message(
    text: str = "hi", *, name: str = "Alice", source: str = "twitch", worth: Worth | None = None
) -> ChatMessage:
    return ChatMessage(
        source=source, channel="c", id="m", author=Author("1", name), fragments=(Fragment(text),), worth=worth
    )  # fmt: skip


def chat(kind: type[Event], /, **fields: object) -> ChatEvent:
    return cast("ChatEvent", kind(source="twitch", channel="c", id="e", **fields))  # type: ignore[arg-type]


def utterance(text: str = "hi") -> Utterance:
    return Utterance(id="7", text=text, voice="mei", event=message(text))


def plain(entry: FeedEntry) -> str:
    out = io.StringIO()
    PlainLines(out, lambda: NOON).show(entry)
    return out.getvalue()


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (SourceState("twitch", "linxi", State.READY), "twitch linxi: ready"),
        (
            SourceState("twitch", "linxi", State.FAILED, "no such channel"),
            "twitch linxi: stopped: no such channel",
        ),
        (EngineState(State.WAITING, "it died"), "engine: waiting: it died"),
        (EngineState(State.STARTING, "", 0.5), "engine: starting"),
        (OutputState(State.READY, "Speakers"), "sound: ready: Speakers"),
        (Heard(message("你好 hello")), "  twitch Alice: 你好 hello"),
        (Heard(message("x", worth=Worth(100, "bits"))), "  twitch Alice: [100 bits] x"),
        (Refused(message(), "command"), "    not read: command"),
        (Dropped(utterance("too late"), "stale"), "    dropped (stale): too late"),
        (Speaking(utterance(), 0.1234), "    speaks as mei after 123 ms: hi"),
        (Trouble("k", "the disk is full"), "trouble: the disk is full"),
    ],
)
def test_a_line_each(entry: FeedEntry, line: str) -> None:
    assert plain(entry) == f"12:00:05 {line}\n"


@pytest.mark.parametrize("entry", [Queued(utterance()), Spoken(utterance())])
def test_some_happenings_are_no_news(entry: FeedEntry) -> None:
    assert plain(entry) == ""


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (message("x", worth=Worth(0.5, "CNY")), "[0.5 CNY] x"),
        (chat(Gift, author=ALICE, gift="小花花", count=10), "gives 10 × 小花花"),
        (chat(Gift, author=ALICE, gift="rose", worth=Worth(1, "CNY")), "gives 1 × rose [1 CNY]"),
        (chat(Subscription, author=ALICE, months=3, text="yay"), "subscribed, month 3. yay"),
        (chat(Subscription, author=ALICE), "subscribed, month 1."),
        (chat(Raid, author=ALICE, viewers=42), "raids with 42 viewers"),
        (chat(Notice, text="slow mode"), "slow mode"),
        (chat(SuperChat, author=ALICE, text="加油", worth=Worth(30, "CNY")), "[30 CNY] 加油"),
        (chat(Redemption, author=ALICE, reward="Hydrate", text="now"), "[Hydrate] now"),
        (chat(Redemption, author=ALICE, reward="Hydrate"), "[Hydrate]"),
        (chat(Interaction, author=ALICE, kind=InteractionKind.FOLLOW), "(follow)"),
        (chat(Interaction, author=ALICE, kind=InteractionKind.LIKE, count=9), "(like × 9)"),
        (chat(Retraction, scope=RetractionScope.ALL), "the chat was cleared"),
        (chat(Retraction, scope=RetractionScope.USER, target="1"), "somebody's messages were deleted"),
        (chat(Retraction, scope=RetractionScope.MESSAGE, target="1"), "a message was deleted"),
    ],
)
def test_what(event: ChatEvent, words: str) -> None:
    assert what(event) == words


def test_who() -> None:
    assert who(message(name="Alice")) == "Alice"
    assert who(message(name="A" * 99)) == "A" * 23 + "…"
    assert who(chat(Notice, text="x")) == ""
    assert who(chat(Retraction, scope=RetractionScope.ALL)) == ""


# ------------------------------------------------------------------ strangers


EVIL = "\x1b[2J\x1b]0;title\x07a\r\nb\u202ec\u2028d\x9be\x00f\ud800g\u200bh"


@pytest.mark.parametrize(
    "entry",
    [
        Heard(message(EVIL)),
        Heard(message(name=EVIL)),
        Heard(message(source=EVIL)),  # a recording that somebody sent
        Heard(message(worth=Worth(1, EVIL))),
        Heard(chat(Gift, author=ALICE, gift=EVIL, worth=Worth(1, EVIL))),
        Heard(chat(Subscription, author=ALICE, text=EVIL)),
        Heard(chat(Notice, text=EVIL)),
        Heard(chat(SuperChat, author=ALICE, text=EVIL, worth=Worth(1, EVIL))),
        Heard(chat(Redemption, author=ALICE, reward=EVIL, text=EVIL)),
        SourceState("twitch", EVIL, State.FAILED, EVIL),
        EngineState(State.WAITING, EVIL),
        OutputState(State.WAITING, EVIL),
        Dropped(utterance(EVIL), "stale"),
        Speaking(utterance(EVIL), 0.1),
        Trouble("k", EVIL),
    ],
    ids=lambda entry: type(entry).__name__,
)
def test_a_strangers_text_stays_on_its_line(entry: FeedEntry) -> None:
    line = plain(entry)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "[2J" in line  # cleaned, not dropped


@given(st.text(st.characters(), max_size=600), st.integers(1, 250))
def test_printable(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert not [
        character for character in shown if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]
    assert shown == " ".join(shown.split())
    if text.isprintable() and len(text) <= limit:
        assert shown == " ".join(text.split())


def test_printable_cuts_a_flood_before_it_looks() -> None:
    assert printable("x" * 10_000_000, 10) == "x" * 9 + "…"


@given(st.text(st.characters(), max_size=50))
def test_any_text_can_be_written(text: str) -> None:
    for encoding in ("utf-8", "ascii", "gbk"):
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        PlainLines(out, lambda: NOON).show(Heard(message(text, name=text)))
        JsonLines(out).show(Heard(message(text, name=text)))
        out.seek(0)
        assert len(out.read().splitlines()) == 2


# ------------------------------------------------------------------ JSON lines


def test_json_lines() -> None:
    out = io.StringIO()
    lines = JsonLines(out, lambda: 12.3456789)
    event = ChatMessage(
        source="twitch",
        channel="c",
        id="m",
        author=ALICE,
        fragments=(Fragment("你好\n"), Fragment("Pog", FragmentKind.EMOTE)),
    )
    lines.show(Heard(event))
    lines.show(Speaking(Utterance(id="7", text="你好", voice="mei", event=event), 0.25))
    lines.show(EngineState(State.READY, "ok", 1.0))
    heard, speaking, engine = map(json.loads, out.getvalue().splitlines())
    assert heard["kind"] == "Heard"
    assert heard["at"] == 12.345679
    assert heard["event"]["author"]["roles"] == ["moderator", "vip"]
    assert heard["event"]["fragments"] == [
        {"text": "你好\n", "kind": "text"},
        {"text": "Pog", "kind": "emote"},
    ]
    assert speaking["utterance"]["event"] == heard["event"]
    assert (speaking["utterance"]["text"], speaking["latency"]) == ("你好", 0.25)
    assert engine == {
        "kind": "EngineState",
        "at": 12.345679,
        "state": "ready",
        "detail": "ok",
        "progress": 1.0,
    }


# ------------------------------------------------------------------ troubles, and nobody who reads


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Trouble("k", "no disk\nat all"), "no disk at all\n"),
        (OutputState(State.WAITING, "the device went away"), "the device went away\n"),
        (OutputState(State.FAILED, "no sound"), "no sound\n"),
        (OutputState(State.READY, "Speakers"), ""),
        (EngineState(State.WAITING, "x"), ""),
        (Heard(message()), ""),
    ],
)
def test_troubles_alone(entry: FeedEntry, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Troubles().show(entry)
    assert capsys.readouterr() == ("", said)


def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    PlainLines().show(Trouble("k", "d"))
    JsonLines().show(Trouble("k", "d"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(" trouble: d")
    assert json.loads(second)["detail"] == "d"


def test_speech_goes_on_when_nobody_reads() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    out = os.fdopen(writer, "w", buffering=1)
    lines = PlainLines(out, lambda: NOON)
    for _ in range(3):
        lines.show(Trouble("k", "d"))
    with pytest.raises(BrokenPipeError):
        out.close()
    lines.show(Trouble("k", "d"))  # closed altogether
