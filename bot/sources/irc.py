"""Reads one line of IRC with message tags (IRCv3), as Twitch sends it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 16 * 1024  # bytes; the protocol allows 8 KiB of tags and Twitch some 2 KiB of message

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n"}


class MalformedLine(ValueError):
    """A line is no IRC line. `kind` is one of a small set, for counting."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class IrcLine:
    """`@tags :prefix COMMAND params… :last param`, without the marks."""

    command: str  # upper case, or three digits
    params: tuple[str, ...] = ()
    prefix: str = ""  # nick!user@host, or a server's name
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """Who sent it: a login; "" for a server."""
        nick, mark, _ = self.prefix.partition("!")
        return nick if mark else ""


def split_frame(data: bytes) -> list[bytes]:
    """The lines of one WebSocket message, which may hold several."""
    return [line for line in (part.rstrip(b"\r") for part in data.split(b"\n")) if line]


def unescape(value: str) -> str:
    r"""A tag's value: `\:` is a semicolon, `\s` a space; before anything else the backslash is dropped."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: _UNESCAPED.get(match[1], match[1]), value)


def parse_tags(text: str) -> dict[str, str]:
    """`a=1;b=two\\swords;c` -> {"a": "1", "b": "two words", "c": ""}; the last of equal keys counts."""
    tags = {}
    for part in text.split(";"):
        key, _, value = part.partition("=")
        if key:
            tags[key] = unescape(value) if "\\" in value else value
    return tags


def parse(line: bytes | str) -> IrcLine:
    """Reads one line, with or without its end. Raises MalformedLine and nothing else."""
    if len(line) > LONGEST:
        raise MalformedLine("too long")
    if isinstance(line, bytes):
        try:
            line = line.decode()
        except UnicodeDecodeError:
            raise MalformedLine("not UTF-8") from None
    line = line.rstrip("\r\n")
    if "\n" in line or "\r" in line or "\0" in line:
        raise MalformedLine("control character")
    tags: dict[str, str] = {}
    if line.startswith("@"):
        raw, _, line = line.partition(" ")
        tags = parse_tags(raw[1:])
        line = line.lstrip(" ")
    prefix = ""
    if line.startswith(":"):
        prefix, _, line = line.partition(" ")
        prefix = prefix[1:]
    head, colon, last = line.partition(" :")
    words = [word for word in head.split(" ") if word]
    if not words:
        raise MalformedLine("no command")
    command = words[0]
    if not (command.isascii() and (command.isalpha() or (command.isdigit() and len(command) == 3))):
        raise MalformedLine("no command")
    params = (*words[1:], last) if colon else tuple(words[1:])
    return IrcLine(command.upper(), params, prefix, tags)
