"""Reads the JSON of a Twitch EventSub notification without trusting it: values, authors, fragments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.messages import Author, Fragment, FragmentKind
from bot.sources.twitch_events import roles

Table = Mapping[str, Any]

ANONYMOUS = Author(id="274598607", name="AnAnonymousGifter", login="ananonymousgifter")

_KINDS = {
    "text": FragmentKind.TEXT,
    "emote": FragmentKind.EMOTE,
    "gif": FragmentKind.EMOTE,
    "mention": FragmentKind.MENTION,
    "cheermote": FragmentKind.CHEER,
}
_ACTION = "\x01ACTION "


class MalformedNotification(Exception):
    """A notification that contradicts itself; `kind` is one of a small set."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def words(table: Table, key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def whole(table: Table, key: str, default: int = 0) -> int:
    """A whole number that is not negative and not absurd, or `default`."""
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**15:
        return default
    return value


def part(table: Table, key: str) -> Table:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def rows(table: Table, key: str) -> list[Table]:
    value = table.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def wall(stamp: str) -> float:
    """Seconds since the epoch of an RFC 3339 time (Twitch writes nanoseconds), or 0."""
    try:
        time = datetime.fromisoformat(stamp)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def author(event: Table, prefix: str) -> Author:
    """Whom `{prefix}_id`, `_login` and `_name` name, with what the badges beside them say."""
    who, login = words(event, f"{prefix}_id"), words(event, f"{prefix}_login")
    name = words(event, f"{prefix}_name").strip() or login
    if not who or not name:
        raise MalformedNotification("no author")
    badges = rows(event, "badges")
    worn = [badge for badge in (words(row, "set_id") for row in badges) if not set(badge) & {",", "/"}]
    return Author(
        id=who, name=name, login=login, roles=roles({"badges": ",".join(worn)}), months=_months(badges)
    )


def _months(badges: list[Table]) -> int:
    for badge in badges:
        months = words(badge, "info")
        subscribed = words(badge, "set_id") in ("subscriber", "founder")
        if subscribed and months.isascii() and months.isdigit() and len(months) <= 4:
            return int(months)
    return 0


def fragments(message: Table) -> tuple[list[Fragment], bool]:
    """What was typed, and whether it was typed as "/me …", whose wrapper is taken off.

    A message without fragments is its text. Fragments of a kind that is not known are text.
    """
    found = [
        Fragment(text, _KINDS.get(words(row, "type"), FragmentKind.TEXT))
        for row in rows(message, "fragments")
        if (text := words(row, "text"))
    ]
    if not found and (text := words(message, "text")):
        found = [Fragment(text)]
    action = words(message, "text").startswith(_ACTION)
    if found and found[0].text.startswith(_ACTION):
        action = True
        found[0] = Fragment(found[0].text.removeprefix(_ACTION), found[0].kind)
    if action and found:
        found[-1] = Fragment(found[-1].text.removesuffix("\x01"), found[-1].kind)
    return [fragment for fragment in found if fragment.text], action


def without_reply(found: list[Fragment], reply: Table) -> list[Fragment]:
    """`found` without the "@parent " that Twitch puts before a reply, as a mention or as text."""
    names = {words(reply, f"parent_user_{key}").strip().casefold() for key in ("login", "name")} - {""}
    if not found or not names:
        return found
    first, rest = found[0], found[1:]
    if first.kind is FragmentKind.MENTION and first.text.casefold().removeprefix("@") in names:
        if rest and rest[0].kind is FragmentKind.TEXT:
            rest[0] = Fragment(rest[0].text.removeprefix(" "))
        return [fragment for fragment in rest if fragment.text]
    if first.kind is FragmentKind.TEXT:
        for name in names:
            mark = f"@{name} "
            if first.text[: len(mark)].casefold() == mark:
                text = first.text[len(mark) :]
                return [Fragment(text), *rest] if text else rest
    return found
