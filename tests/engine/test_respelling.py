"""What espeak says of letters and sounds once they are written for it."""

from __future__ import annotations

import pytest

from bot.engine.espeak_library import EspeakLibrary
from bot.engine.respelling import respelled


@pytest.fixture(scope="module")
def library() -> EspeakLibrary:
    return EspeakLibrary()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("A F K", "eigh F K"),
        ("L M A O", "L M eigh O"),
        ("U S A is", "U S eigh is"),
        ("A S A P", "eigh S eigh P"),
        ("A A A", "eigh eigh eigh"),
        ("five A M stream", "five eigh M stream"),
        ("the A P I is down", "the eigh P I is down"),
        ("A I's art", "eigh I's art"),
        ("option A is good", "option eigh is good"),
        ("got an A in math", "got an eigh in math"),
        ("A tier at best", "eigh tier at best"),
        ("Shh, mhm", "shush, um-hum"),
        ("A good day", "A good day"),
        ("A tier list next? A button, a knife", "A tier list next? A button, a knife"),
        ("ſhh ıck", "ſhh ıck"),
        ("MM is bad, Yoo Jae Suk", "MM is bad, Yoo Jae Suk"),
        ("R T X forty-ninety", "R T X forty-ninety"),
        ("A-10 and B-A", "A-10 and B-A"),
        ("I'm A Bob", "I'm A Bob"),
        ("a brick in the comma", "a brick in the comma"),
        ("", ""),
    ],
)
def test_line(text: str, written: str) -> None:
    assert respelled(text) == written


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("A F K", "ˈeɪ ˈɛf kˈeɪ"),
        ("L M A O lol", "ˈɛl ˈɛm ˈeɪ ˈoʊ lˈɑːl"),
        ("option A is good", "ˈɑːpʃən ˈeɪ ɪz ɡˈʊd"),
        ("shh", "ʃˈʌʃ"),
        ("aww", "ˈɔː"),
        ("a good day", "ɐ ɡˈʊd dˈeɪ"),
    ],
)
def test_what_espeak_says(library: EspeakLibrary, text: str, phonemes: str) -> None:
    assert library.phonemes(respelled(text), "en-us") == phonemes
