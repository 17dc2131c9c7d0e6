"""`python -m bot paid`: what was paid for and not read, tried again or marked as read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.command_line.dispatch import dispatch
from bot.messages import Author, ChatEvent, ChatMessage, Fragment, Gift, SuperChat, Viewer, Worth
from bot.sources.event_json import from_json, to_json
from bot.store import MOST_FAILURES, Store

CHEER = ChatMessage(
    source="twitch",
    channel="linxi",
    id="0c1d-cheer",
    author=Author("1", "Alice"),
    fragments=(Fragment("well\x1b[31m played"),),
    worth=Worth(500, "bits"),
)
SUPER_CHAT = SuperChat(
    source="bilibili",
    channel="1",
    id="0c1d-sc",
    author=Author("2", "小明"),
    text="加油",
    worth=Worth(30, "CNY"),
)
GIFT = Gift(
    source="bilibili",
    channel="1",
    id="g1",
    author=Author("2", "小明"),
    gift="小花",
    count=3,
    worth=Worth(3, "CNY"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """As a running bot holds it."""
    store = Store(tmp_path / "bot.sqlite3", to_json, from_json, alone=True)
    for event in (CHEER, SUPER_CHAT, GIFT):
        store.add(event)
    for _ in range(MOST_FAILURES):
        store.failed(SUPER_CHAT)
    yield store
    store.close()


def left(store: Store) -> list[ChatEvent]:
    return list(store.unread())


def test_the_list_beside_a_running_bot(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["paid"], ["paid", "list"]):
        assert dispatch([*words, "--store", str(tmp_path / "bot.sqlite3")]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "unread    0c1d-cheer  twitch/linxi  Alice, 500 bits: well [31m played",
            "given up  0c1d-sc  bilibili/1  小明, 30 CNY: 加油",
            "unread    g1  bilibili/1  小明, 3 CNY: 3 x 小花",
        ]
    assert left(store) == [CHEER, GIFT]


def test_one_is_tried_again(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["paid", "speak", "0c1d-s", "--store", str(tmp_path / "bot.sqlite3")]) == 0
    assert capsys.readouterr().out == "0c1d-sc is spoken at the bot's next start\n"
    assert left(store) == [CHEER, SUPER_CHAT, GIFT]


def test_all_are_read(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for event in (CHEER, SUPER_CHAT, GIFT):
        assert dispatch(["paid", "done", event.id, "--store", str(tmp_path / "bot.sqlite3")]) == 0
    assert dispatch(["paid", "--store", str(tmp_path / "bot.sqlite3")]) == 0
    assert capsys.readouterr().out.endswith("\nevery paid message has been read\n")


def test_what_blocked_viewers_paid_for_is_held(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.keep_viewer(Viewer("bilibili:2", "小明", blocked=True))
    place = ("--store", str(tmp_path / "bot.sqlite3"))
    assert dispatch(["paid", *place]) == 0
    states = [line.split("  ")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert states == ["unread", "held", "held"]
    assert dispatch(["paid", "speak", "g1", *place]) == 1
    assert "g1 is held, for who paid for it is blocked: unblock them" in capsys.readouterr().err
    assert dispatch(["paid", "done", "g1", *place]) == 0
    assert left(store) == [CHEER]


def test_a_bot_that_runs_may_have_it_on_its_tongue(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--store", str(tmp_path / "bot.sqlite3"))
    assert dispatch(["paid", "done", "g1", *place]) == 0
    assert capsys.readouterr().out == "g1 counts as read; the bot that runs now may still say it\n"
    store.close()
    assert dispatch(["paid", "done", "0c1d-cheer", *place]) == 0
    assert capsys.readouterr().out == "0c1d-cheer counts as read\n"


def test_what_cannot_be_decoded_is_listed(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = Store(tmp_path / "bot.sqlite3", lambda event: {"of": "another version"}, from_json)
    strange.add(Gift(source="twitch", channel="c", id="s", author=Author("1", "Alice"), gift="x"))
    strange.close()
    assert dispatch(["paid", "--store", str(tmp_path / "bot.sqlite3")]) == 0
    assert "unread    s  twitch/c  cannot be read: another version" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["speak"], 2, r"name a message: python -m bot paid speak ID"),
        (["list", "g1"], 2, r"list names no message"),
        (["done", "0c1d"], 1, r"2 paid messages begin with 0c1d: give more of the id"),
        (["done", "nothing"], 1, r"no unread paid message is called nothing"),
        (["sing"], 2, r"invalid choice"),
    ],
)
def test_what_cannot_be_done(
    words: list[str],
    code: int,
    sentence: str,
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert dispatch(["paid", *words, "--store", str(tmp_path / "bot.sqlite3")]) == code
    assert re.search(sentence, capsys.readouterr().err)
    assert left(store) == [CHEER, GIFT]


def test_a_store_that_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    assert dispatch(["paid", "--store", str(tmp_path / "folder")]) == 1
    assert re.search(r"cannot be opened .*; name another one with --store FILE", capsys.readouterr().err)


def test_the_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["paid", "--help"]) == 0
    assert "python -m bot paid speak" in capsys.readouterr().out
