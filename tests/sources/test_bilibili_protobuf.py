"""The decoder of the protobufs in some commands."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.bilibili_fields import MalformedCommand
from bot.sources.bilibili_protobuf import fields, message, number, repeated, string, unpack
from tests.fakes.bilibili_commands import pb


def test_numbers_texts_and_messages() -> None:
    data = pb((1, 150), (2, "小明"), (10, pb((1, 1))), (10, pb((1, 2))), (300, 2**63 - 1))
    read = message(data)
    assert (number(read, 1), string(read, 2), number(read, 300)) == (150, "小明", 2**63 - 1)
    assert [number(message(part), 1) for part in repeated(data, 10)] == [1, 2]
    assert (number(read, 7), string(read, 7)) == (0, "")
    assert message(None) == {}


def test_fixed_numbers_are_passed_over() -> None:
    data = bytes([1 << 3 | 1, *range(8), 2 << 3 | 5, *range(4), 3 << 3, 9])
    assert number(message(data), 3) == 9


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",  # no value
        b"\x80" * 11,  # a number without end
        b"\x0a\x05abc",  # a length that lies
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0b",  # a group
        b"\x0d\x01",  # half a fixed number
    ],
)
def test_what_is_no_protobuf(data: bytes) -> None:
    with pytest.raises(MalformedCommand):
        list(fields(data))


@pytest.mark.parametrize("value", [None, 5, "*", "a", "é", "A" * 100_000])
def test_what_is_no_base64(value: object) -> None:
    with pytest.raises(MalformedCommand):
        unpack(value)


@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    assert unpack(base64.b64encode(data).decode()) == data
    with suppress(MalformedCommand):
        read = message(data)
        number(read, 1)
        string(read, 2)
        repeated(data, 10)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 2**63 - 1) | st.text(max_size=20)), max_size=10)
)
def test_what_is_written_is_read(values: list[tuple[int, int | str]]) -> None:
    expected = [(field, value.encode() if isinstance(value, str) else value) for field, value in values]
    assert list(fields(pb(*values))) == expected
