"""Frames of every kind, and those that lie: what contradicts itself costs itself and is counted."""

from __future__ import annotations

import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # it carries no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.bilibili_frames import HEADER, MAX_BODY, MAX_PACKETS, Operation, packets
from tests.fakes.bilibili_commands import (
    AUTH_REPLY,
    BROTLI,
    CONTROL,
    MESSAGE,
    ZLIB,
    brotli_frame,
    encode,
    glued,
    heartbeat_reply,
    packet,
    plain_frame,
    zlib_frame,
)

COMMANDS = [{"cmd": "A"}, {"cmd": "B", "data": "你好"}, {"cmd": "C"}]
FRAMES = (plain_frame, zlib_frame, brotli_frame)
BODIES = [encode(command) for command in COMMANDS]


def read(data: bytes) -> tuple[list[bytes], dict[str, int]]:
    malformed: Counter[str] = Counter()
    return [packet.body for packet in packets(data, malformed)], malformed


@pytest.mark.parametrize("frame", FRAMES)
def test_every_kind_of_frame_holds_the_same(frame: Callable[[list[dict[str, str]]], bytes]) -> None:
    assert read(frame(COMMANDS)) == (BODIES, {})
    assert read(frame(COMMANDS[:1])) == (BODIES[:1], {})


def test_kinds_may_be_glued_together() -> None:
    data = brotli_frame(COMMANDS) + zlib_frame(COMMANDS[:1]) + plain_frame(COMMANDS[:1])
    assert read(data) == ([*BODIES, BODIES[0], BODIES[0]], {})


def test_a_heartbeats_answer_states_too_small_a_length() -> None:
    malformed: Counter[str] = Counter()
    (answer,) = packets(heartbeat_reply(b"{}", 7), malformed)
    assert (answer.operation, answer.body) == (Operation.HEARTBEAT_REPLY, b"\0\0\0\x07")
    assert not malformed


def test_the_answer_to_the_authentication() -> None:
    (answer,) = packets(packet(b'{"code":0}', AUTH_REPLY, CONTROL), Counter())
    assert (answer.operation, answer.body) == (Operation.AUTH_REPLY, b'{"code":0}')


BOMB = b"\0" * (8 * MAX_BODY)
GOOD = packet(BODIES[0])


@pytest.mark.parametrize(
    ("data", "kind", "left"),
    [
        (GOOD[:9], "half a header", 0),
        (GOOD + GOOD[:-1], "length", 1),
        (GOOD + packet(b"x", length=0) + GOOD, "length", 1),
        (GOOD + packet(b"x", length=15), "length", 1),
        (GOOD + packet(b"x", length=2**32 - 1), "length", 1),
        (HEADER.pack(20, 24, 0, MESSAGE, 0) + b"abcd", "length", 0),
        (GOOD + packet(b"x", version=9) + GOOD, "version", 2),
        (packet(b"\xff" * 40, version=BROTLI) + GOOD, "not compressed", 1),
        (packet(b"\xff" * 40, version=ZLIB) + GOOD, "not compressed", 1),
        (packet(b"", version=BROTLI) + GOOD, "cut short", 1),
        (packet(zlib.compress(glued(COMMANDS))[:-6], version=ZLIB) + GOOD, "cut short", 1),
        (packet(brotli.compress(glued(COMMANDS))[:-6], version=BROTLI) + GOOD, "cut short", 1),
        (packet(zlib.compress(BOMB), version=ZLIB) + GOOD, "bomb", 0),
        (packet(brotli.compress(BOMB, quality=1), version=BROTLI) + GOOD, "bomb", 0),
        (packet(zlib.compress(brotli_frame(COMMANDS)), version=ZLIB) + GOOD, "nested", 1),
        (packet(b"") * (MAX_PACKETS + 5), "too many packets", MAX_PACKETS),
    ],
)
def test_what_lies_costs_itself(data: bytes, kind: str, left: int) -> None:
    bodies, malformed = read(data)
    assert malformed == {kind: 1}
    assert len(bodies) == left


@pytest.mark.parametrize("version", [ZLIB, BROTLI])
def test_a_bomb_takes_a_bounded_memory(version: int) -> None:
    bomb = b"\0" * (256 * 1024 * 1024)
    data = zlib.compress(bomb, 1) if version == ZLIB else brotli.compress(bomb, quality=1)
    del bomb
    tracemalloc.start()
    try:
        assert read(packet(data, version=version)) == ([], {"bomb": 1})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * MAX_BODY


def test_many_small_bombs_share_one_limit() -> None:
    half = packet(zlib.compress(packet(b" " * (MAX_BODY * 2 // 3))), version=ZLIB)
    bodies, malformed = read(half * 50)
    assert (len(bodies), malformed) == (1, {"bomb": 1})


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    read(data)


@settings(max_examples=200)
@given(
    st.sampled_from(
        [plain_frame(COMMANDS), zlib_frame(COMMANDS), brotli_frame(COMMANDS), heartbeat_reply(b"{}")]
    ),
    st.integers(0, 200),
    st.binary(min_size=1, max_size=4),
)
def test_any_damage(frame: bytes, at: int, damage: bytes) -> None:
    at %= len(frame)
    read(frame[:at] + damage + frame[at + len(damage) :])
