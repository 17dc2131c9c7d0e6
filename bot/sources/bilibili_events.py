"""Tells what a command of Bilibili's chat means: JSON -> ChatEvents; what it cannot read is counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Interaction,
    InteractionKind,
    Notice,
    NoticeKind,
    Retraction,
    RetractionScope,
    SuperChat,
    Worth,
)
from bot.sources import bilibili_protobuf as protobuf
from bot.sources.bilibili_authors import Place, author, data_author, hashed
from bot.sources.bilibili_danmu import danmu
from bot.sources.bilibili_fields import JsonObject, MalformedCommand, first, integer, items, loads, obj, text
from bot.sources.bilibili_gifts import GiftMerger
from bot.sources.bilibili_paid import GiftPart, gift_of, gifts_of_v2, guard_of
from bot.sources.connection import Clock
from bot.sources.event_fields import EventFields
from bot.sources.recent import Recent

log = logging.getLogger(__name__)

SOURCE = "bilibili"
MIRROR = "mirror"  # the origin of a mirrored danmaku: Bilibili does not tell which room it was
_AGAIN = 10.0  # seconds within which the same purchase, or start of the stream, is told more than once
_ACTS = {
    1: InteractionKind.ENTRY,
    2: InteractionKind.FOLLOW,
    3: InteractionKind.SHARE,
    4: InteractionKind.FOLLOW,  # as a special one
    5: InteractionKind.FOLLOW,  # each other
    6: InteractionKind.LIKE,
}


class BilibiliEvents:
    """Reads the commands of one room. Remembers what was told already, and the gifts that are being merged.

    `place` may change with every connection. `own(uid, text)` tells the bot's own replies.
    """

    def __init__(
        self,
        channel: str,
        clock: Clock,
        malformed: Counter[str] | None = None,
        *,
        gift_window: float = 3.0,
        own: Callable[[str, str], bool] = lambda uid, text: False,
    ) -> None:
        self.malformed: Counter[str] = Counter() if malformed is None else malformed
        self.place = Place(0, 0)
        self.gifts = GiftMerger(gift_window)
        self._channel = channel
        self._clock = clock
        self._own = own
        self._unnamed = 0
        self._told = Recent(2000)  # super chats and gifts come in two forms
        self._guards: dict[tuple[str, int], float] = {}
        self._live_key = ""
        self._live_at: float | None = None
        self._unknown = Recent(500)
        self._commands: dict[str, Callable[[JsonObject], Sequence[ChatEvent]]] = {
            "DANMU_MSG": self._danmu,
            "DANMU_MSG_MIRROR": lambda command: self._danmu(command, mirror=True),
            "SUPER_CHAT_MESSAGE": self._super_chat,
            "SUPER_CHAT_MESSAGE_JPN": self._super_chat,
            "SUPER_CHAT_MESSAGE_DELETE": self._super_chat_deleted,
            "SEND_GIFT": self._gift,
            "SEND_GIFT_V2": self._gift_v2,
            "GUARD_BUY": self._guard,
            "USER_TOAST_MSG": self._guard,
            "USER_TOAST_MSG_V2": self._guard,
            "INTERACT_WORD": self._interact,
            "INTERACT_WORD_V2": self._interact_v2,
            "LIKE_INFO_V3_CLICK": self._like,
            "ROOM_BLOCK_MSG": self._blocked,
            "RECALL_DANMU_MSG": self._recalled,
            "LIVE": self._live,
            "PREPARING": self._preparing,
            "WARNING": lambda command: self._said(command, NoticeKind.WARNING, "Bilibili warns this room"),
            "CUT_OFF": lambda command: self._said(
                command, NoticeKind.CUT_OFF, "Bilibili has cut the stream off"
            ),
        }

    def read(self, body: bytes) -> Sequence[ChatEvent]:
        """The events of a packet's body; usually one."""
        try:
            command = loads(body)
        except MalformedCommand as bad:
            self.malformed[bad.kind] += 1
            return ()
        return self.events(command)

    def events(self, command: object) -> Sequence[ChatEvent]:
        """What a command means; nothing if it is unknown, malformed, told before, or still being merged."""
        name = obj(command).get("cmd")
        if not isinstance(name, str):
            self.malformed["no cmd"] += 1
            return ()
        name = name.partition(":")[0]
        read = self._commands.get(name)
        if read is None:
            if self._unknown.add(name[:60]):
                log.info("bilibili %s: ignoring %.60r", self._channel, name)
            return ()
        try:
            return read(obj(command))
        except MalformedCommand as bad:
            self.malformed[bad.kind] += 1
            log.debug("bilibili %s: %s: %s", self._channel, name, bad.kind)
            return ()

    def _common(self, id_: str, seconds: float = 0.0) -> EventFields:
        if not id_:
            self._unnamed += 1
            id_ = f"unnamed-{self._unnamed}"
        return {
            "source": SOURCE,
            "channel": self._channel,
            "id": id_,
            "sent_at": max(0.0, float(seconds)),
            "received_at": self._clock(),
        }

    # ------------------------------------------------------------------ what viewers write

    def _danmu(self, command: JsonObject, *, mirror: bool = False) -> Sequence[ChatEvent]:
        read = danmu(self.place, command.get("info"))
        if read is None:
            return ()
        message = ChatMessage(
            **self._common(read.id, read.sent_at),
            author=read.author,
            fragments=read.fragments,
            origin=MIRROR if mirror or read.mirror else "",
        )
        return () if self._own(message.author.id, message.text) else (message,)

    def _super_chat(self, command: JsonObject) -> Sequence[ChatEvent]:
        data = obj(command.get("data"))
        number = integer(data.get("id"))
        price = data.get("price")
        if number <= 0:
            raise MalformedCommand("no id")
        if not isinstance(price, (int, float)) or not 0 < price < 1e7:
            raise MalformedCommand("no price")
        written = text(data.get("message"))
        who = data_author(self.place, data)
        if not self._told.add(("super chat", number)):
            return ()
        common = self._common(_super_chat_id(number), integer(data.get("start_time") or data.get("ts")))
        return (SuperChat(**common, author=who, text=written, worth=Worth(float(price), "CNY")),)

    def _super_chat_deleted(self, command: JsonObject) -> Sequence[ChatEvent]:
        ids = items(obj(command.get("data")).get("ids"))
        targets = [_super_chat_id(number) for id_ in ids if (number := integer(id_)) > 0]
        if not targets:
            raise MalformedCommand("no target")
        return [self._retraction(RetractionScope.MESSAGE, target) for target in targets]

    # ------------------------------------------------------------------ what viewers give

    def _gift(self, command: JsonObject) -> Sequence[ChatEvent]:
        return self._merged([gift_of(self.place, obj(command.get("data")))])

    def _gift_v2(self, command: JsonObject) -> Sequence[ChatEvent]:
        return self._merged(gifts_of_v2(self.place, obj(command.get("data"))))

    def _merged(self, given: Sequence[GiftPart]) -> Sequence[ChatEvent]:
        out: list[ChatEvent] = []
        for part in given:
            if part.tid and not self._told.add(("gift", part.tid)):
                continue
            gift = part.gift(self._common(f"gift-{part.tid}" if part.tid else "", part.sent_at))
            out += self.gifts.add(part.key, gift, gift.received_at)
        return out

    def _guard(self, command: JsonObject) -> Sequence[ChatEvent]:
        bought = guard_of(self.place, obj(command.get("data")))
        if bought is None:
            return ()
        now = self._clock()
        key = (bought.author.id, bought.author.guard)
        told = self._guards.get(key)
        if told is not None and 0 <= now - told < _AGAIN:
            return ()
        self._guards = {key: at for key, at in self._guards.items() if 0 <= now - at < _AGAIN}
        self._guards[key] = now
        stamp = f"guard-{bought.author.id}-{bought.author.guard}-{bought.started}" if bought.started else ""
        return (bought.subscription(self._common(stamp, bought.started)),)

    # ------------------------------------------------------------------ what viewers do

    def _interact(self, command: JsonObject) -> Sequence[ChatEvent]:
        data = obj(command.get("data"))
        kind = _ACTS.get(integer(data.get("msg_type")))
        if kind is None:
            return ()
        who = data_author(self.place, data, follower=kind is InteractionKind.FOLLOW)
        return self._act(who, kind, integer(data.get("timestamp")))

    def _interact_v2(self, command: JsonObject) -> Sequence[ChatEvent]:
        act = protobuf.message(protobuf.unpack(obj(command.get("data")).get("pb")))
        kind = _ACTS.get(protobuf.number(act, 5))
        if kind is None:
            return ()
        who = author(
            self.place,
            protobuf.number(act, 1),
            protobuf.string(act, 2),
            follower=kind is InteractionKind.FOLLOW,
        )
        return self._act(who, kind, protobuf.number(act, 7))

    def _act(self, who: Author, kind: InteractionKind, seconds: int) -> Sequence[ChatEvent]:
        # One act comes in both forms: the id is made of what they share.
        id_ = f"{kind}-{who.id}-{seconds}" if seconds > 0 else ""
        if id_ and not self._told.add(id_):
            return ()
        return (Interaction(**self._common(id_, seconds), author=who, kind=kind),)

    def _like(self, command: JsonObject) -> Sequence[ChatEvent]:
        who = data_author(self.place, obj(command.get("data")))
        return (Interaction(**self._common(""), author=who, kind=InteractionKind.LIKE),)

    # ------------------------------------------------------------------ what moderators and the platform do

    def _blocked(self, command: JsonObject) -> Sequence[ChatEvent]:
        data = obj(command.get("data"))
        uid = integer(data.get("uid")) or integer(command.get("uid"))
        if uid <= 0:
            raise MalformedCommand("no target")
        # To the anonymous, what this viewer wrote came under the hash.
        return [self._retraction(RetractionScope.USER, target) for target in (str(uid), hashed(uid))]

    def _recalled(self, command: JsonObject) -> Sequence[ChatEvent]:
        target = text(obj(command.get("data")).get("target_id"))
        if not target or target == "0":
            raise MalformedCommand("no target")
        found = [self._retraction(RetractionScope.MESSAGE, target)]
        if integer(target):  # a danmaku's id is no plain number: this may be a viewer's
            found.append(self._retraction(RetractionScope.USER, target))
        return found

    def _retraction(self, scope: RetractionScope, target: str) -> ChatEvent:
        return Retraction(**self._common(""), scope=scope, target=target)

    def _live(self, command: JsonObject) -> Sequence[ChatEvent]:
        now, key = self._clock(), text(command.get("live_key"))
        recent = self._live_at is not None and 0 <= now - self._live_at < _AGAIN
        if recent or (key and key == self._live_key):
            return ()
        self._live_at, self._live_key = now, key
        return self._said(command, NoticeKind.LIVE, "the stream is live", told=False)

    def _preparing(self, command: JsonObject) -> Sequence[ChatEvent]:
        self._live_at = None
        return self._said(command, NoticeKind.ENDED, "the stream has ended", told=False)

    def _said(
        self, command: JsonObject, kind: NoticeKind, otherwise: str, *, told: bool = True
    ) -> Sequence[ChatEvent]:
        """A notice with the platform's words, if it sent any."""
        words = first(command.get("msg"), obj(command.get("data")).get("msg")) if told else ""
        return (Notice(**self._common(""), text=words or otherwise, kind=kind),)


def _super_chat_id(number: int) -> str:
    return f"super-chat-{number}"
