"""What the bot asks Twitch's EventSub to tell it, and what a login must allow for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sources.twitch_account import Identity

READ_CHAT = "user:read:chat"
WRITE_CHAT = "user:write:chat"
BITS = "bits:read"
REDEMPTIONS = "channel:read:redemptions"
FOLLOWERS = "moderator:read:followers"
MODERATE = "channel:moderate"

# What a login asks for. Not channel:moderate: chat.clear_user_messages tells bans and timeouts; and not
# channel:read:subscriptions: chat.notification tells every subscription that its owner shares.
SCOPES = (READ_CHAT, WRITE_CHAT, BITS, REDEMPTIONS, FOLLOWERS)

CHAT = "channel.chat.message"
REDEEMED = "channel.channel_points_custom_reward_redemption.add"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription: what it is for in words ("": nothing is missed without it), its scope, who may ask.

    `payload`: the name of its class in twitchio.eventsub; `needed`: without it there is no session.
    `own`: only the broadcaster's own login may ask for it.
    """

    type: str
    payload: str
    what: str
    condition: Callable[[str, str], dict[str, str]]  # of the broadcaster's and the account's ids
    scope: str = ""
    own: bool = False
    needed: bool = False


def _room(broadcaster: str, user: str) -> dict[str, str]:
    return {"broadcaster_user_id": broadcaster, "user_id": user}


def _broadcaster(broadcaster: str, user: str) -> dict[str, str]:
    return {"broadcaster_user_id": broadcaster}


def _raided(broadcaster: str, user: str) -> dict[str, str]:
    return {"to_broadcaster_user_id": broadcaster}


def _moderator(broadcaster: str, user: str) -> dict[str, str]:
    return {"broadcaster_user_id": broadcaster, "moderator_user_id": user}


# channel.cheer is not among them: each cheer is a chat message too, with its bits and its text.
WANTED = (
    Wanted(CHAT, "ChatMessageSubscription", "chat", _room, READ_CHAT, needed=True),
    Wanted(
        "channel.chat.message_delete",
        "ChatMessageDeleteSubscription",
        "deletions",
        _room,
        READ_CHAT,
        needed=True,
    ),
    Wanted(
        "channel.chat.clear_user_messages",
        "ChatClearUserMessagesSubscription",
        "bans and timeouts",
        _room,
        READ_CHAT,
        needed=True,
    ),
    Wanted("channel.chat.clear", "ChatClearSubscription", "cleared chats", _room, READ_CHAT, needed=True),
    Wanted(
        "channel.chat.notification",
        "ChatNotificationSubscription",
        "subscriptions, gifts, raids and announcements",
        _room,
        READ_CHAT,
        needed=True,
    ),
    Wanted("channel.raid", "ChannelRaidSubscription", "raids", _raided),
    Wanted("stream.online", "StreamOnlineSubscription", "the stream's begin", _broadcaster),
    Wanted("stream.offline", "StreamOfflineSubscription", "the stream's end", _broadcaster),
    Wanted("channel.follow", "ChannelFollowSubscription", "follows", _moderator, FOLLOWERS),
    Wanted(
        REDEEMED,
        "ChannelPointsRedeemAddSubscription",
        "channel points",
        _broadcaster,
        REDEMPTIONS,
        own=True,
    ),
    Wanted(
        "channel.channel_points_automatic_reward_redemption.add",
        "ChannelPointsAutoRedeemV2Subscription",
        "Twitch's own rewards",
        _broadcaster,
        REDEMPTIONS,
        own=True,
    ),
    Wanted("channel.bits.use", "ChannelBitsUseSubscription", "power-ups", _broadcaster, BITS, own=True),
    Wanted("channel.ban", "ChannelBanSubscription", "", _broadcaster, MODERATE, own=True),
)


def allowed(identity: Identity, broadcaster: str) -> tuple[list[Wanted], list[Wanted]]:
    """What this login may subscribe to in that channel, and what it may not."""
    may: list[Wanted] = []
    may_not: list[Wanted] = []
    for wanted in WANTED:
        fits = not wanted.scope or wanted.scope in identity.scopes
        own = not wanted.own or identity.user_id == broadcaster
        (may if fits and own else may_not).append(wanted)
    return may, may_not
