"""Who speaks for whom, which names there are, and messages that change voices by themselves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Viewers as VoiceSettings
from bot.messages import (
    Author,
    ChatEvent,
    Fragment,
    FragmentKind,
    Gift,
    Interaction,
    InteractionKind,
    Raid,
    Rank,
    Role,
    SuperChat,
    Viewer,
    Worth,
    rank_of,
)
from bot.speech.voices import Voices
from tests.people import ALICE, MODERATOR, STREAMER, SUBSCRIBER, VIP, message

KNOWN = ["aoi", "leo", "mei", "Zoe_2"]
EMOTE, MENTION = FragmentKind.EMOTE, FragmentKind.MENTION


def voices(*known: str, **settings: Any) -> Voices:
    some = Voices(VoiceSettings(**settings), "mei")
    some.known = list(known or KNOWN)
    return some


GIVEN = {"broadcaster": "b", "moderator": "m", "vip": "v", "subscriber": "s", "paid": "p", "event": "e"}
BITS = Worth(1, "bits")
SUPER_CHAT = SuperChat(source="t", channel="c", id="e", author=ALICE, text="x", worth=Worth(30, "CNY"))
RAID = Raid(source="t", channel="c", id="e", author=ALICE, viewers=1)
GIFT = Gift(source="t", channel="c", id="e", author=ALICE, gift="x", worth=BITS)
FOLLOW = Interaction(source="t", channel="c", id="e", author=ALICE, kind=InteractionKind.FOLLOW)
BOTH = Author("1", "x", roles=frozenset({Role.SUBSCRIBER, Role.MODERATOR}))


@pytest.mark.parametrize(
    ("event", "settings", "voice"),
    [
        (None, GIVEN, "mei"),
        (message("x"), {"voices": "same", **GIVEN}, "mei"),
        (message("x", by=STREAMER), GIVEN, "b"),
        (message("x", by=MODERATOR), GIVEN, "m"),
        (message("x", by=VIP), GIVEN, "v"),
        (message("x", by=SUBSCRIBER), GIVEN, "s"),
        (message("x", by=BOTH), GIVEN, "m"),
        (message("x", by=BOTH), {"subscriber": "s"}, "s"),
        (message("x", by=MODERATOR, worth=BITS), GIVEN, "p"),
        (message("x", by=MODERATOR, worth=BITS), {"moderator": "m"}, "m"),
        (SUPER_CHAT, GIVEN, "p"),
        (GIFT, GIVEN, "p"),
        (GIFT, {"event": "e"}, "e"),
        (RAID, GIVEN, "e"),
        (FOLLOW, GIVEN, "e"),
        (RAID, {}, "mei"),  # what happens is told in one voice, whoever did it
    ],
)
def test_what_the_streamer_gives(event: ChatEvent | None, settings: dict[str, str], voice: str) -> None:
    some = voices(**settings)
    rank = rank_of(event) if event else Rank.MODERATOR
    assert some.choose(event, Viewer("twitch:1", "Alice"), rank) == voice
    # What somebody chose themselves wins, as long as there is such a voice.
    assert some.choose(event, Viewer("twitch:1", "Alice", voice="leo"), rank) == "leo"
    assert some.choose(event, Viewer("twitch:1", "Alice", voice="../../x"), rank) == voice


def own(some: Voices, number: int) -> str:
    return some.choose(message("x"), Viewer(f"twitch:{number}"))


def test_each_has_a_voice_of_their_own_and_all_voices_are_used() -> None:
    some = voices()
    assert [own(some, number) for number in range(50)] == [own(voices(), number) for number in range(50)]
    shares = Counter(own(some, number) for number in range(4000))
    assert set(shares) == set(KNOWN)
    assert all(800 < count < 1200 for count in shares.values())


def test_a_voice_stays_whatever_the_order_of_the_list() -> None:
    some, other = voices(), voices(*reversed(KNOWN))
    assert all(own(some, number) == own(other, number) for number in range(100))


def test_a_voice_that_comes_or_goes_changes_only_its_own_viewers() -> None:
    some, more = voices(), voices(*KNOWN, "new")
    for number in range(500):
        assert own(more, number) in (own(some, number), "new")
    assert any(own(more, number) == "new" for number in range(500))


def test_whose_id_is_not_known_has_the_default() -> None:
    assert voices().choose(message("x"), Viewer("")) == "mei"
    assert voices().choose(message("x"), None) == "mei"
    assert voices().choose(message("x"), Viewer("twitch:\ud800")) in KNOWN


def test_until_the_engine_has_listed_any_it_is_the_default() -> None:
    some = Voices(VoiceSettings(), "mei")
    assert some.choose(message("x"), Viewer("twitch:1", voice="leo")) == "mei"
    assert some.find("mei") == ("", [])
    assert some.runs(message("[leo] hi").fragments, "mei") == []


@pytest.mark.parametrize(
    ("name", "voice", "near"),
    [
        ("leo", "leo", []),
        (" LEO ", "leo", []),
        ("zoe_2", "Zoe_2", []),
        ("loe", "", ["leo"]),
        ("zoe", "", ["Zoe_2"]),
        ("", "", []),
        ("xxxxx", "", []),
        ("../../leo", "", ["leo"]),
        ("leo\x00", "", ["leo"]),
        ("小明", "", []),
        ("leo" * 10_000, "", []),
    ],
)
def test_find(name: str, voice: str, near: list[str]) -> None:
    found, others = voices().find(name)
    assert found == voice
    assert others[:1] == near


# ------------------------------------------------------------------ voices within a message


def runs(*parts: str | Fragment, **settings: Any) -> list[tuple[str, str]]:
    said = voices(**settings).runs(message(*parts).fragments, "aoi")
    return [(voice, "".join(one.text for one in fragments)) for voice, fragments in said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[leo] hello [mei] hi", [("leo", " hello "), ("mei", " hi")]),
        ("well [leo] hello", [("aoi", "well "), ("leo", " hello")]),
        ("[LEO]hello", [("leo", "hello")]),
        ("[zoe_2]x", [("Zoe_2", "x")]),
        ("[leo][mei]x", [("mei", "x")]),
        ("[leo] x [nobody] y", [("leo", " x [nobody] y")]),
        ("[leo] [mei] ", []),
        ("[leo]", []),
        ("[nobody] x", []),
        ("[ leo ] x", []),
        ("[leo x", []),
        ("leo] x", []),
        ("[[leo]] x", [("aoi", "["), ("leo", "] x")]),
        ("[../../x] y", []),
        ("plain", []),
        ("", []),
    ],
)
def test_runs(text: str, said: list[tuple[str, str]]) -> None:
    assert runs(text) == said
    assert runs(text, inline=False) == []


def test_a_line_of_many_short_runs_does_not_hold_the_microphone() -> None:
    said = runs("[leo]a[mei]b" * 50)
    assert [text for _, text in said] == [*"ababab", "a[mei]b" + "[leo]a[mei]b" * 46]


def test_past_the_bound_names_stay_where_they_are_and_join_nothing() -> None:
    assert runs("[leo]a" * 8 + "[leo]fu[mei]ck you")[-1] == ("leo", "a[leo]a[leo]fu[mei]ck you")


def test_what_is_not_text_stays_what_it_is_and_names_no_voice() -> None:
    emote, mention = Fragment("[leo]", EMOTE), Fragment("@mei", MENTION)
    assert runs(emote, " hi") == []
    said = voices().runs(message("[leo] hi ", emote, " and ", mention, "[mei]bye").fragments, "aoi")
    assert said == [
        ("leo", (Fragment(" hi "), emote, Fragment(" and "), mention, Fragment(""))),
        ("mei", (Fragment("bye"),)),
    ]


def bare_of(text: str) -> str:
    return text.replace("[leo]", "").replace("[mei]", "")


@given(st.lists(st.sampled_from(["[leo]", "[mei]", "[x]", "[", "]", " ", "a", "你"]), max_size=20))
def test_nothing_is_lost_but_the_names(pieces: list[str]) -> None:
    text = "".join(pieces)
    said = runs(text)
    spoken = bare_of("".join(run for _, run in said))  # past the bound names stay
    bare = bare_of(text)
    assert said == [] or spoken.split() == bare.split() or spoken.replace(" ", "") == bare.replace(" ", "")
