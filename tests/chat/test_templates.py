"""Which template is whose, what it may name, and how a line is said in fewer words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.chat.templates import (
    fields_of,
    fill,
    is_all_text,
    short_name,
    template_for,
    template_of,
    text_of,
    wordings,
)
from bot.config import Templates
from bot.messages import (
    ChatEvent,
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
    SuperChat,
    Worth,
    author_of,
)
from tests.people import ALICE, message

CHEER = message("hi", worth=Worth(100, "bits"))
SUPER_CHAT = SuperChat(source="b", channel="c", id="e", author=ALICE, text="加油", worth=Worth(30, "CNY"))
REDEMPTION = Redemption(source="t", channel="c", id="e", author=ALICE, reward="Hydrate", text="drink")
GIFT = Gift(source="b", channel="c", id="e", author=ALICE, gift="小花花", count=10, worth=Worth(1.5, "CNY"))
UNPAID_GIFT = replace(GIFT, worth=None)
SUBSCRIPTION = Subscription(
    source="t", channel="c", id="e", author=ALICE, months=3, tier="2", text="love", worth=Worth(5, "USD")
)
RAID = Raid(source="t", channel="c", id="e", author=ALICE, viewers=42)
RETRACTION = Retraction(source="t", channel="c", id="e", scope=RetractionScope.ALL)


def interaction(kind: InteractionKind) -> Interaction:
    return Interaction(source="b", channel="c", id="e", author=ALICE, kind=kind, count=7)


def notice(kind: NoticeKind) -> Notice:
    return Notice(source="b", channel="c", id="e", kind=kind, text="listen")


# Event -> (its template's name, what it may name beside the name and the text, what was typed with it)
EVENTS: list[tuple[ChatEvent, str, dict[str, str], str]] = [
    (message("hi"), "message", {}, ""),
    (CHEER, "cheer", {"amount": "100"}, ""),
    (SUPER_CHAT, "super_chat", {"amount": "30"}, "加油"),
    (REDEMPTION, "redemption", {"reward": "Hydrate"}, "drink"),
    (GIFT, "gift", {"gift": "小花花", "count": "10", "amount": "1.5"}, ""),
    (UNPAID_GIFT, "gift", {"gift": "小花花", "count": "10"}, ""),
    (SUBSCRIPTION, "subscription", {"months": "3", "tier": "2", "amount": "5"}, "love"),
    (RAID, "raid", {"viewers": "42"}, ""),
    *((interaction(kind), kind.value, {"count": "7"}, "") for kind in InteractionKind),
    (notice(NoticeKind.ANNOUNCEMENT), "announcement", {}, "listen"),
    (notice(NoticeKind.LIVE), "live", {}, "listen"),
    (notice(NoticeKind.ENDED), "ended", {}, "listen"),
    (notice(NoticeKind.WARNING), "warning", {}, "listen"),
    (notice(NoticeKind.CUT_OFF), "cut_off", {}, "listen"),
]


@pytest.mark.parametrize(("event", "name", "fields", "text"), EVENTS, ids=[case[1] for case in EVENTS])
def test_events(event: ChatEvent, name: str, fields: dict[str, str], text: str) -> None:
    templates = Templates.model_validate(dict.fromkeys(Templates.model_fields, "") | {name: "chosen"})
    assert template_for(templates, event) == "chosen"
    assert template_for(Templates.model_validate({name: ""}), event) == ""
    assert fields_of(event) == fields
    assert text_of(event) == text


def test_every_kind_of_event_and_every_template_is_here() -> None:
    assert {type(event) for event, *_ in EVENTS} | {Retraction} == set(get_args(ChatEvent))
    assert {name for _, name, *_ in EVENTS} == set(Templates.model_fields) - {"crowd", "skipped"}


@pytest.mark.parametrize(("event", "name", "fields", "text"), EVENTS, ids=[case[1] for case in EVENTS])
def test_what_a_template_may_name_is_there(
    event: ChatEvent, name: str, fields: dict[str, str], text: str
) -> None:
    with pytest.raises(ValidationError) as error:
        Templates.model_validate({name: "{no_such_field}"})
    may = set(re.findall(r"\{(\w+)\}", error.value.errors()[0]["msg"])) - {"no_such_field"}
    told = may - {"name", "text"}
    assert told <= set(fields) or event is UNPAID_GIFT
    assert "name" not in may or author_of(event) or name == "announcement"
    assert not text or "text" in may


GUARD = Subscription(source="bilibili", channel="c", id="e", author=ALICE, months=1, tier="captain")


def test_what_is_not_chosen_is_said_in_chinese_on_bilibili() -> None:
    assert template_for(Templates(), GUARD) == "{name} 开通了{tier}。{text}"
    assert fields_of(GUARD)["tier"] == "舰长"
    assert fields_of(replace(GUARD, tier=""))["tier"] == "大航海"
    assert template_of(Templates(), "crowd", "bilibili") == "{count}人：{text}"
    chosen = Templates(subscription="{name} joins", crowd="")
    assert template_for(chosen, GUARD) == "{name} joins"
    assert template_of(chosen, "crowd", "bilibili") == ""
    assert template_for(Templates(), SUBSCRIPTION) == Templates().subscription


def test_a_retraction_says_nothing() -> None:
    assert template_for(Templates(), RETRACTION) == ""
    assert fields_of(RETRACTION) == {}


@pytest.mark.parametrize(
    ("template", "event", "all_text"),
    [
        ("{text}", CHEER, True),
        ("{name}: {text}", SUPER_CHAT, True),
        ("{name} says {text}, folks", CHEER, True),
        ("{name}", CHEER, False),
        ("{name} cheers {amount}: {text}", CHEER, False),
        ("", CHEER, False),
        ("{text}", notice(NoticeKind.WARNING), True),
        # What happened is told where nothing was typed too.
        ("{name} subscribed! {text}", SUBSCRIPTION, False),
        ("{name}: {text}", SUBSCRIPTION, True),
        ("{name} 想要 {text}", REDEMPTION, False),
        ("{name}：{text}", REDEMPTION, True),
    ],
)
def test_templates_that_are_nothing_without_a_text(template: str, event: ChatEvent, all_text: bool) -> None:
    assert is_all_text(template, event) is all_text


@pytest.mark.parametrize(
    ("template", "fields", "said"),
    [
        ("{a} and {b}", {"a": "x", "b": "y"}, "x and y"),
        ("{a}{a}", {"a": "x"}, "xx"),
        ("{a} {missing} b", {"a": "x"}, "x b"),
        ("  {a}\n b ", {"a": " x "}, "x b"),
        ("{a} {b}", {"a": "{b}", "b": "{a}"}, "{b} {a}"),  # values are data
        ("{a}", {"a": "\\1 \\g<0> %s {0.__class__}"}, "\\1 \\g<0> %s {0.__class__}"),
        ("{a!r} {a.b} {}", {"a": "x"}, "{a!r} {a.b} {}"),
        ("", {"a": "x"}, ""),
    ],
)
def test_fill(template: str, fields: dict[str, str], said: str) -> None:
    assert fill(template, fields) == said


@given(st.text(), st.text())
def test_no_value_is_looked_into(name: str, text: str) -> None:
    said = fill("{name}|{text}", {"name": name, "text": text})
    assert said == " ".join(f"{name}|{text}".split())


@pytest.mark.parametrize(
    ("template", "name", "said"),
    [
        ("{text}", "Dark Wolf", ["hi"]),
        ("{name}: {text}", "Dark Wolf", ["Dark Wolf: hi", "Dark: hi", "hi"]),
        # Where the name is short already, it is left out no sooner than others' are.
        ("{name}: {text}", "Bob", ["Bob: hi", "Bob: hi", "hi"]),
        ("{name}: {text}", "", [": hi"]),
        ("{name} follows", "Dark Wolf", ["Dark Wolf follows", "Dark follows"]),
        ("{name} follows", "Bob", ["Bob follows"]),
        ("{text} by {name}", "Bob", ["hi by Bob", "hi by Bob", "hi"]),
    ],
)
def test_wordings(template: str, name: str, said: list[str]) -> None:
    all_text = is_all_text(template, CHEER)
    assert wordings(template, {"text": "hi"}, name, short_name, all_text=all_text) == said


@pytest.mark.parametrize(("text", "told"), [("", "month three."), ("love", "month three. love")])
def test_a_line_that_tells_more_than_was_typed_keeps_its_name(text: str, told: str) -> None:
    template = "{name} subscribed, month {months}. {text}"
    said = wordings(template, {"text": text, "months": "three"}, "Dark Wolf", short_name, all_text=False)
    assert said == [f"Dark Wolf subscribed, {told}", f"Dark subscribed, {told}"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Dark Wolf", "Dark"),
        ("DarkWolf", "Dark"),
        ("GAMER girl", "GAMER"),
        ("x Wolf", "Wolf"),
        ("Bartholomew", "Bartholo"),
        ("a", "a"),
        ("爱吃鱼的小猫咪", "爱吃鱼的"),
        ("小明", "小明"),
        ("somebody", "somebody"),
        ("有人", "有人"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
