"""Notifications of Twitch's EventSub read by the bot."""

from __future__ import annotations

from typing import Any

from bot.messages import ChatEvent, ChatMessage
from bot.sources.twitch_eventsub_events import EventSubEvents
from bot.sources.twitch_rewards import Rewards
from tests.fakes import twitch_payloads as p

CHAT = "channel.chat.message"
NOTICE = "channel.chat.notification"
REDEEMED = "channel.channel_points_custom_reward_redemption.add"


def reader(**options: Any) -> EventSubEvents:
    return EventSubEvents("streamer", lambda: 7.0, **options)


def read(type_: str, event: object, events: EventSubEvents | None = None) -> ChatEvent | None:
    return (events or reader()).event(p.notify(type_, event))


def chat(event: object, events: EventSubEvents | None = None) -> ChatMessage:
    message = read(CHAT, event, events)
    assert isinstance(message, ChatMessage)
    return message


def rewards(read_aloud: list[str] | None = None) -> EventSubEvents:
    events = reader(rewards=Rewards(read_aloud=read_aloud))
    events.rewards.heard = True
    return events
