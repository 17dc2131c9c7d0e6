"""Measures what one core parses: frames and lines as the platforms send them -> chat events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.bench import chat_lines, platforms
from bot.sources.bilibili_events import BilibiliEvents
from bot.sources.bilibili_frames import packets
from bot.sources.bilibili_open_events import OpenEvents
from bot.sources.irc import parse, split_frame
from bot.sources.twitch_events import TwitchEvents

_BATCH = 40  # danmaku in a frame
_FRAMES = 250


def _rate(frames: Sequence[bytes], read: Callable[[bytes], int]) -> float:
    """Events a second of this thread's processor time. Raises RuntimeError if any is lost."""
    read(frames[0])  # warm
    started = time.thread_time()
    events = sum(read(frame) for frame in frames[1:])
    taken = time.thread_time() - started
    if events != (len(frames) - 1) * _BATCH:
        raise RuntimeError(f"{(len(frames) - 1) * _BATCH} messages became {events} events")
    return events / taken


def _frames(make: Callable[[int], dict[str, Any]]) -> list[bytes]:
    return [
        platforms.frame([make(first + number) for number in range(_BATCH)])
        for first in range(0, _FRAMES * _BATCH, _BATCH)
    ]


def bilibili() -> float:
    events = BilibiliEvents(str(chat_lines.ROOM), time.monotonic)

    def read(frame: bytes) -> int:
        return sum(len(events.read(packet.body)) for packet in packets(frame, events.malformed))

    return _rate(_frames(chat_lines.danmaku), read)


def open_live() -> float:
    events = OpenEvents(time.monotonic, room=str(chat_lines.ROOM))

    def read(frame: bytes) -> int:
        commands = (json.loads(packet.body) for packet in packets(frame, events.malformed))
        return sum(len(events.events(command["cmd"], command)) for command in commands)

    return _rate(_frames(chat_lines.open_danmaku), read)


def twitch() -> float:
    events = TwitchEvents("bench", time.monotonic)
    frames = [
        "".join(f"{chat_lines.line(first + number)}\r\n" for number in range(_BATCH)).encode()
        for first in range(0, _FRAMES * _BATCH, _BATCH)
    ]

    def read(frame: bytes) -> int:
        return sum(events.event(parse(line)) is not None for line in split_frame(frame))

    return _rate(frames, read)
