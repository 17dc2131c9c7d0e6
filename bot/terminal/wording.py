"""Feed entries in words: the parts that the live view and the plain lines share."""

from __future__ import annotations

from bot.messages import (
    ChatEvent,
    ChatMessage,
    Gift,
    Interaction,
    Notice,
    Raid,
    Redemption,
    Retraction,
    RetractionScope,
    State,
    Subscription,
    SuperChat,
    Worth,
    author_of,
)

STATES = {
    State.STARTING: "starting",
    State.READY: "ready",
    State.WAITING: "waiting",
    State.FAILED: "stopped",
}


def printable(text: str, limit: int = 200) -> str:
    """Text from strangers on one line of a terminal: no control characters, no direction marks, bounded."""
    shown = "".join(character if character.isprintable() else " " for character in text[: limit * 2])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def who(event: ChatEvent) -> str:
    author = author_of(event)
    return printable(author.name, 24) if author else ""


def what(event: ChatEvent) -> str:
    match event:
        case ChatMessage(worth=worth):
            return f"{_paid(worth)} {printable(event.text)}".lstrip()
        case SuperChat(text=text, worth=worth):
            return f"{_paid(worth)} {printable(text)}"
        case Redemption(reward=reward, text=text):
            return f"[{printable(reward, 40)}] {printable(text)}".rstrip()
        case Interaction(kind=kind, count=count):
            return f"({kind.value}{f' × {count}' if count > 1 else ''})"
        case Gift(gift=gift, count=count, worth=worth):
            return f"gives {count} × {printable(gift)} {_paid(worth)}".rstrip()
        case Subscription(months=months, text=text):
            return f"subscribed, month {months}. {printable(text)}".rstrip()
        case Raid(viewers=viewers):
            return f"raids with {viewers} viewers"
        case Notice(text=text):
            return printable(text)
        case Retraction(scope=RetractionScope.ALL):
            return "the chat was cleared"
        case Retraction(scope=RetractionScope.USER):
            return "somebody's messages were deleted"
        case Retraction():
            return "a message was deleted"


def _paid(worth: Worth | None) -> str:
    return f"[{worth.amount:g} {printable(worth.currency, 12)}]" if worth and worth.amount else ""
