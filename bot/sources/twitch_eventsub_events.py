"""Tells what a notification of Twitch's EventSub means: JSON -> ChatEvent, or None if not worth telling."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Gift,
    Interaction,
    InteractionKind,
    Notice,
    NoticeKind,
    Raid,
    Redemption,
    Retraction,
    RetractionScope,
    Subscription,
    Worth,
)
from bot.sources import twitch_eventsub_points as points
from bot.sources.bounded import Bounded
from bot.sources.connection import Clock
from bot.sources.event_fields import EventFields
from bot.sources.recent import Recent
from bot.sources.twitch_events import GIFT_NAME, SOURCE
from bot.sources.twitch_eventsub_json import (
    ANONYMOUS,
    MalformedNotification,
    Table,
    author,
    fragments,
    part,
    wall,
    whole,
    without_reply,
    words,
)
from bot.sources.twitch_own import OwnMessages
from bot.sources.twitch_rewards import Rewards

log = logging.getLogger(__name__)

SAME_RAID = 300.0  # seconds between the two notifications that can tell of one raid
KNOWN_AUTHORS = 2000


class EventSubEvents:
    """Reads the notifications of one channel.

    Remembers who has which role (only chat tells), which gifts to the community and which raids were told,
    and which line belongs to which redemption. `user`: the id of the account that is logged in.
    `malformed` counts by kind what could not be read.
    """

    def __init__(
        self,
        channel: str,
        clock: Clock,
        *,
        own: OwnMessages | None = None,
        rewards: Rewards | None = None,
        malformed: Counter[str] | None = None,
    ) -> None:
        self.user = ""
        self.malformed: Counter[str] = Counter() if malformed is None else malformed
        self.rewards = rewards or Rewards()
        self._channel = channel
        self._clock = clock
        self._own = own or OwnMessages()
        self._authors: Bounded[str, Author] = Bounded(KNOWN_AUTHORS)
        self._community_gifts = Recent(64)
        self._raids: Bounded[str, tuple[str, float]] = Bounded(64)
        self._unknown = Recent(64)
        self._kinds: dict[str, Callable[[EventFields, Table], ChatEvent | None]] = {
            "channel.chat.message": self._message,
            "channel.chat.notification": self._notification,
            "channel.chat.message_delete": self._deleted,
            "channel.chat.clear_user_messages": self._cleared_user,
            "channel.chat.clear": self._cleared,
            "channel.ban": self._banned,
            "channel.raid": self._raided,
            "channel.follow": self._followed,
            "channel.channel_points_custom_reward_redemption.add": self._redeemed,
            "channel.channel_points_automatic_reward_redemption.add": self._redeemed_automatic,
            "channel.bits.use": self._bits,
            "stream.online": self._online,
            "stream.offline": self._offline,
        }

    def event(self, notification: object) -> ChatEvent | None:
        """What a whole notification means. Never raises: one that contradicts itself is counted."""
        if not isinstance(notification, Mapping):
            self.malformed["no notification"] += 1
            return None
        metadata, event = part(notification, "metadata"), part(part(notification, "payload"), "event")
        type_ = words(metadata, "subscription_type")
        read = self._kinds.get(type_)
        if read is None:
            if self._unknown.add(type_[:100]):
                log.info("twitch %s: %r is not read", self._channel, type_[:100])
            return None
        common: EventFields = {
            "source": SOURCE,
            "channel": self._channel,
            "id": words(metadata, "message_id"),
            "sent_at": wall(words(metadata, "message_timestamp")),
            "received_at": self._clock(),
        }
        try:
            if not common["id"]:
                raise MalformedNotification("no id")
            return read(common, event)
        except MalformedNotification as bad:
            self.malformed[bad.kind] += 1
            return None

    # ------------------------------------------------------------------ chat

    def _message(self, common: EventFields, event: Table) -> ChatMessage | None:
        who = self._speaker(event)
        message, id_ = part(event, "message"), words(event, "message_id")
        if not id_:
            raise MalformedNotification("no id")
        if who.id == self.user and self._own.wrote(id_, words(message, "text")):
            return None
        found, action = fragments(message)
        if not "".join(fragment.text for fragment in found).strip():
            raise MalformedNotification("no text")
        typed = "".join(fragment.text for fragment in found)
        reward = words(event, "channel_points_custom_reward_id")
        if self.rewards.takes_line(who.id, reward, typed, id_):
            return None
        bits = whole(part(event, "cheer"), "bits")
        return ChatMessage(
            **points.named(common, id_),
            author=who,
            fragments=tuple(without_reply(found, part(event, "reply"))),
            worth=Worth(float(bits), "bits") if bits else None,
            action=action,
            origin=_origin(event),
        )

    def _deleted(self, common: EventFields, event: Table) -> Retraction:
        target = words(event, "message_id")
        if not target:
            raise MalformedNotification("no target")
        return Retraction(**common, scope=RetractionScope.MESSAGE, target=self.rewards.target(target))

    def _cleared_user(self, common: EventFields, event: Table) -> Retraction:
        return _user_retraction(common, words(event, "target_user_id"))

    def _banned(self, common: EventFields, event: Table) -> Retraction:
        return _user_retraction(common, words(event, "user_id"))

    def _cleared(self, common: EventFields, event: Table) -> Retraction:
        return Retraction(**common, scope=RetractionScope.ALL)

    # ------------------------------------------------------------------ notices in the chat

    def _notification(self, common: EventFields, event: Table) -> ChatEvent | None:
        kind = words(event, "notice_type")
        # Another channel's event, shown here because the two share their chat.
        if kind.startswith("shared_chat_") or _origin(event):
            return None
        common = points.named(common, words(event, "message_id") or common["id"])
        detail = part(event, kind)
        text = words(part(event, "message"), "text").strip()
        match kind:
            case "sub" | "resub" | "gift_paid_upgrade" | "prime_paid_upgrade":
                prime = detail.get("is_prime") is True
                return Subscription(
                    **common,
                    author=self._speaker(event),
                    months=max(1, whole(detail, "cumulative_months", 1)),
                    tier="prime" if prime else words(detail, "sub_tier")[:1],
                    text=text,
                )
            case "sub_gift" | "community_sub_gift":
                return self._gift(common, event, detail, several=kind == "community_sub_gift")
            case "raid":
                raider = self._with_roles(author(detail, "user"))
                return self._raid(common, raider, whole(detail, "viewer_count"), kind)
            case "unraid":
                return None
            case "announcement":
                return Notice(**common, text=text, author=self._speaker(event)) if text else None
        text = words(event, "system_message").strip()
        return Notice(**common, text=text, author=self._speaker(event)) if text else None

    def _gift(self, common: EventFields, event: Table, detail: Table, *, several: bool) -> Gift | None:
        """A gift of N to the community is one notice that says N, then N that name it by its id."""
        giver = ANONYMOUS if event.get("chatter_is_anonymous") is True else self._speaker(event)
        gift = Gift(**common, author=giver, gift=GIFT_NAME, count=max(1, whole(detail, "total", 1)))
        community = words(detail, "id" if several else "community_gift_id")
        if several:
            self._community_gifts.add(community)
        elif community:
            # The notice that said N may have been lost: then the first of its followers tells it.
            return replace(gift, count=1) if self._community_gifts.add(community) else None
        return gift

    def _raided(self, common: EventFields, event: Table) -> Raid | None:
        raider = self._with_roles(author(event, "from_broadcaster_user"))
        return self._raid(common, raider, whole(event, "viewers"), "channel.raid")

    def _raid(self, common: EventFields, raider: Author, viewers: int, told_by: str) -> Raid | None:
        """Chat and channel both tell of a raid, but not always both: the first that does is the one."""
        before, at = self._raids.get(raider.id, (told_by, 0.0))
        if before != told_by and abs(common["received_at"] - at) < SAME_RAID:
            return None
        self._raids[raider.id] = (told_by, common["received_at"])
        return Raid(**common, author=raider, viewers=viewers)

    # ------------------------------------------------------------------ points and bits

    def _redeemed(self, common: EventFields, event: Table) -> Redemption:
        return points.redeemed(common, event, self._payer(event), self.rewards)

    def _redeemed_automatic(self, common: EventFields, event: Table) -> Redemption:
        return points.redeemed_automatic(common, event, self._payer(event))

    def _bits(self, common: EventFields, event: Table) -> Redemption | None:
        return points.power_up(common, event, self._payer(event)) if points.is_power_up(event) else None

    # ------------------------------------------------------------------ the channel

    def _followed(self, common: EventFields, event: Table) -> Interaction:
        return Interaction(
            **common, author=self._with_roles(author(event, "user")), kind=InteractionKind.FOLLOW
        )

    def _online(self, common: EventFields, event: Table) -> Notice:
        return Notice(**common, text="the stream is live", kind=NoticeKind.LIVE)

    def _offline(self, common: EventFields, event: Table) -> Notice:
        return Notice(**common, text="the stream has ended", kind=NoticeKind.ENDED)

    # ------------------------------------------------------------------ people

    def _speaker(self, event: Table) -> Author:
        who = author(event, "chatter_user")
        self._authors[who.id] = who
        return who

    def _payer(self, event: Table) -> Author:
        return self._with_roles(author(event, "user"))

    def _with_roles(self, who: Author) -> Author:
        """What comes without badges has the roles that its author wore in chat."""
        seen = self._authors.get(who.id)
        return replace(who, roles=seen.roles, months=seen.months) if seen is not None else who


def _user_retraction(common: EventFields, target: str) -> Retraction:
    if not target:
        raise MalformedNotification("no target")
    return Retraction(**common, scope=RetractionScope.USER, target=target)


def _origin(event: Table) -> str:
    origin = words(event, "source_broadcaster_user_id")
    return "" if origin == words(event, "broadcaster_user_id") else origin
