"""Tells what a line of Twitch chat means: IrcLine -> ChatEvent, or None if nothing worth telling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.messages import (
    Author,
    ChatEvent,
    ChatMessage,
    Gift,
    Notice,
    Raid,
    Retraction,
    RetractionScope,
    Role,
    Subscription,
    Worth,
)
from bot.sources.connection import Clock
from bot.sources.event_fields import EventFields
from bot.sources.irc import IrcLine, MalformedLine
from bot.sources.recent import Recent
from bot.sources.twitch_fragments import emote_spans, fragments, reply_prefix, unwrap_action

SOURCE = "twitch"
GIFT_NAME = "gifted subscription"

_ROLES = {
    "broadcaster": Role.BROADCASTER,
    "moderator": Role.MODERATOR,
    "lead_moderator": Role.MODERATOR,
    "vip": Role.VIP,
    "subscriber": Role.SUBSCRIBER,
    "founder": Role.SUBSCRIBER,  # the first subscribers wear this badge instead
}
_NO_ORIGIN = "da39a3ee5e6b4b0d3255bfef95601890afd80709"  # SHA-1 of nothing: many single gifts carry it
_FLAGS = {"mod": Role.MODERATOR, "vip": Role.VIP, "subscriber": Role.SUBSCRIBER}
_SUBSCRIPTIONS = {"sub", "resub", "giftpaidupgrade", "anongiftpaidupgrade", "primepaidupgrade"}


def number(tags: Mapping[str, str], key: str, default: int = 0) -> int:
    """A tag's whole number, or `default` for anything else."""
    value = tags.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else default


def roles(tags: Mapping[str, str]) -> frozenset[Role]:
    """What the badges and flags say; `badges` is `subscriber/12,vip/1`."""
    badges = (badge.partition("/")[0] for badge in tags.get("badges", "").split(","))
    worn = {_ROLES[badge] for badge in badges if badge in _ROLES}
    return frozenset(worn | {role for flag, role in _FLAGS.items() if tags.get(flag) == "1"})


def author(line: IrcLine) -> Author:
    """Who wrote a line; raises MalformedLine if it does not say."""
    tags = line.tags
    login = line.nick or tags.get("login", "")
    name = tags.get("display-name", "").strip() or login
    who = tags.get("user-id") or login
    if not who or not name:
        raise MalformedLine("no author")
    return Author(id=who, name=name, login=login, roles=roles(tags))


def _last(line: IrcLine) -> str:
    """What comes after the channel: what somebody typed."""
    return line.params[1] if len(line.params) > 1 else ""


class TwitchEvents:
    """Reads the lines of one channel. Remembers only which gifts to the community were already told."""

    def __init__(self, channel: str, clock: Clock, malformed: Counter[str] | None = None) -> None:
        self.malformed: Counter[str] = Counter() if malformed is None else malformed
        self._channel = channel
        self._clock = clock
        self._community_gifts = Recent(64)
        self._unnamed = 0

    def event(self, line: IrcLine) -> ChatEvent | None:
        """What the line means. Never raises: a line that contradicts itself is counted in `malformed`."""
        try:
            match line.command:
                case "PRIVMSG":
                    return self._message(line)
                case "USERNOTICE":
                    return self._user_notice(line)
                case "CLEARMSG" | "CLEARCHAT":
                    return self._retraction(line)
        except MalformedLine as bad:
            self.malformed[bad.kind] += 1
        return None

    def _common(self, line: IrcLine, id_: str = "") -> EventFields:
        sent = number(line.tags, "tmi-sent-ts")
        id_ = line.tags.get("id", "") or id_
        if not id_:
            self._unnamed += 1
            id_ = f"unnamed-{self._unnamed}"
        return {
            "source": SOURCE,
            "channel": self._channel,
            "id": id_,
            "sent_at": sent / 1000,
            "received_at": self._clock(),
        }

    def _message(self, line: IrcLine) -> ChatMessage:
        tags = line.tags
        text, action = unwrap_action(_last(line))
        if not text.strip():
            raise MalformedLine("no text")
        spans, lies = emote_spans(tags.get("emotes", ""), text)
        if lies:
            self.malformed["emotes"] += lies
        bits = number(tags, "bits")
        return ChatMessage(
            **self._common(line),
            author=author(line),
            fragments=fragments(text, spans, bits=bits, start=reply_prefix(text, tags)),
            worth=Worth(float(bits), "bits") if bits else None,
            action=action,
            origin=_origin(tags),
        )

    def _user_notice(self, line: IrcLine) -> ChatEvent | None:
        tags = line.tags
        kind = tags.get("msg-id", "")
        # Another channel's event, shown here because the two share their chat.
        if kind == "sharedchatnotice" or _origin(tags):
            return None
        if kind in _SUBSCRIPTIONS:
            return Subscription(
                **self._common(line),
                author=author(line),
                months=max(1, number(tags, "msg-param-cumulative-months", 1)),
                text=_last(line),
            )
        if kind in ("submysterygift", "anonsubmysterygift", "subgift", "anonsubgift"):
            return self._gift(line, several="mystery" in kind)
        if kind == "raid":
            return Raid(
                **self._common(line), author=author(line), viewers=number(tags, "msg-param-viewerCount")
            )
        if kind == "announcement":
            text = _last(line)
            return Notice(**self._common(line), text=text, author=author(line)) if text.strip() else None
        text = tags.get("system-msg", "")
        return Notice(**self._common(line), text=text, author=author(line)) if text else None

    def _gift(self, line: IrcLine, *, several: bool) -> Gift | None:
        """A gift of N to the community is one line that says N, then N lines that share its id."""
        tags = line.tags
        ids = _community(tags)
        if several:
            for id_ in ids:
                self._community_gifts.add(id_)
            count = max(1, number(tags, "msg-param-mass-gift-count", 1))
        else:
            if any(id_ in self._community_gifts for id_ in ids):
                return None
            if tags.get("msg-param-community-gift-id"):  # the line that said N was lost: tell it once
                self._community_gifts.add(ids[0])
            count = 1
        return Gift(**self._common(line), author=author(line), gift=GIFT_NAME, count=count)

    def _retraction(self, line: IrcLine) -> Retraction:
        tags = line.tags
        if line.command == "CLEARMSG":
            scope, target = RetractionScope.MESSAGE, tags.get("target-msg-id", "")
            if not target:
                raise MalformedLine("no target")
        else:
            # Without tags a timeout names only the login, which is also such an author's id (see `author`).
            target = tags.get("target-user-id", "") or _last(line)
            scope = RetractionScope.USER if target else RetractionScope.ALL
        sent = number(tags, "tmi-sent-ts")
        id_ = f"retraction-{scope}-{target}-{sent}" if sent else ""
        return Retraction(**self._common(line, id_), scope=scope, target=target)


def _community(tags: Mapping[str, str]) -> list[str]:
    """What the lines of one gift to the community have in common, the surest first."""
    found = [
        tags.get(key, "").replace(" ", "") for key in ("msg-param-community-gift-id", "msg-param-origin-id")
    ]
    return [id_ for id_ in found if id_ and id_ != _NO_ORIGIN]


def _origin(tags: Mapping[str, str]) -> str:
    origin = tags.get("source-room-id", "")
    return "" if origin == tags.get("room-id", "") else origin
