"""Lines of IRC: a table of good and bad ones, and any bytes at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.irc import LONGEST, IrcLine, MalformedLine, parse, parse_tags, split_frame, unescape
from tests.fakes.twitch_irc import escape


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"PING :tmi.twitch.tv", IrcLine("PING", ("tmi.twitch.tv",))),
        (b"PING :tmi.twitch.tv\r\n", IrcLine("PING", ("tmi.twitch.tv",))),
        (b"ping", IrcLine("PING")),
        (b":tmi.twitch.tv RECONNECT", IrcLine("RECONNECT", (), "tmi.twitch.tv")),
        (
            b":tmi.twitch.tv 001 justinfan123 :Welcome, GLHF!",
            IrcLine("001", ("justinfan123", "Welcome, GLHF!"), "tmi.twitch.tv"),
        ),
        (
            ":a!a@a.tmi.twitch.tv PRIVMSG #b :你好 : 世界  :)".encode(),
            IrcLine("PRIVMSG", ("#b", "你好 : 世界  :)"), "a!a@a.tmi.twitch.tv"),
        ),
        (
            rb"@display-name=Al\sice;id=1;flags= :a!a@a PRIVMSG #b ::D",
            IrcLine("PRIVMSG", ("#b", ":D"), "a!a@a", {"display-name": "Al ice", "id": "1", "flags": ""}),
        ),
        (
            b"@room-id=1  :tmi.twitch.tv  ROOMSTATE  #b",
            IrcLine("ROOMSTATE", ("#b",), "tmi.twitch.tv", {"room-id": "1"}),
        ),
        (b"PRIVMSG #b :", IrcLine("PRIVMSG", ("#b", ""))),
        (b"PRIVMSG #b word", IrcLine("PRIVMSG", ("#b", "word"))),
        # Only a line feed ends a line: these are text.
        ("PRIVMSG #b :a\u2028b\x85c".encode(), IrcLine("PRIVMSG", ("#b", "a\u2028b\x85c"))),
        ("PRIVMSG #b :text as str", IrcLine("PRIVMSG", ("#b", "text as str"))),
    ],
)
def test_good_lines(line: bytes | str, expected: IrcLine) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"", "no command"),
        (b"   ", "no command"),
        (b":prefix", "no command"),
        (b"@a=b", "no command"),
        (b"@a=b :prefix ", "no command"),
        (b":prefix :trailing", "no command"),
        (b"12 #b", "no command"),
        (b"PRIV-MSG #b :x", "no command"),
        ("说 #b :x".encode(), "no command"),
        (b"PRIVMSG #b :\xff\xfe", "not UTF-8"),
        (b"PRIVMSG #b :\xed\xa0\x80", "not UTF-8"),  # a lone surrogate
        (b"PRIVMSG #b :a\x00b", "control character"),
        (b"PRIVMSG #b :a\rb", "control character"),
        (b"PRIVMSG #b :" + b"a" * LONGEST, "too long"),
    ],
)
def test_bad_lines(line: bytes, kind: str) -> None:
    with pytest.raises(MalformedLine) as caught:
        parse(line)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        (r"a\sb\:c\\d\re\nf", "a b;c\\d\re\nf"),
        (r"\\s", r"\s"),  # an escaped backslash, then an s
        ("trailing\\", "trailing"),
        (r"un\known", "unknown"),
        ("\\\n", "\n"),
    ],
)
def test_unescape(raw: str, value: str) -> None:
    assert unescape(raw) == value


def test_tags() -> None:
    assert parse_tags("a=1;b;c==;;=x;a=2") == {"a": "2", "b": "", "c": "="}


def test_nick_is_a_person_only() -> None:
    assert parse(":alice!alice@alice.tmi.twitch.tv PART #b").nick == "alice"
    assert parse(":tmi.twitch.tv NOTICE * :x").nick == ""


def test_a_frame_holds_several_lines() -> None:
    assert split_frame(b"A\r\nB b\nC\r\n\r\n") == [b"A", b"B b", b"C"]


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_line_is_read_or_malformed(line: bytes | str) -> None:
    try:
        read = parse(line)
    except MalformedLine:
        return
    assert read.command


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_escaped_comes_back(value: str) -> None:
    assert unescape(escape(value)) == value
