"""EventSub notifications as Twitch writes them, with every key that it promises: a function for each."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.fakes.twitch_irc import user_id

Table = dict[str, Any]

STAMP = "2026-10-17T12:34:56.789012345Z"


def person(name: str, prefix: str = "user", id_: str | None = None) -> Table:
    login = name.lower() if name.isascii() and name.isidentifier() else f"user{user_id(name)}"
    return {
        f"{prefix}_id": user_id(login) if id_ is None else id_,
        f"{prefix}_login": login,
        f"{prefix}_name": name,
    }


def fragment(kind: str, text: str, **detail: Any) -> Table:
    made: Table = {"type": kind, "text": text, "cheermote": None, "emote": None, "mention": None}
    if kind == "emote":
        made["emote"] = {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static"], **detail}
    elif kind == "mention":
        made["mention"] = person(text.removeprefix("@"))
    elif kind == "cheermote":
        made["cheermote"] = {"prefix": "cheer", "bits": 100, "tier": 100, **detail}
    return made


def badge(set_id: str, id_: str = "1", info: str = "") -> Table:
    return {"set_id": set_id, "id": id_, "info": info}


def message(
    text: str,
    name: str = "Alice",
    *,
    channel: str = "streamer",
    fragments: list[Table] | None = None,
    badges: list[Table] | None = None,
    bits: int = 0,
    **changes: Any,
) -> Table:
    """channel.chat.message"""
    return {
        **person(channel, "broadcaster_user"),
        **person(name, "chatter_user"),
        "message_id": str(uuid4()),
        "message": {"text": text, "fragments": [fragment("text", text)] if fragments is None else fragments},
        "color": "#1E90FF",
        "badges": badges or [],
        "message_type": "text",
        "cheer": {"bits": bits} if bits else None,
        "reply": None,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
        "source_broadcaster_user_id": None,
        "source_broadcaster_user_login": None,
        "source_broadcaster_user_name": None,
        "source_message_id": None,
        "source_badges": None,
        "is_source_only": None,
        **changes,
    }


def reply(parent: str, message_id: str = "parent") -> Table:
    who = person(parent)
    return {
        "parent_message_id": message_id,
        "parent_message_body": "what they said",
        **{f"parent_{key}": value for key, value in who.items()},
        "thread_message_id": message_id,
        **{f"thread_{key}": value for key, value in who.items()},
    }


_NOTICES = (
    "sub resub sub_gift community_sub_gift gift_paid_upgrade prime_paid_upgrade raid unraid pay_it_forward "
    "announcement bits_badge_tier charity_donation watch_streak modiversary shared_chat_sub "
    "shared_chat_resub shared_chat_sub_gift shared_chat_community_sub_gift shared_chat_gift_paid_upgrade "
    "shared_chat_prime_paid_upgrade shared_chat_raid shared_chat_pay_it_forward shared_chat_announcement"
)


def notification(
    kind: str,
    detail: Table | None = None,
    name: str = "Alice",
    text: str = "",
    *,
    channel: str = "streamer",
    system: str = "",
    anonymous: bool = False,
    **changes: Any,
) -> Table:
    """channel.chat.notification"""
    return {
        **person(channel, "broadcaster_user"),
        **person(name, "chatter_user"),
        "chatter_is_anonymous": anonymous,
        "color": "",
        "badges": [],
        "system_message": system,
        "message_id": str(uuid4()),
        "message": {"text": text, "fragments": [fragment("text", text)] if text else []},
        "notice_type": kind,
        **dict.fromkeys(_NOTICES.split()),
        **({kind: detail} if detail is not None else {}),
        "source_broadcaster_user_id": None,
        "source_broadcaster_user_login": None,
        "source_broadcaster_user_name": None,
        "source_message_id": None,
        "source_badges": None,
        "is_source_only": None,
        **changes,
    }


def resub(months: int, tier: str = "1000", *, prime: bool = False) -> Table:
    return {
        "cumulative_months": months,
        "duration_months": 1,
        "streak_months": None,
        "sub_tier": tier,
        "is_prime": prime,
        "is_gift": False,
        "gifter_is_anonymous": None,
        "gifter_user_id": None,
        "gifter_user_login": None,
        "gifter_user_name": None,
    }


def sub(tier: str = "1000", *, prime: bool = False) -> Table:
    return {"sub_tier": tier, "is_prime": prime, "duration_months": 1}


def sub_gift(recipient: str = "Bob", community: str | None = None) -> Table:
    return {
        "duration_months": 1,
        "cumulative_total": 5,
        **person(recipient, "recipient_user"),
        "sub_tier": "1000",
        "community_gift_id": community,
    }


def community_sub_gift(total: int, id_: str) -> Table:
    return {"id": id_, "total": total, "sub_tier": "1000", "cumulative_total": total}


def raid(name: str, viewers: int) -> Table:
    """The detail of a notification."""
    return {**person(name), "viewer_count": viewers, "profile_image_url": "https://example.invalid/p.png"}


def channel_raid(name: str, viewers: int, channel: str = "streamer") -> Table:
    return {
        **person(name, "from_broadcaster_user"),
        **person(channel, "to_broadcaster_user"),
        "viewers": viewers,
    }


def redemption(
    title: str,
    name: str = "Alice",
    text: str = "",
    *,
    reward: str = "reward-1",
    cost: int = 100,
    **changes: Any,
) -> Table:
    return {
        "id": str(uuid4()),
        **person("streamer", "broadcaster_user"),
        **person(name),
        "user_input": text,
        "status": "unfulfilled",
        "reward": {"id": reward, "title": title, "cost": cost, "prompt": "say something"},
        "redeemed_at": STAMP,
        **changes,
    }


def automatic_redemption(type_: str, name: str = "Alice", text: str = "", points: int = 100) -> Table:
    return {
        **person("streamer", "broadcaster_user"),
        **person(name),
        "id": str(uuid4()),
        "reward": {"type": type_, "channel_points": points, "emote": None},
        "message": {"text": text, "fragments": [fragment("text", text)]} if text else None,
        "redeemed_at": STAMP,
    }


def bits_use(kind: str, name: str = "Alice", bits: int = 50, **changes: Any) -> Table:
    return {
        **person("streamer", "broadcaster_user"),
        **person(name),
        "bits": bits,
        "type": kind,
        "power_up": None,
        "custom_power_up": None,
        "message": None,
        **changes,
    }


def power_up(type_: str) -> Table:
    return {"type": type_, "emote": None, "message_effect_id": None}


def follow(name: str = "Alice") -> Table:
    return {**person(name), **person("streamer", "broadcaster_user"), "followed_at": STAMP}


def deleted(message_id: str, name: str = "Alice") -> Table:
    return {
        **person("streamer", "broadcaster_user"),
        **person(name, "target_user"),
        "message_id": message_id,
    }


def cleared_user(name: str) -> Table:
    return {**person("streamer", "broadcaster_user"), **person(name, "target_user")}


def cleared() -> Table:
    return person("streamer", "broadcaster_user")


def ban(name: str, *, permanent: bool = True) -> Table:
    return {
        **person(name),
        **person("streamer", "broadcaster_user"),
        **person("Mod", "moderator_user"),
        "reason": "",
        "banned_at": STAMP,
        "ends_at": None if permanent else STAMP,
        "is_permanent": permanent,
    }


def online() -> Table:
    return {"id": "1", **person("streamer", "broadcaster_user"), "type": "live", "started_at": STAMP}


def offline() -> Table:
    return person("streamer", "broadcaster_user")


def notify(type_: str, event: object, *, message_id: str | None = None, version: str = "1") -> Table:
    """A whole notification frame around `event`."""
    return {
        "metadata": {
            "message_id": message_id or str(uuid4()),
            "message_type": "notification",
            "message_timestamp": STAMP,
            "subscription_type": type_,
            "subscription_version": version,
        },
        "payload": {
            "subscription": {
                "id": str(uuid4()),
                "status": "enabled",
                "type": type_,
                "version": version,
                "cost": 0,
                "condition": {},
                "transport": {"method": "websocket", "session_id": "session"},
                "created_at": STAMP,
            },
            "event": event,
        },
    }
