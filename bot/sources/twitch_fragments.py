"""Cuts the text of a Twitch message into emotes, mentions, cheers and the text between them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.messages import Fragment, FragmentKind

Span = tuple[int, int]  # [start, end) in code points

# Logins only: a mention in another script has no end that can be told from the words after it ("@主播你好").
_MENTION = re.compile(r"(?<![A-Za-z0-9_.])@[A-Za-z0-9_]{2,25}(?![A-Za-z0-9_])")
_CHEER = re.compile(r"(?<!\S)([A-Za-z0-9]*[A-Za-z])([1-9][0-9]{0,6})(?!\S)")
LONGEST_EMOTE = 100  # also bounds the work that a long list of long ranges can ask for
_ACTION = "\x01ACTION "

# The cheermotes every channel has; a channel's own are told by their sum (see `_cheers`).
CHEERMOTES = frozenset(
    """
    cheer doodlecheer biblethump cheerwhal corgo uni showlove party seemsgood pride kappa frankerz heyguys
    dansgame elegiggle trihard kreygasm 4head swiftrage notlikethis failfish vohiyo pjsalt mrdestructoid bday
    ripcheer shamrock bitboss streamlabs muxy holidaycheer goal anon charity
    """.split()  # noqa: SIM905 - a list would take a line for each
)


def unwrap_action(text: str) -> tuple[str, bool]:
    """Takes "/me" apart: its text without the wrapper, and whether there was one."""
    if text.startswith(_ACTION):
        return text.removeprefix(_ACTION).removesuffix("\x01"), True
    return text, False


def emote_spans(tag: str, text: str) -> tuple[list[Span], int]:
    """The places that `25:0-4,12-16/1902:6-10` names, in order, and how many of them cannot be true.

    A range counts only if it lies in the text, holds no space, and overlaps none before it.
    """
    spans: list[Span] = []
    lies = 0
    for emote in filter(None, tag.split("/")):
        _, _, ranges = emote.partition(":")
        for place in ranges.split(","):
            first, _, last = place.partition("-")
            start, end = _offset(first), _offset(last) + 1
            possible = 0 <= start < end <= min(len(text), start + LONGEST_EMOTE)
            if possible and not any(c.isspace() for c in text[start:end]):
                spans.append((start, end))
            else:
                lies += 1
    spans.sort()
    apart: list[Span] = []
    for span in spans:
        if apart and span[0] < apart[-1][1]:
            lies += 1
        else:
            apart.append(span)
    return apart, lies


def _offset(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1


def reply_prefix(text: str, tags: Mapping[str, str]) -> int:
    """How many characters of a reply are the "@parent " that Twitch put before it."""
    if not tags.get("reply-parent-msg-id"):
        return 0
    for key in ("reply-parent-display-name", "reply-parent-user-login"):
        mark = f"@{tags.get(key, '').strip()} "
        if len(mark) > 2 and text[: len(mark)].casefold() == mark.casefold():
            return len(mark)
    return 0


def fragments(text: str, emotes: list[Span], *, bits: int = 0, start: int = 0) -> tuple[Fragment, ...]:
    """Cuts text[start:] at the emotes, and the text between them at cheers and mentions.

    The fragments' texts joined are text[start:] again.
    """
    found: list[Fragment] = []
    cheers = _cheers(text, bits) if bits else frozenset()
    at = start
    for first, end in emotes:
        if first < at:
            continue
        found += _words(text, at, first, cheers)
        found.append(Fragment(text[first:end], FragmentKind.EMOTE))
        at = end
    found += _words(text, at, len(text), cheers)
    return tuple(found)


def _cheers(text: str, bits: int) -> frozenset[Span]:
    """Every word like `Name100` if together they make up `bits`, else those whose name is known."""
    candidates = list(_CHEER.finditer(text))
    if sum(int(match[2]) for match in candidates) != bits:
        candidates = [match for match in candidates if match[1].lower() in CHEERMOTES]
    return frozenset(match.span() for match in candidates)


def _words(text: str, start: int, end: int, cheers: frozenset[Span]) -> Iterator[Fragment]:
    """text[start:end] holds no emote."""
    marks = [(match.span(), FragmentKind.MENTION) for match in _MENTION.finditer(text, start, end)]
    marks += [(span, FragmentKind.CHEER) for span in cheers if start <= span[0] and span[1] <= end]
    at = start
    for (first, last), kind in sorted(marks):
        if first > at:
            yield Fragment(text[at:first])
        yield Fragment(text[first:last], kind)
        at = last
    if end > at:
        yield Fragment(text[at:end])
