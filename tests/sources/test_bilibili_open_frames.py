"""The framing once more, with frames written out apart from the bot's: bounds on time and on count."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from functools import partial

import brotli  # type: ignore[import-untyped]  # it carries no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.bilibili_frames import MAX_BODY, MAX_FRAME, MAX_PACKETS, Operation, Packet, pack, packets
from tests.fakes.bilibili_open_commands import brotlied, packet, zlibbed

A, B = packet(b"aa"), packet(b"bb")


def test_pack() -> None:
    assert pack(Operation.AUTH, b"{}") == bytes.fromhex("00000012 0010 0001 00000007 00000001") + b"{}"
    assert packets(pack(Operation.HEARTBEAT), Counter()) == [Packet(Operation.HEARTBEAT, b"")]


@pytest.mark.parametrize("version", [2, 3])
def test_a_thousand_bombs_cost_little_time(version: int) -> None:
    compress = zlib.compress if version == 2 else partial(brotli.compress, quality=1)
    # Each by itself stays below the measure, together they do not.
    small = packet(compress(packet(b"\0" * (MAX_BODY // 2))), version=version)
    frame = small * min(1000, MAX_FRAME // len(small))
    malformed: Counter[str] = Counter()
    started = time.process_time()
    packets(frame, malformed)
    assert malformed["bomb"] == 1
    assert time.process_time() - started < 1


def test_a_million_empty_packets_are_too_many() -> None:
    malformed: Counter[str] = Counter()
    assert len(packets(zlibbed(packet(b"") * (MAX_PACKETS + 5)), malformed)) == MAX_PACKETS
    assert malformed["too many packets"] == 1


any_packet = st.builds(
    lambda body, version, operation, length: packet(
        body, version=version, operation=operation, length=length
    ),
    st.binary(max_size=40) | st.binary(max_size=40).map(zlib.compress) | st.just(brotli.compress(A + B)),
    st.integers(0, 5),
    st.integers(0, 9),
    st.none() | st.integers(1, 100) | st.integers(1, 2**32 - 1),
)


@given(st.binary(max_size=200) | st.lists(any_packet | st.binary(max_size=20), max_size=6).map(b"".join))
def test_any_bytes_are_packets_or_counted(data: bytes) -> None:
    assert all(len(one.body) <= MAX_BODY for one in packets(data, Counter()))


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=20), st.booleans())
def test_what_is_packed_comes_back(bodies: list[bytes], small: bool) -> None:
    wrap = zlibbed if small else brotlied
    found = packets(wrap(*(packet(body) for body in bodies)), Counter())
    assert [one.body for one in found] == bodies
