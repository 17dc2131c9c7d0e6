"""Channel points and power-ups: a reward is told once, in whatever order its parts come."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.messages import ChatEvent, ChatMessage, Redemption, Retraction, Role, Worth
from bot.sources.twitch_eventsub_events import EventSubEvents
from tests.fakes import twitch_payloads as p
from tests.sources.twitch_reading import CHAT, REDEEMED, read, reader, rewards


def line(
    text: str, id_: str = "m1", reward: str = "reward-1"
) -> Callable[[EventSubEvents], ChatEvent | None]:
    event = p.message(text, message_id=id_, channel_points_custom_reward_id=reward)
    return lambda events: read(CHAT, event, events)


def redeemed(title: str, text: str, id_: str = "r1") -> Callable[[EventSubEvents], ChatEvent | None]:
    event = p.redemption(title, text=text, id=id_)
    return lambda events: read(REDEEMED, event, events)


def told(event: ChatEvent | None) -> tuple[str, str] | None:
    if event is None:
        return None
    assert isinstance(event, (ChatMessage, Redemption))
    return type(event).__name__, event.text


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1), (1, 1, 0, 0), (0, 1, 0, 1)])
@pytest.mark.parametrize("names", [None, ["Read this"], ["reward-1"], [" READ THIS "]])
def test_a_reward_is_told_once_in_whatever_order(order: tuple[int, ...], names: list[str] | None) -> None:
    events = rewards(names)
    if names:
        events.rewards.learn("reward-1", "Read this")
    things = (line("hi"), redeemed("Read this", "hi"))
    assert [told(things[index](events)) for index in order] == [
        None if index == 0 else ("Redemption", "hi") for index in order
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1)])
def test_the_line_of_another_reward_is_a_message(order: tuple[int, ...]) -> None:
    events = rewards(["Read this"])
    things = (line("hi"), redeemed("Hydrate", "hi"))
    assert [told(things[index](events)) for index in order] == [
        ("ChatMessage", "hi") if index == 0 else ("Redemption", "") for index in order
    ]


def test_a_line_before_its_rewards_name_is_known_is_a_message_and_not_told_again() -> None:
    events = rewards(["Read this"])
    assert told(line("hi")(events)) == ("ChatMessage", "hi")
    assert told(redeemed("Read this", "hi")(events)) == ("Redemption", "")
    assert told(line("ho", "m2")(events)) is None
    assert told(redeemed("Read this", "ho", "r2")(events)) == ("Redemption", "ho")


def test_without_redemptions_a_line_is_a_message() -> None:
    assert told(line("hi")(reader())) == ("ChatMessage", "hi")


def test_deleting_the_line_takes_its_redemption_back() -> None:
    for order in ((0, 1), (1, 0)):
        events = rewards()
        things = (line("hi", "m1"), redeemed("Read this", "hi", "r1"))
        for index in order:
            things[index](events)
        retraction = read("channel.chat.message_delete", p.deleted("m1"), events)
        assert isinstance(retraction, Retraction)
        assert retraction.target == "r1"


def test_a_redemption_has_its_cost_and_the_roles_that_chat_told() -> None:
    events = rewards()
    read(CHAT, p.message("hi", badges=[p.badge("vip"), p.badge("subscriber", "3", "4")]), events)
    event = read(REDEEMED, p.redemption("Hydrate", cost=300), events)
    assert isinstance(event, Redemption)
    assert (event.reward, event.reward_id, event.worth) == ("Hydrate", "reward-1", Worth(300.0, "points"))
    assert (set(event.author.roles), event.author.months) == ({Role.VIP, Role.SUBSCRIBER}, 4)


AUTOMATIC = "channel.channel_points_automatic_reward_redemption.add"

OWN_REWARDS: list[tuple[str, p.Table, tuple[str, Worth] | None]] = [
    (
        AUTOMATIC,
        p.automatic_redemption("send_highlighted_message", text="hi"),
        ("highlighted message", Worth(100.0, "points")),
    ),
    (AUTOMATIC, p.automatic_redemption("something_new"), ("something new", Worth(100.0, "points"))),
    (
        "channel.bits.use",
        p.bits_use("power_up", power_up=p.power_up("gigantify_an_emote")),
        ("gigantic emote", Worth(50.0, "bits")),
    ),
    (
        "channel.bits.use",
        p.bits_use("custom_power_up", custom_power_up={"id": "1", "title": "Confetti"}),
        ("Confetti", Worth(50.0, "bits")),
    ),
    ("channel.bits.use", p.bits_use("cheer", message={"text": "cheer50", "fragments": []}), None),
]


@pytest.mark.parametrize(("type_", "event", "expected"), OWN_REWARDS)
def test_twitchs_own_rewards_and_power_ups(
    type_: str, event: p.Table, expected: tuple[str, Worth] | None
) -> None:
    redemption = read(type_, event)
    if expected is None:
        assert redemption is None
    else:
        assert isinstance(redemption, Redemption)
        assert (redemption.reward, redemption.worth, redemption.text) == (*expected, "")
