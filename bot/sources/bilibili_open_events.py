"""Tells what a message of the Open Live platform means: a command -> ChatEvents; pure but for counting.

Fields as in https://open-live.bilibili.com/document/f9ce25be-312e-1f4a-85fd-fef21f1637f8.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Fragment,
    FragmentKind,
    Gift,
    Interaction,
    InteractionKind,
    Medal,
    Notice,
    NoticeKind,
    Retraction,
    RetractionScope,
    Role,
    Subscription,
    SuperChat,
    Worth,
)
from bot.sources.bilibili_fields import JsonObject, MalformedCommand, integer, items
from bot.sources.bilibili_open_fields import flag, number, text
from bot.sources.bilibili_open_fragments import fragments
from bot.sources.connection import Clock
from bot.sources.event_fields import EventFields
from bot.sources.recent import Recent

log = logging.getLogger(__name__)

SOURCE = "bilibili"
PREFIX = "LIVE_OPEN_PLATFORM_"
INTERACTION_END = PREFIX + "INTERACTION_END"

_TIERS = {1: "captain", 2: "admiral", 3: "governor"}
_MONTHS = {"月": 1, "年": 12}  # what a guard is bought by; for anything else ("*3天") the number says nothing


class OpenEvents:
    """Reads the messages of one room, whose streamer is `owner` (an open_id).

    `malformed` counts by kind what could not be read.
    """

    def __init__(
        self, clock: Clock, malformed: Counter[str] | None = None, *, room: str = "", owner: str = ""
    ) -> None:
        self.malformed: Counter[str] = Counter() if malformed is None else malformed
        self.room = room
        self.owner = owner
        self._clock = clock
        self._unnamed = 0
        self._unknown = Recent(100)
        self._readers: dict[str, Callable[[JsonObject], list[ChatEvent]]] = {
            PREFIX + "DM": self._message,
            PREFIX + "DM_MIRROR": self._mirrored,
            PREFIX + "SUPER_CHAT": self._super_chat,
            PREFIX + "SUPER_CHAT_DEL": self._super_chats_gone,
            PREFIX + "SEND_GIFT": self._gift,
            PREFIX + "GUARD": self._guard,
            PREFIX + "LIKE": self._like,
            PREFIX + "LIVE_ROOM_ENTER": self._enter,
            PREFIX + "LIVE_START": self._live,
            PREFIX + "LIVE_END": self._ended,
        }

    def events(self, name: str, command: JsonObject) -> list[ChatEvent]:
        """What the message `name` means. Never raises: one that contradicts itself is counted."""
        read = self._readers.get(name)
        if read is None:
            if self._unknown.add(name):
                log.info("bilibili %s: unknown message %.80r is ignored", self.room, name)
            return []
        try:
            data = command.get("data")
            if not isinstance(data, dict):
                raise MalformedCommand("no data")
            return read(data)
        except MalformedCommand as bad:
            self.malformed[bad.kind] += 1
            return []

    def _common(self, data: JsonObject, id_: str = "") -> EventFields:
        id_ = id_ or text(data, "msg_id")
        if not id_:
            self._unnamed += 1
            id_ = f"unnamed-{self._unnamed}"
        return {
            "source": SOURCE,
            "channel": self.room,
            "id": id_,
            "sent_at": float(number(data, "timestamp")),
            "received_at": self._clock(),
        }

    def _author(self, data: JsonObject, who: JsonObject | None = None) -> Author:
        """`who` holds the name where the message puts it apart."""
        who = data if who is None else who
        uid = number(who, "uid")  # 0 since the platform gives out open_ids
        id_ = text(who, "open_id") or (str(uid) if uid else "")
        name = text(who, "uname").strip()
        if not id_ or not name:
            raise MalformedCommand("no author")
        guard = guard_rank(data)
        roles = set()
        if id_ == self.owner:
            roles.add(Role.BROADCASTER)
        if flag(data, "is_admin"):
            roles.add(Role.MODERATOR)
        if guard:
            roles.add(Role.SUBSCRIBER)
        return Author(
            id=id_,
            name=name,
            roles=frozenset(roles),
            guard=guard,
            level=number(data, "glory_level"),
            medal=_medal(data),
        )

    def _message(self, data: JsonObject, origin: str = "") -> list[ChatEvent]:
        said = text(data, "msg")
        if not said.strip():
            raise MalformedCommand("no text")
        if number(data, "dm_type") == 1:
            cut: tuple[Fragment, ...] = (Fragment(said, FragmentKind.EMOTE),)
        else:
            cut = fragments(said, text(data, "reply_uname"))
        return [ChatMessage(**self._common(data), author=self._author(data), fragments=cut, origin=origin)]

    def _mirrored(self, data: JsonObject) -> list[ChatEvent]:
        """A message of a linked room, whose number it may not tell."""
        room = number(data, "room_id")
        return self._message(data, str(room) if room and str(room) != self.room else "mirror")

    def _super_chat(self, data: JsonObject) -> list[ChatEvent]:
        # Its own number is what takes it back, and what a repetition has in common with it.
        number_ = number(data, "message_id")
        return [
            SuperChat(
                **self._common(data, f"superchat-{number_}" if number_ else ""),
                author=self._author(data),
                text=text(data, "message"),
                worth=Worth(float(number(data, "rmb")), "CNY"),
            )
        ]

    def _super_chats_gone(self, data: JsonObject) -> list[ChatEvent]:
        gone = [integer(id_) for id_ in items(data.get("message_ids"))]
        targets = [f"superchat-{id_}" for id_ in gone if id_ > 0]
        if not targets:
            raise MalformedCommand("no target")
        return [
            Retraction(
                **self._common(data, f"retraction-{target}"), scope=RetractionScope.MESSAGE, target=target
            )
            for target in targets
        ]

    def _gift(self, data: JsonObject) -> list[ChatEvent]:
        gift = text(data, "gift_name").strip()
        if not gift:
            raise MalformedCommand("no gift")
        count = max(1, number(data, "gift_num"))
        # r_price is what one cost, price what the list says; where `paid` is false either may be silver.
        each = number(data, "r_price" if "r_price" in data else "price") if flag(data, "paid") else 0
        return [
            Gift(
                **self._common(data),
                author=self._author(data),
                gift=gift,
                count=count,
                worth=_cny(each * count),
            )
        ]

    def _guard(self, data: JsonObject) -> list[ChatEvent]:
        who = data.get("user_info")
        rank = guard_rank(data)
        if not isinstance(who, dict) or not rank:
            raise MalformedCommand("guard")
        months = _MONTHS.get(text(data, "guard_unit") or "月", 0)
        count = max(1, number(data, "guard_num")) if months else 1
        return [
            Subscription(
                **self._common(data),
                author=self._author(data, who),
                months=max(1, months * count),
                tier=_TIERS[rank],
                worth=_cny(number(data, "price") * count),
            )
        ]

    def _like(self, data: JsonObject) -> list[ChatEvent]:
        count = max(1, number(data, "like_count"))
        return [self._interaction(data, InteractionKind.LIKE, count)]

    def _enter(self, data: JsonObject) -> list[ChatEvent]:
        return [self._interaction(data, InteractionKind.ENTRY)]

    def _interaction(self, data: JsonObject, kind: InteractionKind, count: int = 1) -> Interaction:
        return Interaction(**self._common(data), author=self._author(data), kind=kind, count=count)

    def _live(self, data: JsonObject) -> list[ChatEvent]:
        return [self._notice(data, NoticeKind.LIVE)]

    def _ended(self, data: JsonObject) -> list[ChatEvent]:
        return [self._notice(data, NoticeKind.ENDED)]

    def _notice(self, data: JsonObject, kind: NoticeKind) -> Notice:
        # The same moment told twice is one event, whatever msg_id the second one has.
        sent = number(data, "timestamp")
        return Notice(
            **self._common(data, f"{kind}-{sent}" if sent else ""), text=text(data, "title"), kind=kind
        )


def guard_rank(data: JsonObject) -> int:
    """0 none, 1 captain, 2 admiral, 3 governor: the platform counts the other way round."""
    level = number(data, "guard_level")
    return 4 - level if 1 <= level <= 3 else 0


def _medal(data: JsonObject) -> Medal | None:
    """The viewer's medal of this room, whether worn just now or not."""
    name, level = text(data, "fans_medal_name"), number(data, "fans_medal_level")
    return Medal(name, level, own=True) if name and level else None


def _cny(thousandths: int) -> Worth | None:
    return Worth(thousandths / 1000, "CNY") if thousandths else None
