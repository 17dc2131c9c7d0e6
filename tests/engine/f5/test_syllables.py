"""Syllables by rule, against the vowels of espeak's transcription."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.espeak_library import EspeakLibrary
from bot.engine.f5.syllables import syllables

WORDS = """
a able about absolutely actual actually after afternoon again ages all also amazing an and angel animal
announcement annoying answer anxiety any anyone anywhere apple aquarium are area argue arrangement as asia
asked at audience audio australian awesome back banana baseball basically battle be beautiful because been
being billion blue boil bottle boxes boy bread break brother business busy but buyer by bye called camera
can can't canadian candle capital careful careless castle casual celebration changes channel chat chocolate
city client clue coffee colleague comb come community computer congratulations continue cooperate could
couldn't courageous coyote create created creating creative creature cruel crystal curious dances dangerous
daughter day dead december decided definitely delicious desire did didn't diet different difficult dinner do
doing don't donated donation dream druid duel dungeon early earth easier easily easy editorial education
eight eleven emotional employee ended enjoy enough entire especially european even evening everyone
everything everywhere example excitement experience eye eyes family famous father favorite february finally
fire first five fixed flower fluid flying followed follower following for four friend from fuel fun funny
game games garden genius genuine get ghost give go going good gorgeous graceful great gym had handle happier
happiest happy has hated have haven't having he heart hello her higher him his homeless homework honest
hopeless horses hospital hour household houses how hundred i'm idea ideal if imagination important
improvement in incredible india information interested interesting international into is island isn't issue
it it's italian its january jewel joy judges just keyboard knife knight know korea lamb laugh layer league
learn leopard let's level lifetime like liked listen little lives look loved lovely lower loyal magician
make makes manual material may me media medium memorial message microphone middle million minecraft moment
monitor morning most mother movement museum music musician my mystery myth national natural needed neon
nervous never new nine ninety no noise not nothing november now obvious october of official officially oil
on one onion only operation or orange other our out over peaceful pencil people period pigeon places played
player playing plays please poem poet point politician position possible power prayer premium preorder
pretty previous prices probably problem question queue quiet radio react reaction read real reality realize
really region religion require rescue rhythm rodeo royal ruin run running russia safety saturday say saying
science see seeing september serious seven she should shouldn't shower simple sister situation six so social
society some something sometimes somewhere special stadium started statement stereo stopped strawberry
stream streamer streaming strength student studio style subscribe subscriber suicide surely surgeon swim
swimming system table take takes teacher team technician technique television ten terrible than thank thanks
that the theater their them then there therefore these they they've think thirteen this though thought
thousand three through time to tomorrow tongue tonight totally tower toy traditional true trying tuesday
twelve twenty two type unfortunately unique up us use useful useless usually vague value variety various
vegetarian video visual voice walked want wanted was watched watches way we we'll wednesday welcome well
were what when which whistle who will window wished wishes with won't work would wouldn't write wrong yard
year yellow yes yesterday you you're young your
"""
NUCLEUS = re.compile(r"aɪ|aʊ|eɪ|oʊ|ɔɪ|[aeiouɑɒɔəɚɛɜɪʊʌæᵻɐ]ː?|[nl]̩")


@cache
def spoken() -> dict[str, int]:
    library = EspeakLibrary()
    return {word: len(NUCLEUS.findall(library.phonemes(word, "en-us"))) for word in WORDS.split()}


def test_nine_of_ten_words_have_espeaks_syllables() -> None:
    words = spoken()
    wrong = [word for word, count in words.items() if syllables(word) != count]
    assert len(words) > 500
    assert len(wrong) <= 0.08 * len(words), wrong
    assert all(abs(syllables(word) - count) <= 2 for word, count in words.items())


def test_the_sum_is_right() -> None:
    assert sum(map(syllables, spoken())) == pytest.approx(sum(spoken().values()), rel=0.02)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("gg", 2),
        ("brb", 3),
        ("GPU", 3),
        ("USA", 3),
        ("www", 6),
        ("NICE", 1),
        ("hmm", 1),
        ("shh", 1),
        ("pog", 1),
        ("poggers", 2),
        ("café", 2),
        ("naïve", 2),
        ("Straße", 2),
        ("a", 1),
        ("x", 1),
        ("isn't", 2),
        ("hahaha", 3),
    ],
)
def test_words_of_chat(word: str, count: int) -> None:
    assert syllables(word) == count


def test_what_is_drawn_out_is_longer() -> None:
    assert syllables("no") < syllables("nooooooo") < 4
    assert syllables("zzzzzzzzzzzz") == 3


@given(st.text(min_size=1, max_size=30))
def test_anything_has_one_at_least_and_no_more_than_its_letters(word: str) -> None:
    assert 1 <= syllables(word) <= 2 * len(word) + 1
