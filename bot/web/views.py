"""What the pages see of an event or an utterance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.messages import (
    ChatEvent,
    ChatMessage,
    Gift,
    Interaction,
    Notice,
    Raid,
    Redemption,
    Retraction,
    Subscription,
    SuperChat,
    Utterance,
    Worth,
    author_of,
    worth_of,
)
from bot.panel import HeldEvent
from bot.web.shapes import (
    HeldItem,
    Item,
    Paid,
    RankName,
    Written,
)

_KINDS: dict[type[ChatEvent], str] = {
    ChatMessage: "message",
    SuperChat: "super_chat",
    Redemption: "redemption",
    Interaction: "interaction",
    Gift: "gift",
    Subscription: "subscription",
    Raid: "raid",
    Retraction: "retraction",
    Notice: "notice",
}
_RANKS: tuple[RankName, ...] = ("viewer", "subscriber", "moderator", "paid")
_LONGEST = 2000  # characters of what somebody typed
_LONGEST_NAME = 100


class Views:
    """`seconds` estimates an utterance; `epoch` turns monotonic seconds into seconds since the epoch."""

    def __init__(self, seconds: Callable[[Utterance], float], epoch: Callable[[float], float]) -> None:
        self._seconds = seconds
        self._epoch = epoch

    def written(self, event: ChatEvent) -> Written:
        return Written(**self._of_event(event))

    def held(self, held: HeldEvent) -> HeldItem:
        return HeldItem(**self._of_event(held.event), id=held.id)

    def item(self, utterance: Utterance) -> Item:
        return Item(**self._of_utterance(utterance))

    def fields(self, event: ChatEvent | None, utterance: Utterance | None) -> dict[str, Any]:
        """An Item's fields, but for `ready_at`; of an event that was refused there is no utterance."""
        if utterance is not None:
            return {**self._of_utterance(utterance), "ready_at": None}
        assert event is not None
        none = {"id": "", "text": "", "voice": "", "speed": 1.0, "rank": "viewer", "seconds": 0.0}
        return {**self._of_event(event), **none, "ready_at": None}

    def _of_utterance(self, utterance: Utterance) -> dict[str, Any]:
        held = utterance.not_before > utterance.received_at
        return {
            **(self._of_event(utterance.event) if utterance.event else _own(utterance)),
            "at": round(self._epoch(utterance.received_at), 3),
            "id": utterance.id,
            "text": clean(utterance.text),
            "voice": utterance.voice,
            "speed": utterance.speed,
            "rank": _RANKS[utterance.rank],
            "seconds": round(self._seconds(utterance), 2),
            "ready_at": round(self._epoch(utterance.not_before), 3) if held else None,
        }

    def _of_event(self, event: ChatEvent) -> dict[str, Any]:
        author = author_of(event)
        return {
            "at": round(self._epoch(event.received_at), 3),
            "platform": clean(event.source),
            "channel": clean(event.channel),
            "event": clean(event.id),
            "kind": _KINDS[type(event)],
            "name": clean(author.name, _LONGEST_NAME) if author else "",
            "viewer": clean(f"{event.source}:{author.id}") if author else "",
            "roles": sorted(role.value for role in author.roles) if author else [],
            "written": clean(typed(event)),
            "paid": _paid(worth_of(event)),
        }


def typed(event: ChatEvent) -> str:
    """What somebody wrote, or did."""
    match event:
        case ChatMessage(text=text) | SuperChat(text=text) | Subscription(text=text) | Notice(text=text):
            return text
        case Redemption(reward=reward, text=text):
            return f"[{reward}] {text}".rstrip()
        case Gift(gift=gift, count=count):
            return f"{count} × {gift}"
        case Interaction(kind=kind, count=count):
            return f"{kind.value} × {count}" if count > 1 else kind.value
        case Raid(viewers=viewers):
            return str(viewers)
        case Retraction():
            return ""


def clean(text: str, most: int = _LONGEST) -> str:
    """Text that is sure to be UTF-8, of at most `most` characters; what it means is for the page to guard."""
    return text[:most].encode("utf-8", "replace").decode("utf-8")


def _own(utterance: Utterance) -> dict[str, Any]:
    nobody = dict.fromkeys(("platform", "channel", "event", "name", "viewer"), "")
    return {**nobody, "kind": "own", "roles": [], "written": clean(utterance.text), "paid": None}


def _paid(worth: Worth | None) -> Paid | None:
    return Paid(amount=worth.amount, currency=worth.currency) if worth and worth.amount > 0 else None
