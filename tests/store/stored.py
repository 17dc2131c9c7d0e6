"""Paid messages, and what a store tells the next run of them."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Author, ChatEvent, ChatMessage, Fragment, Gift, Worth
from bot.sources.event_json import from_json, to_json
from bot.store import Store

ROOT = Path(__file__).parents[2]


def paid(number: int, *, channel: str = "c", text: str = "你好 hello") -> ChatMessage:
    return ChatMessage(
        source="bilibili",
        channel=channel,
        id=f"m{number}",
        author=Author("1", "爱丽丝"),
        fragments=(Fragment(text),),
        worth=Worth(30, "CNY"),
    )


GIFT: ChatEvent = Gift(
    source="twitch", channel="c", id="g", author=Author("2", "Bob"), gift="x", count=3, worth=Worth(1, "bits")
)


def unread(path: Path) -> list[ChatEvent]:
    store = Store(path, to_json, from_json)
    try:
        return list(store.unread())
    finally:
        store.close()
