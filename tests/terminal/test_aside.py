"""A view that goes on while nobody reads it, over real pipes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from bot.terminal.aside import Aside

LINE = "x" * 999 + "\n"
FULL = 200  # lines: more than a pipe holds


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    reader, writer = os.pipe()
    with os.fdopen(reader) as read, os.fdopen(writer, "w") as written:
        yield read, written


def reading(read: TextIO, lines: int, into: list[str]) -> threading.Thread:
    thread = threading.Thread(target=lambda: into.extend(read.readline() for _ in range(lines)))
    thread.start()
    return thread


def test_what_nobody_reads_yet_waits_and_comes_in_order(pipe: tuple[TextIO, TextIO]) -> None:
    read, written = pipe
    out = Aside(written)
    wanted = [f"{number}{LINE}" for number in range(FULL)]
    for line in wanted:
        out.write(line)
    came: list[str] = []
    reader = reading(read, FULL, came)
    out.finish()
    reader.join()
    assert (came, out.lost) == (wanted, 0)


def test_only_so_much_waits(pipe: tuple[TextIO, TextIO]) -> None:
    read, written = pipe
    out = Aside(written, most=20)
    for _ in range(FULL):
        out.write(LINE)
    assert out.lost > 0
    came: list[str] = []
    reader = reading(read, FULL - out.lost, came)
    out.finish()
    reader.join()
    assert set(came) == {LINE}


def test_a_reader_that_has_gone_is_no_trouble() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    written = os.fdopen(writer, "w")
    out = Aside(written)
    for _ in range(3):
        out.write(LINE)
    out.finish()
    assert out.lost == 0
    with pytest.raises(BrokenPipeError):
        written.close()


def test_it_is_what_it_writes_to(pipe: tuple[TextIO, TextIO]) -> None:
    _, written = pipe
    out = Aside(written)
    assert (out.encoding, out.isatty(), out.fileno(), out.writable()) == (
        written.encoding,
        False,
        written.fileno(),
        True,
    )
    out.finish()
