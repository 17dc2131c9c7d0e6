"""Events kept in a file and read again: equal, in rhythm, whatever happened to the file or the disk."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Gift,
    Notice,
    Raid,
    Retraction,
    RetractionScope,
    Role,
    SourceState,
    State,
    Subscription,
    Worth,
)
from bot.sources.connection import keep
from bot.sources.errors import SourceFailed
from bot.sources.event_json import from_json, to_json
from bot.sources.recording import Recorder, RecordingError, encode_line, read_recording
from bot.sources.replay import DEMO, Replay
from tests.sources.conftest import VirtualTime

HEADER = encode_line({"recording": 1, "started": "2026-01-31T12:00:00+00:00"})

WRONG: list[dict[str, object]] = [
    {"t": "1"},
    {"t": True},
    {"t": 1e300},
    {"id": 1},
    {"author": "A"},
    {"author": {"id": "1"}},
    {"fragments": "x"},
    {"fragments": [{"text": "x", "kind": "laugh"}]},
    {"sent_at": 10**400},
    {"action": 1},
    {"worth": []},
]

text = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)  # lone surrogates too
finite = st.floats(allow_nan=False, allow_infinity=False)
author = st.builds(Author, id=text, name=text, login=text, roles=st.frozensets(st.sampled_from(Role)))
worth = st.none() | st.builds(Worth, amount=finite, currency=text)
common = {"source": text, "channel": text, "id": text, "sent_at": finite}
fragment = st.builds(Fragment, text=text, kind=st.sampled_from(FragmentKind))
any_event: st.SearchStrategy[ChatEvent] = st.one_of(
    st.builds(
        ChatMessage,
        **common,
        author=author,
        fragments=st.lists(fragment, max_size=4).map(tuple),
        worth=worth,
        action=st.booleans(),
        origin=text,
    ),
    st.builds(Gift, **common, author=author, gift=text, count=st.integers(), worth=worth),
    st.builds(Subscription, **common, author=author, months=st.integers(), text=text, worth=worth),
    st.builds(Raid, **common, author=author, viewers=st.integers()),
    st.builds(Retraction, **common, scope=st.sampled_from(RetractionScope), target=text),
    st.builds(Notice, **common, text=text, author=st.none() | author),
)


def message(said: str = "hi", id_: str = "1") -> ChatMessage:
    return ChatMessage(
        source="twitch", channel="dallas", id=id_, author=Author("9", "小明"), fragments=(Fragment(said),)
    )


@given(any_event)
@example(message("\ud83d\ude00"))  # two surrogates that are not one emoji
@example(message("\u2028\x85\r\n\0"))
def test_an_event_comes_back_equal(event: ChatEvent) -> None:
    line = encode_line({"t": 1.5, **to_json(event)})
    assert line.count(b"\n") == 1
    assert list(read_recording([HEADER, line])) == [(1.5, event)]


@given(
    st.recursive(
        st.none() | st.booleans() | finite | st.integers() | text,
        lambda j: st.lists(j) | st.dictionaries(text, j),
    ),
    st.sampled_from(list(to_json(message()))),
)
def test_any_value_in_any_field_is_read_or_refused(value: object, field: str) -> None:
    try:
        event = from_json({**to_json(message()), field: value})
    except ValueError:
        return
    assert from_json(to_json(event)) == event


def test_recorder(tmp_path: Path, time: VirtualTime) -> None:
    path = tmp_path / "evenings" / "chat.jsonl"
    recorder = Recorder(path, clock=time.clock)
    time.now += 2.5
    recorder.write(replace(message(), received_at=123.0))
    assert list(read_recording(path)) == [(2.5, message())]  # there before it is closed
    header, line = path.read_text("utf-8").splitlines()
    assert json.loads(header)["recording"] == 1
    assert "小明" in line
    recorder.close()
    recorder.write(message())
    assert len(list(read_recording(path))) == 1


def test_a_second_run_appends_and_goes_on_from_the_first(tmp_path: Path, time: VirtualTime) -> None:
    path = tmp_path / "chat.jsonl"
    for id_ in ("1", "2"):
        recorder = Recorder(path, clock=time.clock)
        time.now += 10
        recorder.write(message(id_=id_))
        recorder.close()
        with path.open("ab") as file:
            file.write(b'{"t": 12, "type": "mess')  # killed in the middle of a line
    bad: list[int] = []
    assert [(t, e.id) for t, e in read_recording(path, on_malformed=bad.append)] == [(10, "1"), (20, "2")]
    assert len(bad) == 2


def test_a_full_disk_is_told_once_and_the_bot_goes_on() -> None:
    told: list[str] = []
    recorder = Recorder("/dev/full", on_trouble=told.append)
    for _ in range(3):
        recorder.write(message())
    recorder.close()
    assert told == ["recording to /dev/full has stopped: the disk is full"]


def test_a_file_that_cannot_be_begun(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot record to"):
        Recorder(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"t": 1}',
        b'{"t": 1, "type": "message"}',
        b'{"t": 1, "type": []}',
        b'{"t": -1, "type": "raid"}',
        b'{"t": NaN, "type": "raid"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
        *(encode_line({"t": 1, **to_json(message()), **change}) for change in WRONG),
    ],
)
def test_a_malformed_line_is_skipped_and_counted(line: bytes) -> None:
    good = encode_line({"t": 1, **to_json(message())})
    bad: list[int] = []
    lines = [HEADER, line, b"\n", good]
    assert list(read_recording(lines, on_malformed=bad.append)) == [(1, message())]
    assert bad == [2]


def test_unknown_keys_are_ignored() -> None:
    line = encode_line({"t": 0, **to_json(message()), "mood": "good"})
    assert list(read_recording([HEADER, line])) == [(0, message())]


@pytest.mark.parametrize(
    "lines", [[], [b"hello\n"], [b"\n"], [b"\x89PNG\r\n"], [encode_line({"t": 1, **to_json(message())})]]
)
def test_what_is_no_recording(lines: list[bytes]) -> None:
    with pytest.raises(RecordingError, match="no recording"):
        list(read_recording(lines))


def test_a_newer_recording() -> None:
    with pytest.raises(RecordingError, match="newer version"):
        list(read_recording([encode_line({"recording": 2})]))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(RecordingError, match="cannot read the recording"):
            list(read_recording(path))


async def replayed(source: Replay) -> list[ChatEvent]:
    return [event async for event in source.events() if not isinstance(event, SourceState)]


def lines(*seconds: float) -> list[bytes]:
    return [HEADER, *(encode_line({"t": t, **to_json(message(id_=str(t)))}) for t in seconds)]


@pytest.mark.parametrize(
    ("speed", "expected"), [(1.0, [0.5, 2.0, 2.0, 10.0]), (2.0, [0.25, 1.0, 1.0, 5.0]), (math.inf, [0.0] * 4)]
)
async def test_rhythm(time: VirtualTime, speed: float, expected: list[float]) -> None:
    start = time.now
    source = Replay(lines(0.5, 2.0, 2.0, 10.0), speed=speed, clock=time.clock, sleep=time.sleep)
    events = await replayed(source)
    assert [event.received_at - start for event in events] == pytest.approx(expected)
    assert [(event.source, event.channel) for event in events] == [("twitch", "dallas")] * 4


async def test_a_slow_listener_does_not_add_to_the_rhythm(time: VirtualTime) -> None:
    start = time.now
    at = []
    async for event in Replay(lines(1.0, 2.0, 10.0), clock=time.clock, sleep=time.sleep).events():
        if not isinstance(event, SourceState):
            at.append(event.received_at - start)
            time.now += 3
    assert at == pytest.approx([1.0, 4.0, 10.0])


async def test_limit_reads_no_further(time: VirtualTime) -> None:
    def endless() -> object:
        yield HEADER
        while True:
            yield lines(1.0)[1]

    source = Replay(endless(), limit=3, clock=time.clock, sleep=time.sleep)  # type: ignore[arg-type]
    assert len(await replayed(source)) == 3


async def test_replay_counts_malformed_lines(time: VirtualTime) -> None:
    source = Replay([HEADER, b"oops\n", *lines(1.0)[1:]], clock=time.clock, sleep=time.sleep)
    assert len(await replayed(source)) == 1
    assert source.malformed == 1


async def test_replay_is_a_source(tmp_path: Path, time: VirtualTime) -> None:
    events = [event async for event in keep(Replay(DEMO, limit=2, clock=time.clock, sleep=time.sleep))]
    assert [event.state for event in events if isinstance(event, SourceState)] == [
        State.STARTING,
        State.READY,
    ]
    assert len(events) == 4
    with pytest.raises(SourceFailed, match="cannot read the recording"):
        await replayed(Replay(tmp_path / "none.jsonl"))
    with pytest.raises(ValueError, match="speed"):
        Replay(DEMO, speed=0)


def test_the_demo() -> None:
    bad: list[int] = []
    entries = list(read_recording(DEMO, on_malformed=bad.append))
    assert not bad
    times = [t for t, _ in entries]
    assert times == sorted(times)
    assert 210 <= times[-1] <= 270
    events = [event for _, event in entries]
    assert len({event.id for event in events}) == len(events) >= 90
    kinds = Counter(type(event) for event in events)
    assert kinds[ChatMessage] >= 80
    assert set(kinds) == {ChatMessage, Gift, Subscription, Raid, Retraction, Notice}
    assert {event.source for event in events} == {"twitch", "bilibili"}
    messages = [event for event in events if isinstance(event, ChatMessage)]
    assert {f.kind for m in messages for f in m.fragments} == set(FragmentKind)
    assert {m.worth.currency for m in messages if m.worth} == {"bits", "CNY"}
    assert {role for m in messages for role in m.author.roles} == set(Role) - {Role.FOLLOWER}
    said = {event.id for event in messages}
    people = {m.author.id for m in messages}
    retractions = [event for event in events if isinstance(event, Retraction)]
    assert {r.scope for r in retractions} == {RetractionScope.MESSAGE, RetractionScope.USER}
    assert all(r.target in said | people for r in retractions)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RecordingError, match="no file but a pipe"):
        list(read_recording(pipe))
