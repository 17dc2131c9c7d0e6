"""Tells what a notification of EventSub on channel points or bits means: what was redeemed, and its worth."""

from __future__ import annotations

from bot.messages import Author, Redemption, Worth
from bot.sources.event_fields import EventFields
from bot.sources.twitch_eventsub_json import MalformedNotification, Table, part, whole, words
from bot.sources.twitch_rewards import Rewards

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
_POWER_UPS = ("power_up", "custom_power_up")


def redeemed(common: EventFields, event: Table, who: Author, rewards: Rewards) -> Redemption:
    """A reward of the streamer's."""
    reward, id_ = part(event, "reward"), words(event, "id")
    reward_id, title = words(reward, "id"), words(reward, "title").strip()
    if not id_ or not title:
        raise MalformedNotification("no reward")
    rewards.learn(reward_id, title)
    return Redemption(
        **named(common, id_),
        author=who,
        reward=title,
        reward_id=reward_id,
        text=rewards.redeemed(who.id, reward_id, words(event, "user_input"), id_),
        worth=_worth(whole(reward, "cost"), "points"),
    )


def redeemed_automatic(common: EventFields, event: Table, who: Author) -> Redemption:
    """One of Twitch's own rewards. What is typed with it is a chat message too, so it is not here."""
    reward = part(event, "reward")
    type_ = words(reward, "type")
    if not type_:
        raise MalformedNotification("no reward")
    return Redemption(
        **named(common, words(event, "id") or common["id"]),
        author=who,
        reward=_title(type_),
        reward_id=type_,
        worth=_worth(whole(reward, "channel_points"), "points"),
    )


def is_power_up(event: Table) -> bool:
    """A cheer is a chat message with bits, and so is what is typed with a power-up."""
    return words(event, "type") in _POWER_UPS


def power_up(common: EventFields, event: Table, who: Author) -> Redemption:
    kind = words(event, "type")
    bought = part(event, kind)
    type_ = words(bought, "type") or words(bought, "id") or kind
    return Redemption(
        **common,
        author=who,
        reward=words(bought, "title").strip() or _title(type_),
        reward_id=type_,
        worth=_worth(whole(event, "bits"), "bits"),
    )


def named(common: EventFields, id_: str) -> EventFields:
    """The same with the id that the chat knows."""
    return {**common, "id": id_}


def _worth(amount: int, currency: str) -> Worth | None:
    return Worth(float(amount), currency) if amount else None


def _title(type_: str) -> str:
    return _TWITCHS_OWN.get(type_) or type_.replace("_", " ")
