"""Tells what a notification of Twitch's EventSub means: JSON -> ChatEvent, or None if not worth telling."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypedDict

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
from bot.sources.bounded import Bounded
from bot.sources.connection import Clock
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

_TWITCHS_OWN = {
    "send_highlighted_message": "highlighted message",
    "single_message_bypass_sub_mode": "message in subscriber mode",
    "random_sub_emote_unlock": "random emote",
    "chosen_sub_emote_unlock": "chosen emote",
    "chosen_modified_sub_emote_unlock": "modified emote",
    "message_effect": "message effect",
    "gigantify_an_emote": "gigantic emote",
    "celebration": "celebration",
}


class _Common(TypedDict):
    source: str
    channel: str
    id: str
    sent_at: float
    received_at: float


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
        self._kinds: dict[str, Callable[[_Common, Table], ChatEvent | None]] = {
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
        common: _Common = {
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

    def _message(self, common: _Common, event: Table) -> ChatMessage | None:
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
            **_named(common, id_),
            author=who,
            fragments=tuple(without_reply(found, part(event, "reply"))),
            worth=Worth(float(bits), "bits") if bits else None,
            action=action,
            origin=_origin(event),
        )

    def _deleted(self, common: _Common, event: Table) -> Retraction:
        target = words(event, "message_id")
        if not target:
            raise MalformedNotification("no target")
        return Retraction(**common, scope=RetractionScope.MESSAGE, target=self.rewards.target(target))

    def _cleared_user(self, common: _Common, event: Table) -> Retraction:
        return _user_retraction(common, words(event, "target_user_id"))

    def _banned(self, common: _Common, event: Table) -> Retraction:
        return _user_retraction(common, words(event, "user_id"))

    def _cleared(self, common: _Common, event: Table) -> Retraction:
        return Retraction(**common, scope=RetractionScope.ALL)

    # ------------------------------------------------------------------ notices in the chat

    def _notification(self, common: _Common, event: Table) -> ChatEvent | None:
        kind = words(event, "notice_type")
        # Another channel's event, shown here because the two share their chat.
        if kind.startswith("shared_chat_") or _origin(event):
            return None
        common = _named(common, words(event, "message_id") or common["id"])
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

    def _gift(self, common: _Common, event: Table, detail: Table, *, several: bool) -> Gift | None:
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

    def _raided(self, common: _Common, event: Table) -> Raid | None:
        raider = self._with_roles(author(event, "from_broadcaster_user"))
        return self._raid(common, raider, whole(event, "viewers"), "channel.raid")

    def _raid(self, common: _Common, raider: Author, viewers: int, told_by: str) -> Raid | None:
        """Chat and channel both tell of a raid, but not always both: the first that does is the one."""
        before, at = self._raids.get(raider.id, (told_by, 0.0))
        if before != told_by and abs(common["received_at"] - at) < SAME_RAID:
            return None
        self._raids[raider.id] = (told_by, common["received_at"])
        return Raid(**common, author=raider, viewers=viewers)

    # ------------------------------------------------------------------ points and bits

    def _redeemed(self, common: _Common, event: Table) -> Redemption:
        who, id_ = self._with_roles(author(event, "user")), words(event, "id")
        reward = part(event, "reward")
        reward_id, title = words(reward, "id"), words(reward, "title").strip()
        if not id_ or not title:
            raise MalformedNotification("no reward")
        self.rewards.learn(reward_id, title)
        return Redemption(
            **_named(common, id_),
            author=who,
            reward=title,
            reward_id=reward_id,
            text=self.rewards.redeemed(who.id, reward_id, words(event, "user_input"), id_),
            worth=_worth(whole(reward, "cost"), "points"),
        )

    def _redeemed_automatic(self, common: _Common, event: Table) -> Redemption:
        """One of Twitch's own rewards. What is typed with it is a chat message too, so it is not here."""
        reward = part(event, "reward")
        type_ = words(reward, "type")
        if not type_:
            raise MalformedNotification("no reward")
        return Redemption(
            **_named(common, words(event, "id") or common["id"]),
            author=self._with_roles(author(event, "user")),
            reward=_title(type_),
            reward_id=type_,
            worth=_worth(whole(reward, "channel_points"), "points"),
        )

    def _bits(self, common: _Common, event: Table) -> Redemption | None:
        """A power-up. A cheer is a chat message with bits, and so is what is typed with a power-up."""
        kind = words(event, "type")
        if kind not in ("power_up", "custom_power_up"):
            return None
        power_up = part(event, kind)
        type_ = words(power_up, "type") or words(power_up, "id") or kind
        return Redemption(
            **common,
            author=self._with_roles(author(event, "user")),
            reward=words(power_up, "title").strip() or _title(type_),
            reward_id=type_,
            worth=_worth(whole(event, "bits"), "bits"),
        )

    # ------------------------------------------------------------------ the channel

    def _followed(self, common: _Common, event: Table) -> Interaction:
        return Interaction(
            **common, author=self._with_roles(author(event, "user")), kind=InteractionKind.FOLLOW
        )

    def _online(self, common: _Common, event: Table) -> Notice:
        return Notice(**common, text="the stream is live", kind=NoticeKind.LIVE)

    def _offline(self, common: _Common, event: Table) -> Notice:
        return Notice(**common, text="the stream has ended", kind=NoticeKind.ENDED)

    # ------------------------------------------------------------------ people

    def _speaker(self, event: Table) -> Author:
        who = author(event, "chatter_user")
        self._authors[who.id] = who
        return who

    def _with_roles(self, who: Author) -> Author:
        """What comes without badges has the roles that its author wore in chat."""
        seen = self._authors.get(who.id)
        return replace(who, roles=seen.roles, months=seen.months) if seen is not None else who


def _named(common: _Common, id_: str) -> _Common:
    return {**common, "id": id_}


def _user_retraction(common: _Common, target: str) -> Retraction:
    if not target:
        raise MalformedNotification("no target")
    return Retraction(**common, scope=RetractionScope.USER, target=target)


def _origin(event: Table) -> str:
    origin = words(event, "source_broadcaster_user_id")
    return "" if origin == words(event, "broadcaster_user_id") else origin


def _worth(amount: int, currency: str) -> Worth | None:
    return Worth(float(amount), currency) if amount else None


def _title(type_: str) -> str:
    return _TWITCHS_OWN.get(type_) or type_.replace("_", " ")
